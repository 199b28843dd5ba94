// Owns: whether a client's secret is right, at what cost. Does not: limit attempts or store secrets.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.js';
import type { Hasher } from '../lib/hasher.js';
import { constantTimeEqual, macOf, randomToken } from '../lib/ids.js';
import type { ClientSecretRecord, StoredClient } from '../store/ports/clients.js';

const REMEMBERED_RIGHT = 10_000;
const REMEMBERED_WRONG = 2_000;

export interface SecretVerifierDeps {
  hasher: Pick<Hasher, 'compare' | 'compareDummy'>;
  clock: Clock;
  /** Told which secret was right; returns at once. */
  onUse?(secret: ClientSecretRecord): void;
  /** Keys the HMACs kept in memory. Default: a random one, which never leaves this process. */
  processKey?: string | Buffer;
}

export interface SecretVerifier {
  /**
   * Whether `secret` is one of the client's unexpired secrets. `ip` is where the attempt comes from: bcrypt
   * work waits in turns by client and address.
   * @throws TooManyRequestsError when too many attempts are waiting already.
   */
  verify(client: Pick<StoredClient, 'client_id' | 'secrets'>, secret: string, ip: string): Promise<boolean>;
  /**
   * The same work for a client that does not exist. With the `clientId` that was asked for, a repetition is
   * as fast as for a client that does exist.
   */
  verifyUnknown(secret: string, ip: string, clientId?: string): Promise<false>;
}

/** A new client secret: 32 random bytes, base64url. */
export function generateSecret(): string {
  return randomToken(32);
}

/**
 * Verifies client secrets with bcrypt the first time and by HMAC from then on.
 *
 * What is remembered is bound to the stored hash and consulted only for rows that are in the client given
 * and unexpired, so rotation, expiry and disabling act at once.
 *
 * A wrong secret is answered from memory only when the *same* wrong secret was tried before. That tells the
 * caller what it has been told already, and nothing about the right secret; unknown clients remember alike,
 * so it does not tell which clients exist either. A *new* wrong secret always costs bcrypt, although the
 * remembered right one would prove it wrong: otherwise the time would show whether the client has been here
 * lately, and guessing would be free.
 */
export function createSecretVerifier(deps: SecretVerifierDeps): SecretVerifier {
  const { hasher, clock, onUse, processKey = randomToken() } = deps;
  // From the stored hash to the MAC of the secret it was made from.
  const right = new LRUCache<string, string>({ max: REMEMBERED_RIGHT });
  // MACs of a stored hash with a secret that does not match it.
  const wrong = new LRUCache<string, true>({ max: REMEMBERED_WRONG });
  const inFlight = new Map<string, Promise<boolean>>();

  function isRemembered(hash: string, secretMac: string): boolean {
    const known = right.get(hash);
    return known !== undefined && constantTimeEqual(known, secretMac);
  }

  /** Runs `work` unless it is known to fail or under way; `subject` is what the secret is tried against. */
  async function once(subject: string, secretMac: string, work: () => Promise<boolean>): Promise<boolean> {
    const attempt = macOf(processKey, `${subject}\n${secretMac}`);
    if (wrong.get(attempt)) return false;
    let result = inFlight.get(attempt);
    if (!result) {
      result = work().finally(() => inFlight.delete(attempt));
      inFlight.set(attempt, result);
    }
    const matches = await result;
    if (!matches) wrong.set(attempt, true);
    return matches;
  }

  async function matchesRow(hash: string, secret: string, secretMac: string, key: string): Promise<boolean> {
    const matches = await once(hash, secretMac, () => hasher.compare(secret, hash, key));
    if (matches) right.set(hash, secretMac);
    return matches;
  }

  async function verifyNothing(clientId: string, secret: string, secretMac: string, key: string) {
    await once(`no secret: ${clientId}`, secretMac, () => hasher.compareDummy(secret, key));
    return false as const;
  }

  return {
    async verify({ client_id: clientId, secrets }, secret, ip) {
      const key = `${clientId}|${ip}`;
      const secretMac = macOf(processKey, secret);
      const live = secrets.filter((row) => isLive(row, clock.now()));
      if (live.length === 0) return verifyNothing(clientId, secret, secretMac, key);
      let match = live.find((row) => isRemembered(row.secretHash, secretMac));
      for (const row of match ? [] : live) {
        if (!(await matchesRow(row.secretHash, secret, secretMac, key))) continue;
        match = row;
        break;
      }
      if (match) onUse?.(match);
      return match !== undefined;
    },
    verifyUnknown(secret, ip, clientId) {
      // Not under the client id: whoever makes up ids would get a turn for each.
      const key = `|${ip}`;
      if (clientId !== undefined) return verifyNothing(clientId, secret, macOf(processKey, secret), key);
      return hasher.compareDummy(secret, key);
    },
  };
}

function isLive({ expiresAt }: ClientSecretRecord, now: Date): boolean {
  return expiresAt === undefined || expiresAt > now;
}
