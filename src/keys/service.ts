// Owns: what operators may do with keys, and what becomes due by itself. Does not: use the keys (ring.ts).
import type { Author } from '../audit/service.js';
import { AppError, NotFoundError, ValidationError } from '../lib/errors.js';
import type { KeyRecord } from '../store/ports/index.js';
import { createKeyChanges, type KeyChangesDeps, type Plan } from './changes.js';
import { describeKey, type KeyDescription, type KeyReport } from './description.js';
import { createReseal, keyHolders, type ResealDeps, type ResealReport, type SealedHolder } from './reseal.js';
import {
  announcedUntil,
  due,
  type KeyPolicy,
  keysOf,
  missing,
  replaceAtOnce,
  type Step,
  succeed,
  takeOver,
} from './schedule.js';
import { COOKIE_ALG, type KeyAlg, SIGNING_ALGS, sealContext } from './signing-keys.js';

const SYSTEM: Author = { actor: 'system' };

export interface KeyServiceDeps extends KeyChangesDeps, Pick<ResealDeps, 'source'> {
  policy: KeyPolicy & { jwksMaxAgeSeconds: number };
  /** Cookies are signed with keys of the configuration: those are rotated there. */
  hasCookieKeys: boolean;
  /** Others who store sealed values. */
  holders?: readonly SealedHolder[];
}

export interface KeyService {
  /** Every key there ever was, the oldest first; never a private part. */
  list(): Promise<KeyDescription[]>;
  /**
   * Announces a key that stays announced until somebody rotates or revokes. @throws AppError 409 if there is one;
   * AppError wrong_key_encryption_key when those there are do not open, which also `rotate` throws
   */
  generate(options: { alg: string }, author: Author): Promise<KeyDescription>;
  /**
   * Has other keys sign: announced now, active as soon as everybody who verifies knows them. With `now`, active now;
   * `unverifiableSeconds` is how long whoever remembers our keys may then fail to verify what they sign.
   * @param options.algs all signing algorithms unless given; `HMAC` is the cookies'
   */
  rotate(options: { algs?: readonly string[]; now?: boolean }, author: Author): Promise<KeyReport>;
  /**
   * Ends what a key does, as the schedule would: an active one retires if an announced one can take over, an announced
   * one is withdrawn. @throws NotFoundError; AppError 409 when it cannot be, with what to do instead
   */
  retire(kid: string, author: Author): Promise<KeyReport>;
  /** Ends a key at once, everywhere, whatever it signed; where it signed, another one does from now on. */
  revoke(kid: string, author: Author): Promise<KeyReport>;
  /** See createReseal. */
  reseal(options: { newKey?: boolean }, author: Author): Promise<ResealReport>;
  /** Makes the first keys of a new installation. */
  ensure(): Promise<void>;
  /** Does what has become due. Any instance may, at any time. */
  advance(): Promise<void>;
}

function find(records: readonly KeyRecord[], kid: string): KeyRecord {
  const key = records.find((one) => one.kid === kid);
  if (!key) throw new NotFoundError(`there is no key ${kid}`);
  return key;
}

const conflict = (message: string) => new AppError('conflict', 409, message);

/** @throws AppError 409 when it is */
function refuseOver({ kid, state, revokedAt, goneAt, retiredAt }: KeyRecord, states: string[]): void {
  if (!states.includes(state)) return;
  const at = (revokedAt ?? goneAt ?? retiredAt)?.toISOString();
  throw conflict(`key ${kid} has been ${revokedAt ? 'revoked' : state} since ${at}`);
}

