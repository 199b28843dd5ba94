// Owns: taking steps: in one unit of work, one operator or instance at a time, with an audit event each.
// Does not: decide which steps (schedule.ts, service.ts).
import type { Audit, AuditEvent, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { AppError } from '../lib/errors.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { KeyRecord, KeyStore, UnitOfWork } from '../store/ports/index.js';
import type { Step } from './schedule.js';
import {
  type KeyAlg,
  type KeyMaterial,
  makeCookieKey,
  makeKey,
  purposeOf,
  sealContext,
} from './signing-keys.js';

export interface KeyChangesDeps {
  store: KeyStore;
  unitOfWork: UnitOfWork;
  encryption: KeyEncryption;
  audit: Audit;
  clock: Clock;
  /** The key that signed cookies before any was stored. */
  formerCookieKey?(): Promise<string | undefined>;
}

/** What is to be done, seen the keys as they are. @throws AppError when it cannot be done */
export type Plan = (records: readonly KeyRecord[], now: Date) => Step[];

export interface KeyChanges {
  /** Takes the steps of `plan`, all or none. Answers each step with the key as it is afterwards. */
  carryOut(plan: Plan, author: Author): Promise<{ step: Step; key: KeyRecord }[]>;
}

const EVENTS: Record<Exclude<Step['do'], 'add'>, string> = {
  plan: 'key.planned',
  activate: 'key.activated',
  retire: 'key.retired',
  destroy: 'key.gone',
};

function eventOf(step: Step, key: KeyRecord): Omit<AuditEvent, 'actor'> {
  const { kid, alg, purpose, state: after, activatesAt } = key;
  const before = step.do === 'add' ? undefined : step.key.state;
  const isAnnounced = step.do === 'add' && step.state === 'announced';
  const type =
    step.do === 'add'
      ? `key.${isAnnounced ? 'announced' : 'activated'}`
      : step.do === 'destroy' && step.why !== 'expired'
        ? `key.${step.why}`
        : EVENTS[step.do];
  const planned = after === 'announced' && activatesAt ? { activates_at: activatesAt.toISOString() } : {};
  return { type, details: { kid, alg, purpose, ...(before && { before }), after, ...planned } };
}

/** The state and dates a step gives a key. */
function outcomeOf(
  step: Exclude<Step, { do: 'add' }>,
  now: Date,
): Partial<KeyRecord> & Pick<KeyRecord, 'state'> {
  switch (step.do) {
    case 'plan':
      return { state: 'announced', activatesAt: step.activatesAt };
    case 'activate':
      return { state: 'active', activatedAt: now };
    case 'retire':
      return { state: 'retired', retiredAt: now };
    case 'destroy':
      return { state: 'gone', goneAt: now, ...(step.why === 'revoked' && { revokedAt: now }) };
  }
}

export function createKeyChanges({
  store,
  unitOfWork,
  encryption,
  audit,
  clock,
  formerCookieKey = async () => undefined,
}: KeyChangesDeps): KeyChanges {
  async function make(alg: KeyAlg, records: readonly KeyRecord[]): Promise<KeyMaterial> {
    const isFirst = alg === 'HMAC' && records.every(({ purpose }) => purpose !== 'cookie');
    const former = isFirst ? await formerCookieKey() : undefined;
    return former === undefined ? makeKey(alg) : makeCookieKey(former);
  }

  async function add(step: Extract<Step, { do: 'add' }>, made: KeyMaterial, now: Date): Promise<KeyRecord> {
    const { kid, alg, publicJwk, secret } = made;
    const purpose = purposeOf(alg);
    const privateSealed = await encryption.seal(secret, sealContext({ kid, purpose }));
    const base = { kid, alg, purpose, publicJwk, privateSealed, createdAt: now };
    const key: KeyRecord =
      step.state === 'active'
        ? { ...base, state: 'active', activatedAt: now }
        : { ...base, state: 'announced', activatesAt: step.activatesAt };
    await store.add(key);
    return key;
  }

  async function change(step: Exclude<Step, { do: 'add' }>, now: Date): Promise<KeyRecord> {
    const { state, ...dates } = outcomeOf(step, now);
    if (!(await store.change(step.key, state, dates))) {
      throw new AppError(
        'conflict',
        409,
        `key ${step.key.kid} was changed meanwhile; look at the keys again`,
      );
    }
    const { privateSealed, ...rest } = step.key;
    const kept = state === 'gone' ? rest : { ...rest, privateSealed };
    return { ...kept, ...dates, state };
  }

  /** Undefined: `made` lacks a key that is needed by now. */
  function attempt(plan: Plan, made: Map<KeyAlg, KeyMaterial>, author: Author) {
    return unitOfWork.run(async () => {
      await store.lock();
      const now = clock.now();
      const steps = plan(await store.list(), now);
      if (steps.some((step) => step.do === 'add' && !made.has(step.alg)))
        return { commit: false, value: undefined };
      const taken: { step: Step; key: KeyRecord }[] = [];
      for (const step of steps) {
        const material = step.do === 'add' ? made.get(step.alg) : undefined;
        const key = step.do === 'add' && material ? await add(step, material, now) : undefined;
        taken.push({ step, key: key ?? (await change(step as Exclude<Step, { do: 'add' }>, now)) });
      }
      await audit.record(...taken.map(({ step, key }) => ({ ...author, ...eventOf(step, key) })));
      return { commit: true, value: taken };
    });
  }

  return {
    async carryOut(plan, author) {
      const made = new Map<KeyAlg, KeyMaterial>();
      for (;;) {
        // Keys are made before anything is locked: an RSA key takes long.
        const records = await store.list();
        const steps = plan(records, clock.now());
        if (steps.length === 0) return [];
        for (const step of steps) {
          if (step.do === 'add' && !made.has(step.alg)) made.set(step.alg, await make(step.alg, records));
        }
        const taken = await attempt(plan, made, author);
        if (taken) return taken;
      }
    },
  };
}
