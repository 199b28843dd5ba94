// Owns: oauth_artifact. The guarantees are on the port.
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
const FIND_FOR_USE = statement('artifact_find_for_use', `${FIND.text} FOR UPDATE OF a`);
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
  `INSERT INTO oauth_artifact AS a (kind, key, payload, expires_at) VALUES ($1, $2, '{}', $3)
   ON CONFLICT (kind, key) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE a.expires_at <= $4`,
);
const DESTROY = statement('artifact_destroy', 'DELETE FROM oauth_artifact WHERE kind = $1 AND key = $2');
const REVOKE_BY_GRANT = statement(
  'artifact_revoke_by_grant',
  'DELETE FROM oauth_artifact WHERE grant_id = $1 AND kind = $2',
);

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
      await database.write(UPSERT, [kind, key, JSON.stringify(payload), grantId, userCodeKey, expiresAt]);
    },
    find: async (kind, key) => toStored(await database.read(FIND, [kind, key])),
    findForUse: async (kind, key) =>
      toStored((await database.use<ArtifactRow>(FIND_FOR_USE, [kind, key])).rows),
    findByUserCode: async (kind, userCodeKey) =>
      toStored(await database.read(FIND_BY_USER_CODE, [kind, userCodeKey])),
    consume: async (kind, key, at) => (await database.use(CONSUME, [kind, key, at])).count === 1,
    claim: async (kind, key, { now, expiresAt }) =>
      (await database.write(CLAIM, [kind, key, expiresAt, now])) === 1,
    async destroy(kind, key) {
      await database.write(DESTROY, [kind, key]);
    },
    async revokeByGrantId(kind, grantId) {
      await database.write(REVOKE_BY_GRANT, [grantId, kind]);
    },
    ...createExpirable(database, 'oauth_artifact'),
  };
}
