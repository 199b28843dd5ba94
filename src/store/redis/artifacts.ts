// Owns: short-lived artifacts in Redis. The guarantees are on the port, but for one: what has expired is gone.
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../lib/errors.js';
import { randomToken } from '../../lib/ids.js';
import { isNamedIn, type NamePatterns, patternsFor } from '../naming.js';
import type { ArtifactStore, Expirable, StoredArtifact } from '../ports/index.js';
import type { RedisClient } from './client.js';
import { type ArtifactKeys, artifactKeys, decode, encode, userCodeKeyOf } from './records.js';
import type { Scripts } from './scripts.js';
import type { RedisUnit, RedisUnits } from './units.js';

/** Keys looked at in one step of going through them all. */
const SCAN_COUNT = 500;

/** How long a request waits for another one that is using the same artifact. */
const WAIT_MS = { first: 4, most: 40, inAll: 2_000 };

export interface RedisArtifactDeps {
  client: Pick<RedisClient, 'use'>;
  scripts: Scripts;
  units: RedisUnits;
  prefix: string;
  /** Where artifacts were before there was Redis. */
  inPostgres: Expirable & Pick<ArtifactStore, 'destroyNaming'>;
  /** Whether a grant exists and is not revoked, as of less than a second ago. */
  isLiveGrant(id: string): Promise<boolean>;
}

/** Repeats `attempt` until it answers, with growing pauses. @throws StoreUnavailableError when it takes too long */
async function untilFree<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  let pause = WAIT_MS.first;
  for (let waited = 0; waited < WAIT_MS.inAll; waited += pause) {
    const result = await attempt();
    if (result !== undefined) return result;
    await delay(pause);
    pause = Math.min(pause * 2, WAIT_MS.most);
  }
  throw new StoreUnavailableError({ detail: 'an artifact stayed in use' });
}

/** What the unit has done to an artifact so far. */
function seenBy(unit: RedisUnit | undefined, keys: ArtifactKeys, stored: StoredArtifact | undefined) {
  if (!unit) return stored;
  const written = unit.written.get(keys.record);
  const used = unit.used.get(keys.record);
  const record = written ? written.record : stored;
  return record && { ...record, consumedAt: used?.at ?? stored?.consumedAt };
}

export function createRedisArtifactStore(deps: RedisArtifactDeps): ArtifactStore {
  const { client, scripts, units, prefix, isLiveGrant, inPostgres } = deps;
  const keysOf = (kind: string, key: string) => artifactKeys(prefix, kind, key);

  async function withLiveGrant(found: StoredArtifact | undefined): Promise<StoredArtifact | undefined> {
    return found?.grantId === undefined || (await isLiveGrant(found.grantId)) ? found : undefined;
  }

  async function read(keys: ArtifactKeys): Promise<StoredArtifact | undefined> {
    const [text, usedAt] = await client.use((redis) => redis.mget(keys.record, keys.used));
    return seenBy(units.current(), keys, text ? decode(text, usedAt ?? null) : undefined);
  }

  /** Reads it and keeps others from using it while `unit` lasts. */
  async function take(unit: RedisUnit, keys: ArtifactKeys): Promise<StoredArtifact | undefined> {
    const before = unit.taken.get(keys.record);
    if (before) return seenBy(unit, keys, before.found);
    unit.taken.set(keys.record, { keys });
    const { text, usedAt } = await untilFree(async () => {
      const taken = await scripts.take(keys, unit.owner);
      return taken.isOurs ? taken : undefined;
    });
    const found = text ? decode(text, usedAt) : undefined;
    unit.taken.set(keys.record, { keys, found });
    return seenBy(unit, keys, found);
  }

  /** Of the records under `keys`, deletes those that name somebody; how many. */
  async function destroyThoseNaming(keys: string[], patterns: NamePatterns): Promise<number> {
    const texts = await client.use((redis) => redis.mget(keys));
    const named = keys.filter((_, index) => {
      const text = texts[index];
      return text != null && isNamedIn(decode(text, null).payload, patterns);
    });
    // One by one: in a cluster they are in different slots. A key may come up twice in a scan.
    const gone = named.map((key) =>
      client.use((redis) => redis.unlink(key).then((n) => redis.unlink(`${key}:used`).then(() => n))),
    );
    return (await Promise.all(gone)).reduce((sum, one) => sum + one, 0);
  }

  const store: ArtifactStore = {
    async upsert(kind, key, record) {
      const keys = keysOf(kind, key);
      const unit = units.current();
      if (unit) unit.written.set(keys.record, { keys, record });
      const at = record.expiresAt.getTime();
      const { userCodeKey } = record;
      await client.use((redis) =>
        Promise.all([
          unit ? undefined : redis.set(keys.record, encode(record), 'PXAT', at),
          // Leads to nothing before the record itself is there.
          userCodeKey && redis.set(userCodeKeyOf(prefix, kind, userCodeKey), key, 'PXAT', at),
        ]),
      );
    },

    find: async (kind, key) => withLiveGrant(await read(keysOf(kind, key))),

    findAnyway: (kind, key) => read(keysOf(kind, key)),

    async findForUse(kind, key) {
      const unit = units.begin();
      const keys = keysOf(kind, key);
      return withLiveGrant(await (unit ? take(unit, keys) : read(keys)));
    },

    async findByUserCode(kind, userCodeKey) {
      const key = await client.use((redis) => redis.get(userCodeKeyOf(prefix, kind, userCodeKey)));
      const found = key === null ? undefined : await store.find(kind, key);
      return found?.userCodeKey === userCodeKey ? found : undefined;
    },

    async consume(kind, key, at) {
      const keys = keysOf(kind, key);
      const unit = units.begin();
      const found = await withLiveGrant(await (unit ? take(unit, keys) : read(keys)));
      if (!found || found.consumedAt) return false;
      if (!unit) return untilFree(() => scripts.consume(keys, at, randomToken(12)));
      unit.used.set(keys.record, { keys, at });
      return true;
    },

    async claim(kind, key, { expiresAt, payload = {} }) {
      const { record } = keysOf(kind, key);
      const text = encode({ payload, expiresAt });
      return (
        (await client.use((redis) => redis.set(record, text, 'PXAT', expiresAt.getTime(), 'NX'))) === 'OK'
      );
    },

    async destroy(kind, key) {
      const keys = keysOf(kind, key);
      const unit = units.current();
      if (unit) unit.written.set(keys.record, { keys, record: undefined });
      else await client.use((redis) => redis.unlink(keys.record, keys.used));
    },

    // Their grant is revoked, which is what kills them; their room is free when they expire.
    revokeByGrantId: async () => {},
    async destroyNaming(names) {
      const patterns = patternsFor(names);
      let count = await inPostgres.destroyNaming(names);
      let cursor = '0';
      do {
        const [next, keys] = await client.use((redis) =>
          redis.scan(cursor, 'MATCH', `${prefix}*:{*}`, 'COUNT', SCAN_COUNT, 'TYPE', 'string'),
        );
        cursor = next;
        if (keys.length > 0) count += await destroyThoseNaming(keys, patterns);
      } while (cursor !== '0');
      return count;
    },
    // Redis deletes by itself; there may be some in PostgreSQL from before Redis was used.
    deleteExpired: (before, batch) => inPostgres.deleteExpired(before, batch),
    countExpired: (before, atMost) => inPostgres.countExpired(before, atMost),
  };
  return store;
}
