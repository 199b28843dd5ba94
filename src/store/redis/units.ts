// Owns: units of work over Redis and PostgreSQL together: what is stored, and what is used up, when.
// Does not: know what an artifact is made of.
//
// Within a unit nothing is written to Redis before its end. Then, in this order:
//   1. new records are written (nobody has been told of them yet),
//   2. PostgreSQL commits, if anything of its own was written,
//   3. records are marked used or deleted, and given back.
// Whatever fails or dies on the way, the request is not answered with success, and what it used can be used
// again: at once, or when the lease of a dead process ends.

import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../lib/errors.js';
import { createFlowValue } from '../../lib/flow.js';
import { randomId } from '../../lib/ids.js';
import type { ArtifactRecord, StoredArtifact, UnitOfWork } from '../ports/index.js';
import type { RedisClient } from './client.js';
import { type ArtifactKeys, encode } from './records.js';
import type { Scripts } from './scripts.js';

export interface RedisUnit {
  /** Who holds the locks. */
  owner: string;
  /** What it has locked, and what was there then: nobody else uses it up meanwhile. */
  taken: Map<string, { keys: ArtifactKeys; found?: StoredArtifact | undefined }>;
  /** By record key: the record to write, or undefined to delete it. */
  written: Map<string, { keys: ArtifactKeys; record: ArtifactRecord | undefined }>;
  used: Map<string, { keys: ArtifactKeys; at: Date }>;
}

export interface RedisUnits extends UnitOfWork {
  /** The unit this flow is in, once it has begun. */
  current(): RedisUnit | undefined;
  /** As current, and begins it. */
  begin(): RedisUnit | undefined;
}

/** What Redis units need of PostgreSQL's. */
export interface PostgresUnits extends UnitOfWork {
  isInUnit(): boolean;
  beginUnit(): void;
  /** Whether something of PostgreSQL's waits to be committed. */
  hasTransaction(): boolean;
}

interface Deps {
  postgres: PostgresUnits;
  client: Pick<RedisClient, 'use'>;
  scripts: Scripts;
}

/** How long marking something used is tried again when the answer is lost: it may have been done. */
const AGAIN_MS = { pause: 100, inAll: 1_000 };

/** Repeats what may be done twice while Redis does not answer. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += AGAIN_MS.pause) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || waited >= AGAIN_MS.inAll) throw error;
      await delay(AGAIN_MS.pause);
    }
  }
}

export function createRedisUnits({ postgres, client, scripts }: Deps): RedisUnits {
  const storage = createFlowValue<RedisUnit>();
  const current = () => (postgres.isInUnit() ? storage.current() : undefined);

  /** Writes the new records; returns how to take that back. */
  async function write(unit: RedisUnit): Promise<() => Promise<void>> {
    const written: (() => Promise<unknown>)[] = [];
    const undo = async () => {
      await Promise.allSettled(written.map((undoOne) => undoOne()));
    };
    const writes = [...unit.written.values()].map(async ({ keys, record }) => {
      if (!record) return;
      const at = record.expiresAt.getTime();
      const before = await client.use((redis) => redis.set(keys.record, encode(record), 'PXAT', at, 'GET'));
      written.push(() =>
        client.use(async (redis) => {
          if (before === null) await redis.del(keys.record);
          else await redis.set(keys.record, before, 'KEEPTTL', 'XX');
        }),
      );
    });
    const results = await Promise.allSettled(writes);
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return undo;
    await undo();
    throw failed.reason;
  }

  async function settle({ used, written, taken, owner }: RedisUnit): Promise<void> {
    const uses = [...used].map(async ([name, { keys, at }]) => {
      const isUsed = await persistently(() => scripts.consume(keys, at, owner));
      // It vanished (Redis lost it) or our lease ran out: nobody may get what was made of it.
      if (!isUsed) throw new StoreUnavailableError({ detail: 'an artifact could not be marked as used' });
      taken.delete(name);
    });
    await Promise.all(uses);
    const deletions = [...written.values()].map(async ({ keys, record }) => {
      if (!record) await client.use((redis) => redis.unlink(keys.record, keys.used));
    });
    await Promise.all(deletions);
  }

  async function giveBack({ taken, owner }: RedisUnit): Promise<void> {
    // A lock that cannot be given back ends by itself.
    await Promise.allSettled([...taken.values()].map(({ keys }) => scripts.giveBack(keys, owner)));
  }

  return {
    current,
    begin() {
      postgres.beginUnit();
      return current();
    },

    async run(work, options) {
      const unit: RedisUnit = {
        owner: randomId(),
        taken: new Map(),
        written: new Map(),
        used: new Map(),
      };
      let undo: (() => Promise<void>) | undefined;
      let isKept = false;
      try {
        const value = await storage.run(unit, () =>
          postgres.run(async () => {
            const result = await work();
            if (result.commit && unit.written.size > 0 && postgres.hasTransaction()) undo = await write(unit);
            isKept = result.commit;
            return result;
          }, options),
        );
        const isWritten = undo !== undefined;
        undo = undefined;
        // Where PostgreSQL has nothing to commit, both go in one round trip: first what is new, then what is used.
        if (isKept) await Promise.all([isWritten ? undefined : write(unit), settle(unit)]);
        return value;
      } finally {
        await undo?.();
        if (unit.taken.size > 0) await giveBack(unit);
      }
    },
  };
}
