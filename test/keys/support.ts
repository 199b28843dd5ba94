// The key service on stores in memory, with a clock that tests move; and what they ask of the keys it keeps.
import { expect } from 'chai';
import { createAudit } from '../../src/audit/service.js';
import { loadConfig } from '../../src/config/load.js';
import { createKeyService, type KeyService } from '../../src/keys/service.js';
import { randomKey } from '../../src/lib/ids.js';
import { createKeyEncryption, type KeyEncryption } from '../../src/lib/key-encryption.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import type { KeyRecord, Stores } from '../../src/store/ports/index.js';

export const OPERATOR = { actor: 'operator:test', ip: '192.0.2.7', requestId: 'request-of-the-test' };

export const DAY = 86_400;

export interface TestClock {
  now(): Date;
  /** Lets `seconds` pass. */
  pass(seconds: number): void;
}

export function createTestClock(start = '2031-01-01T00:00:00Z'): TestClock {
  let now = Date.parse(start);
  return {
    now: () => new Date(now),
    pass(seconds) {
      now += seconds * 1_000;
    },
  };
}

export interface KeyBench {
  keys: KeyService;
  stores: Stores;
  clock: TestClock;
  encryption: KeyEncryption;
  /** One more service on the same stores, as another instance has it. */
  another(): KeyService;
  /** Types and details of the audit events so far, the oldest first. */
  events(): Promise<{ type: string; actor: string; details: Record<string, unknown> }[]>;
  records(alg: string, state: KeyRecord['state']): Promise<KeyRecord[]>;
}

export function openKeyBench(env: Record<string, string> = {}, stores?: Stores): KeyBench {
  const clock = createTestClock();
  const all = stores ?? createMemoryStores(clock);
  const { keys: policy } = loadConfig(env);
  const source = { read: async () => [kek] };
  const kek = policy.keyEncryptionKey ?? randomKey();
  const encryption = createKeyEncryption(source);
  const create = () =>
    createKeyService({
      store: all.keys,
      unitOfWork: all.unitOfWork,
      source,
      encryption,
      audit: createAudit({ store: all.audit, clock }),
      clock,
      policy,
      hasCookieKeys: policy.cookieKeys !== undefined,
    });
  return {
    keys: create(),
    stores: all,
    clock,
    encryption,
    another: create,
    async events() {
      const found = await all.audit.list({ limit: 200 });
      return found.reverse().map(({ type, actor, details = {} }) => ({ type, actor, details }));
    },
    records: async (alg, state) =>
      (await all.keys.list()).filter((key) => key.alg === alg && key.state === state),
  };
}

export const ALGS = ['RS256', 'ES256', 'EdDSA', 'HMAC'];

/** Whatever happened: each algorithm has one key that signs, and at most one that waits. */
export async function expectOneActiveEach(stores: Pick<Stores, 'keys'>): Promise<void> {
  const keys = await stores.keys.list();
  for (const alg of ALGS) {
    const states = keys.filter((key) => key.alg === alg).map(({ state }) => state);
    expect(
      states.filter((state) => state === 'active'),
      alg,
    ).to.have.length(1);
    expect(states.filter((state) => state === 'announced').length, alg).to.be.at.most(1);
  }
}

/** The members of a JWK that nobody else may see. */
export const PRIVATE_MEMBERS = /"(d|p|q|dp|dq|qi|k|oth|priv)":/;
