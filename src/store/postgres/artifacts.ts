// Owns: oauth_artifact. The guarantees are on the port.
import { isNamedInToken, patternsFor } from '../naming.js';
import type { ArtifactStore, JsonObject, StoredArtifact } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

interface ArtifactRow {
  payload: JsonObject;
  grant_id: string | null;
  user_code_key: string | null;
  expires_at: Date;
  consumed_at: Date | null;
}

/** Deny by grant: what hangs on a revoked or missing grant does not exist, whenever it was written. */
const GRANT_LIVES = `(a.grant_id IS NULL OR EXISTS (
  SELECT 1 FROM oauth_grant g WHERE g.id = a.grant_id AND g.revoked_at IS NULL))`;

const SELECT =
  'SELECT a.payload, a.grant_id, a.user_code_key, a.expires_at, a.consumed_at FROM oauth_artifact a';

const UPSERT = statement(
  'artifact_upsert',
  `INSERT INTO oauth_artifact (kind, key, payload, grant_id, user_code_key, expires_at)
   VALUES ($1, $2, $3::jsonb, $4, $5, $6)
   ON CONFLICT (kind, key) DO UPDATE SET
     payload = EXCLUDED.payload, grant_id = EXCLUDED.grant_id,
     user_code_key = EXCLUDED.user_code_key, expires_at = EXCLUDED.expires_at`,
);
const FIND = statement('artifact_find', `${SELECT} WHERE a.kind = $1 AND a.key = $2 AND ${GRANT_LIVES}`);
const FIND_ANYWAY = statement('artifact_find_anyway', `${SELECT} WHERE a.kind = $1 AND a.key = $2`);
// The first statement of a transaction tells its id in passing (transaction.ts).
const FIND_FOR_USE = statement(
  'artifact_find_for_use',
  `${FIND.text.replace(' FROM', ', pg_current_xact_id()::text AS xid FROM')} FOR UPDATE OF a`,
);
const FIND_BY_USER_CODE = statement(
  'artifact_find_by_user_code',
  `${SELECT} WHERE a.kind = $1 AND a.user_code_key = $2 AND ${GRANT_LIVES}`,
);
const CONSUME = statement(
  'artifact_consume',
  `UPDATE oauth_artifact a SET consumed_at = $3
   WHERE a.kind = $1 AND a.key = $2 AND a.consumed_at IS NULL AND ${GRANT_LIVES}`,
);
const CLAIM = statement(
  'artifact_claim',
  `INSERT INTO oauth_artifact AS a (kind, key, payload, expires_at) VALUES ($1, $2, $5::jsonb, $3)
   ON CONFLICT (kind, key) DO UPDATE SET expires_at = EXCLUDED.expires_at, payload = EXCLUDED.payload
   WHERE a.expires_at <= $4`,
);
const DESTROY = statement('artifact_destroy', 'DELETE FROM oauth_artifact WHERE kind = $1 AND key = $2');
const REVOKE_BY_GRANT = statement(
  'artifact_revoke_by_grant',
  'DELETE FROM oauth_artifact WHERE grant_id = $1 AND kind = $2',
);

// Page by page along the primary key: a table of a million rows is no one statement's work.
const PAGE_ROWS = 2_000;
const FIND_NAMING = statement(
  'artifact_find_naming',
  `SELECT a.kind, a.key, coalesce(a.payload->'params'->>'id_token_hint', a.payload->>'request') AS hint,
     (a.payload::text ~ ANY ($3::text[]) OR a.payload::text ~* ANY ($4::text[])) AS named
   FROM oauth_artifact a WHERE (a.kind, a.key) > ($1, $2) ORDER BY a.kind, a.key LIMIT ${PAGE_ROWS}`,
);

interface NamingRow {
  kind: string;
  key: string;
  hint: string | null;
  named: boolean;
}

function toStored([row]: ArtifactRow[]): StoredArtifact | undefined {
  if (!row) return undefined;
  return {
    payload: row.payload,
    grantId: row.grant_id ?? undefined,
    userCodeKey: row.user_code_key ?? undefined,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at ?? undefined,
  };
}

export function createArtifactStore(database: Database): ArtifactStore {
  return {
    async upsert(kind, key, { payload, grantId, userCodeKey, expiresAt }) {
      await database.writeSoon(UPSERT, [kind, key, JSON.stringify(payload), grantId, userCodeKey, expiresAt]);
    },
    find: async (kind, key) => toStored(await database.read(FIND, [kind, key])),
    findAnyway: async (kind, key) => toStored(await database.read(FIND_ANYWAY, [kind, key])),
    async findForUse(kind, key) {
      const { rows } = await database.use<ArtifactRow>(FIND_FOR_USE, [kind, key]);
      const found = toStored(rows);
      if (found && !found.consumedAt) database.hold(`${kind} ${key}`);
      return found;
    },
    findByUserCode: async (kind, userCodeKey) =>
      toStored(await database.read(FIND_BY_USER_CODE, [kind, userCodeKey])),
    consume: (kind, key, at) => database.useUp(`${kind} ${key}`, CONSUME, [kind, key, at]),
    claim: async (kind, key, { now, expiresAt, payload = {} }) =>
      (await database.write(CLAIM, [kind, key, expiresAt, now, JSON.stringify(payload)])) === 1,
    async destroy(kind, key) {
      await database.write(DESTROY, [kind, key]);
    },
    async revokeByGrantId(kind, grantId) {
      await database.write(REVOKE_BY_GRANT, [grantId, kind]);
    },
    async destroyNaming(names) {
      const patterns = patternsFor(names);
      let count = 0;
      let last = { kind: '', key: '' };
      for (let rows: NamingRow[] = []; ; ) {
        const { exact, anyCase } = patterns;
        ({ rows } = await database.alone<NamingRow>(FIND_NAMING, [last.kind, last.key, exact, anyCase]));
        for (const { kind, key, hint, named } of rows) {
          if (!named && !isNamedInToken(hint, patterns)) continue;
          count += (await database.alone(DESTROY, [kind, key])).count;
        }
        last = rows.at(-1) ?? last;
        if (rows.length < PAGE_ROWS) return count;
      }
    },
    ...createExpirable(database, 'oauth_artifact'),
  };
}
