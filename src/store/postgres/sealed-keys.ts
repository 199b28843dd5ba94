// Owns: oauth_audit_key and oauth_subject_key. The guarantees are on the port.
import type { SealedKeyRecord, SealedKeyStore } from '../ports/index.js';
import type { Database } from './database.js';
import { KEYS_LOCK } from './keys.js';
import { statement } from './statement.js';

export type SealedKeyTable = 'audit_key' | 'subject_key';

export function createSealedKeyStore(database: Database, name: SealedKeyTable): SealedKeyStore {
  const table = `oauth_${name}`;
  const LIST = statement(
    `${name}_list`,
    `SELECT kid, sealed, created_at AS "createdAt" FROM ${table} ORDER BY created_at, kid`,
  );
  const LOCK = statement(`${name}_lock`, `SELECT pg_advisory_xact_lock(${KEYS_LOCK})::text AS locked`);
  const INSERT = statement(
    `${name}_insert`,
    `INSERT INTO ${table} (kid, sealed, created_at) VALUES ($1, $2, $3::timestamptz)`,
  );
  const REPLACE = statement(
    `${name}_replace`,
    `UPDATE ${table} SET sealed = $3 WHERE kid = $1 AND sealed = $2`,
  );
  return {
    list: () => database.read<SealedKeyRecord>(LIST, []),
    initialize: (make) =>
      database.transaction(async (run) => {
        await run(LOCK, []);
        const present = await run<SealedKeyRecord>(LIST, []);
        if (present.rows.length > 0) return present.rows;
        const key = await make();
        await run(INSERT, [key.kid, key.sealed, key.createdAt.toISOString()]);
        return [key];
      }),
    async replaceSealed(kid, from, to) {
      return (await database.write(REPLACE, [kid, from, to])) === 1;
    },
  };
}
