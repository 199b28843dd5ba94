// Owns: oauth_signing_key.
import type { JsonObject, KeyStore, SigningKeyRecord } from '../ports/index.js';
import type { Database, Db } from './database.js';
import type { Prisma } from './generated/client.js';

/** Any number that nothing else in this database locks: 'l2uk'. */
const KEYS_LOCK = 0x6c32756b;

async function list(db: Db): Promise<SigningKeyRecord[]> {
  const rows = await db.signingKey.findMany({ orderBy: { createdAt: 'asc' } });
  return rows.map((row) => ({
    ...row,
    state: row.state as SigningKeyRecord['state'],
    publicJwk: row.publicJwk as JsonObject,
    activatedAt: row.activatedAt ?? undefined,
    retiredAt: row.retiredAt ?? undefined,
  }));
}

export function createKeyStore(database: Database): KeyStore {
  return {
    list: () => database.query(list),

    async initialize(make) {
      const kept = await database.query(list);
      if (kept.length > 0) return kept;
      // Made outside the transaction: an RSA key takes long. Whoever locks first wins, the rest take theirs.
      const made = await make();
      return database.transaction(async (db) => {
        await db.$executeRaw`SELECT pg_advisory_xact_lock(${KEYS_LOCK})`;
        const present = await list(db);
        if (present.length > 0) return present;
        await db.signingKey.createMany({
          data: made.map((key) => ({ ...key, publicJwk: key.publicJwk as Prisma.InputJsonObject })) as never,
        });
        return list(db);
      });
    },
  };
}
