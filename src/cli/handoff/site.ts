// Owns: asking the site as a browser or the provider would: time measured, bodies bounded, no redirect followed.
import type { Clock } from '../../lib/clock.js';
import { shown } from '../findings/finding.js';

const MAX_BODY_BYTES = 200_000;
const PAGE_TIMEOUT_MS = 10_000;

/** Beyond this, people notice. */
export const SLOW_MS = 500;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** From the request to the end of the answer. */
  ms: number;
  /** Where a redirect leads, resolved. */
  location: URL | undefined;
}

/** An answer, or why there is none. */
export type Outcome = { answer: Answer; problem?: never } | { problem: string; answer?: never };

export interface AskOptions {
  headers?: Record<string, string>;
  timeoutMs?: number;
}

export interface Site {
  ask(url: string | URL, options?: AskOptions): Promise<Outcome>;
  /** By how much the site's clock is ahead of this machine's for certain, ms; undefined: it never said. */
  clockDifference(): number | undefined;
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the host is not known',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  CERT_HAS_EXPIRED: 'the TLS certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the TLS certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the TLS certificate is for another host',
};

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return shown(String(error));
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const { code } = (error.cause ?? error) as { code?: unknown };
  if (typeof code === 'string') return REASONS[code] ?? code;
  return shown(error.cause instanceof Error ? error.cause.message : error.message);
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BODY_BYTES) break;
  }
  return text;
}

/** The Date header counts whole seconds, cut off: 0 when the clocks may agree, negative when the site's is behind. */
function differenceOf(date: string | null, sent: number, received: number): number | undefined {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return undefined;
  if (theirs > received) return theirs - received;
  return Math.min(0, theirs + 1000 - sent);
}

function locationOf(response: Response, url: string): URL | undefined {
  const location = response.headers.get('location');
  if (location === null || response.status < 300 || response.status > 399) return undefined;
  return URL.canParse(location, url) ? new URL(location, url) : undefined;
}

export function createSite({ clock }: { clock: Clock }): Site {
  const differences: number[] = [];
  return {
    async ask(url, { headers = {}, timeoutMs = PAGE_TIMEOUT_MS } = {}) {
      const sent = clock.now().getTime();
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const response = await fetch(url, { redirect: 'manual', headers, signal });
        const difference = differenceOf(response.headers.get('date'), sent, clock.now().getTime());
        if (difference !== undefined) differences.push(difference);
        const text = await boundedText(response);
        const ms = clock.now().getTime() - sent;
        const { status } = response;
        const location = locationOf(response, String(url));
        return { answer: { status, headers: response.headers, text, ms, location } };
      } catch (error) {
        return { problem: reasonOf(error, timeoutMs) };
      }
    },
    clockDifference: () => differences.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0],
  };
}

/** The members of a JSON object; undefined when the answer is anything else. */
export function jsonObject({ text }: Answer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** An answer in a few words. */
export function described({ status, location, headers }: Answer): string {
  if (location) return `answered ${status} to ${shown(location.origin + location.pathname)}`;
  const type = headers.get('content-type')?.split(';')[0];
  return `answered ${status}${type ? ` (${shown(type)})` : ''}`;
}
