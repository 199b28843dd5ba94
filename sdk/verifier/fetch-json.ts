// Owns: getting JSON from the issuer: in time, of a sane size, from where it was asked; remembered as long as it says.

export interface HttpOptions {
  fetch: typeof fetch;
  /** Milliseconds. */
  now(): number;
  timeoutMs: number;
}

const MAX_LENGTH = 512 * 1024;
const MAX_AGE_SECONDS = 86_400;
const DEFAULT_AGE_SECONDS = 300;

/** What was answered is no JSON object, or no 200. The message names no value. */
export class BadAnswer extends Error {}

/** @throws BadAnswer; whatever `fetch` throws */
export async function fetchJson(
  url: string,
  init: RequestInit,
  { fetch, timeoutMs }: HttpOptions,
): Promise<{ body: Record<string, unknown>; headers: Headers }> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { redirect: 'error', signal, ...init });
  const text = await response.text();
  if (response.status !== 200) throw new BadAnswer(`${new URL(url).pathname} answered ${response.status}`);
  if (text.length > MAX_LENGTH) throw new BadAnswer(`${new URL(url).pathname} answered too much`);
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BadAnswer('no JSON object');
  return { body: body as Record<string, unknown>, headers: response.headers };
}

/** Seconds an answer may be used. @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 */
export function freshSeconds(headers: Headers): number {
  const control = headers.get('cache-control') ?? '';
  if (/\bno-(store|cache)\b/i.test(control)) return 0;
  const maxAge = /\bmax-age=(\d{1,9})\b/i.exec(control)?.[1];
  if (maxAge === undefined) return DEFAULT_AGE_SECONDS;
  const age = Number(/^\d{1,9}$/.exec(headers.get('age') ?? '')?.[0] ?? 0);
  return Math.min(MAX_AGE_SECONDS, Math.max(0, Number(maxAge) - age));
}

export interface Remembered<T> {
  /** What is remembered, else what is there now. Callers at the same moment share one request. */
  get(): Promise<T>;
  /** What is there now, unless it was asked for less than `cooldownMs` ago. */
  getAnew(cooldownMs: number): Promise<T>;
}

/**
 * Remembers what `load` gives for as long as that says.
 * @param staleMs how much longer, while `load` fails
 */
export function remember<T>(
  load: () => Promise<{ value: T; freshMs: number }>,
  { now, staleMs }: { now(): number; staleMs: number },
): Remembered<T> {
  let kept: { value: T; askedAt: number; freshUntil: number } | undefined;
  let loading: Promise<T> | undefined;

  async function loadNow(): Promise<T> {
    const askedAt = now();
    try {
      const { value, freshMs } = await load();
      kept = { value, askedAt, freshUntil: askedAt + freshMs };
      return value;
    } catch (error) {
      if (kept && askedAt < kept.freshUntil + staleMs) return kept.value;
      throw error;
    }
  }

  function loadOnce(): Promise<T> {
    loading ??= loadNow().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  return {
    get: async () => (kept && now() < kept.freshUntil ? kept.value : loadOnce()),
    getAnew: async (cooldownMs) => (kept && now() < kept.askedAt + cooldownMs ? kept.value : loadOnce()),
  };
}