export function createKeyService(deps: KeyServiceDeps): KeyService {
  const { store, clock, policy, hasCookieKeys } = deps;
  const changes = createKeyChanges(deps);
  const managed: readonly KeyAlg[] = hasCookieKeys ? SIGNING_ALGS : [...SIGNING_ALGS, COOKIE_ALG];

  function algOf(name: string): KeyAlg {
    if (name === COOKIE_ALG && hasCookieKeys)
      throw conflict('COOKIE_KEYS is set: put a new key in front of it, and take the last one away later');
    const alg = managed.find((one) => one === name);
    if (alg) return alg;
    throw new ValidationError('there are no such keys', [
      { field: 'alg', reason: `must be one of ${managed.join(', ')}` },
    ]);
  }

  /** For how long what `key` signs from `now` on may be unknown to whoever has to verify it. */
  function unknownSeconds(key: KeyRecord, now: Date): number {
    const left = (announcedUntil(key, policy).getTime() - now.getTime()) / 1_000;
    const remembered = key.alg === COOKIE_ALG ? policy.noticeSeconds : policy.jwksMaxAgeSeconds;
    return Math.ceil(Math.min(Math.max(left, 0), remembered));
  }

  async function carryOut(plan: Plan, author: Author): Promise<KeyReport> {
    const taken = await changes.carryOut(plan, author);
    const now = clock.now();
    const activated = taken.filter(({ step, key }) => step.do !== 'plan' && key.state === 'active');
    return {
      keys: taken.map(({ key }) => describeKey(key, policy)),
      unverifiableSeconds: Math.max(0, ...activated.map(({ key }) => unknownSeconds(key, now))),
    };
  }

  const ensure = async () => {
    await changes.carryOut((records) => missing(managed, records), SYSTEM);
  };

  /**
   * A key that is sealed under another key-encryption key than the rest is one that no instance can use.
   * @throws AppError wrong_key_encryption_key
   */
  async function requireOpen(algs: readonly KeyAlg[]): Promise<void> {
    const keys = (await store.list()).filter(({ alg }) => algs.some((one) => one === alg));
    for (const key of keys) {
      if (key.privateSealed !== undefined) await deps.encryption.open(key.privateSealed, sealContext(key));
    }
  }

  return {
    list: async () => (await store.list()).map((key) => describeKey(key, policy)),

    async generate({ alg: name }, author) {
      const alg = algOf(name);
      await ensure();
      await requireOpen([alg]);
      const { keys } = await carryOut((records) => {
        const { announced } = keysOf(records, alg);
        if (announced)
          throw conflict(`key ${announced.kid} is announced already: rotate to it, or retire it first`);
        return [{ do: 'add', alg, state: 'announced' }];
      }, author);
      return keys[0] as KeyDescription;
    },

    async rotate({ algs: names = SIGNING_ALGS, now: atOnce = false }, author) {
      const algs = names.map(algOf);
      await ensure();
      await requireOpen(algs);
      const report = await carryOut((records, now) => {
        if (!atOnce) return algs.flatMap((alg) => succeed(alg, records, { now, policy }));
        return algs.flatMap((alg) => [
          ...keysOf(records, alg).active.map((key): Step => ({ do: 'retire', key })),
          replaceAtOnce(alg, records),
        ]);
      }, author);
      // Under way already: told as it is.
      const current = await store.list();
      const idle = algs.filter((alg) => report.keys.every((key) => key.alg !== alg));
      const planned = idle.flatMap((alg) => keysOf(current, alg).announced ?? []);
      return { ...report, keys: [...report.keys, ...planned.map((key) => describeKey(key, policy))] };
    },

    retire: (kid, author) =>
      carryOut((records, now) => {
        const key = find(records, kid);
        refuseOver(key, ['retired', 'gone']);
        if (key.state === 'announced') return [{ do: 'destroy', key, why: 'withdrawn' }];
        const { announced, active } = keysOf(records, key.alg);
        const flag = key.alg === COOKIE_ALG ? '--cookie' : `--alg ${key.alg}`;
        if (!announced) {
          throw conflict(
            `key ${kid} is the only one that signs ${key.alg}: announce another with: key rotate ${flag}`,
          );
        }
        const until = announcedUntil(announced, policy);
        if (until > now) {
          throw conflict(
            `key ${kid} signs until ${until.toISOString()}, when everybody knows key ${announced.kid}; to skip that: key rotate ${flag} --now`,
          );
        }
        return takeOver(announced, active);
      }, author),

    revoke: (kid, author) =>
      carryOut((records) => {
        const key = find(records, kid);
        refuseOver(key, ['gone']);
        const end: Step = { do: 'destroy', key, why: 'revoked' };
        return key.state === 'active' ? [end, replaceAtOnce(key.alg as KeyAlg, records)] : [end];
      }, author),

    reseal: createReseal({ ...deps, holders: [...keyHolders(store), ...(deps.holders ?? [])] }),

    ensure,
    async advance() {
      await changes.carryOut((records, now) => due(managed, records, { now, policy }), SYSTEM);
    },
  };
}
