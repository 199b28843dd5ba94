// Owns: doing a request that makes something once, however often it is sent: the Idempotency-Key.
// Does not: promise the answer for ever; after a day the key may be used for something else.
import type { Clock } from '../../lib/clock.js';
import { AppError, BadRequestError } from '../../lib/errors.js';
import { hashOf, macOf } from '../../lib/ids.js';
import { deriveKey, openSealed, seal } from '../../lib/sealed.js';
import type { ArtifactStore } from '../../store/ports/index.js';
import { AdminError } from './problem.js';

const KIND = 'IdempotentAnswer';
const CLAIM_KIND = 'IdempotencyKey';
const KEPT_MS = 24 * 3_600_000;
const PURPOSE = 'idempotent-answer';

/** So long that nobody who reads the database can guess it: the answer may hold a secret. */
const KEY = /^[\x21-\x7e]{16,255}$/;

/** An answer, as it is given again. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface IdempotentRequest {
  key: string;
  /** A key is its caller's own. */
  caller: string;
  /** All that the request says: the same key stands for the same request only. */
  content: readonly string[];
}

export interface Idempotency {
  /**
   * Does `work` unless it has been done for this key; then its answer is given again.
   *
   * At most once: while it is under way, and when nobody knows how it ended (the process was killed), the key is
   * refused. When `work` throws an AppError nothing was made, and the key is free again; any other error is a fault of
   * ours, and may have come after something was made.
   * @throws AdminError: 422 for another request under the same key; 409 while it is under way
   */
  once(
    request: IdempotentRequest,
    work: () => Promise<KeptAnswer>,
  ): Promise<KeptAnswer & { isRepeated: boolean }>;
}

/** The key of a request, if it has one. @throws BadRequestError when it is none */
export function idempotencyKeyOf(header: string): string | undefined {
  if (header === '') return undefined;
  if (KEY.test(header)) return header;
  throw new BadRequestError('Idempotency-Key must be 16 to 255 printable characters, such as a UUID');
}

function inUse(): AdminError {
  const description =
    'a request with this Idempotency-Key is under way, or was broken off: see what it did before you use another key';
  return new AdminError('idempotency_key_in_use', 409, description, { headers: { 'Retry-After': '2' } });
}

export function createIdempotency({
  artifacts,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find' | 'upsert' | 'claim' | 'destroy'>;
  clock: Clock;
}): Idempotency {
  async function findAnswer(name: string, key: string, mac: string) {
    const stored = await artifacts.find(KIND, name);
    if (!stored || stored.expiresAt <= clock.now()) return undefined;
    const { request, sealed } = stored.payload as { request: string; sealed: string };
    if (request !== mac) {
      throw new AdminError(
        'idempotency_key_reused',
        422,
        'this Idempotency-Key was used for another request',
      );
    }
    const answer = JSON.parse(openSealed(deriveKey(key, PURPOSE), sealed, name)) as KeptAnswer;
    return { ...answer, isRepeated: true };
  }

  return {
    async once({ key, caller, content }, work) {
      const name = hashOf(`${caller}\n${key}`);
      const mac = macOf(key, JSON.stringify(content));
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + KEPT_MS);
      const before = await findAnswer(name, key, mac);
      if (before) return before;
      if (!(await artifacts.claim(CLAIM_KIND, name, { now, expiresAt }))) {
        // Whoever had it may have ended since.
        const answer = await findAnswer(name, key, mac);
        if (answer) return answer;
        throw inUse();
      }
      let answer: KeptAnswer;
      try {
        answer = await work();
      } catch (error) {
        if (error instanceof AppError) await artifacts.destroy(CLAIM_KIND, name).catch(() => {});
        throw error;
      }
      const sealed = seal(deriveKey(key, PURPOSE), JSON.stringify(answer), name);
      // It is done: that it cannot be noted must not keep the caller from hearing of it.
      await artifacts
        .upsert(KIND, name, { payload: { request: mac, sealed }, expiresAt })
        .catch(() => undefined);
      return { ...answer, isRepeated: false };
    },
  };
}
