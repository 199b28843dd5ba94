// Owns: oauth_audit_key.
import type { AuditKeyRecord, AuditKeyStore } from '../ports/index.js';
import type { Database } from './database.js';
import { KEYS_LOCK } from './keys.js';
import { statement } from './statement.js';

const LIST = statement(
  'audit_key_list',
  'SELECT kid, sealed, created_at AS "createdAt" FROM oauth_audit_key ORDER BY created_at, kid',
);
const LOCK = statement('audit_key_lock', `SELECT pg_advisory_xact_lock(${KEYS_LOCK})::text AS locked`);
const INSERT = statement(
  'audit_key_insert',
  'INSERT INTO oauth_audit_key (kid, sealed, created_at) VALUES ($1, $2, $3::timestamptz)',
);
const REPLACE = statement(
  'audit_key_replace',
  'UPDATE oauth_audit_key SET sealed = $3 WHERE kid = $1 AND sealed = $2',
);

export function createAuditKeyStore(database: Database): AuditKeyStore {
  return {
    list: () => database.read<AuditKeyRecord>(LIST, []),
    initialize: (make) =>
      database.transaction(async (run) => {
        await run(LOCK, []);
        const present = await run<AuditKeyRecord>(LIST, []);
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
