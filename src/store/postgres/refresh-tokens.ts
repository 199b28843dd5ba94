// Owns: oauth_refresh_token. The guarantees are on the port.
import {
  GrantGoneError,
  type GrantRecord,
  type JsonObject,
  type RefreshTokenStore,
  type StoredRefreshToken,
} from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { type GrantRow, toRecord } from './grants.js';
import { statement } from './statement.js';

interface RefreshTokenRow {
  user_id: string;
  client_id: string;
  grant_id: string;
  session_uid: string | null;
  scopes: string[];
  rotations: number;
  issued_at: Date;
  expires_at: Date;
  consumed_at: Date | null;
  successor_sealed: string | null;
  details: JsonObject;
}

// The grant is kept alive a day longer than asked, so that a rotation a minute later need not write it again. It
// is not locked: a revocation that comes meanwhile kills this token as it kills every other, by what it hangs on.
const upserting = (grantId: string, from: string) =>
  `WITH live AS (SELECT id FROM oauth_grant WHERE id = $4 AND revoked_at IS NULL),
   extended AS (
     UPDATE oauth_grant SET expires_at = $9::timestamptz + interval '1 day'
     WHERE id IN (SELECT id FROM live) AND expires_at < $9::timestamptz),
   replaced AS (
     UPDATE oauth_refresh_token SET successor_sealed = $12, consumed_at = coalesce($13, consumed_at)
     WHERE key = $11 AND EXISTS (SELECT 1 FROM live))
   INSERT INTO oauth_refresh_token (key, user_id, client_id, grant_id, session_uid, scopes, rotations,
     issued_at, expires_at, details)
   SELECT $1, $2, $3, ${grantId}, $5, $6::text[], $7, $8::timestamptz, $9::timestamptz, $10::jsonb ${from}
   ON CONFLICT (key) DO UPDATE SET scopes = EXCLUDED.scopes, rotations = EXCLUDED.rotations,
     expires_at = EXCLUDED.expires_at, details = EXCLUDED.details`;
const UPSERT = statement('refresh_token_upsert', upserting('live.id', 'FROM live'));
// As UPSERT, but it fails instead of changing nothing, and with it the unit it is part of: nobody looks at how many rows
// it changed (errors.ts makes a GrantGoneError of that).
const UPSERT_OR_FAIL = statement('refresh_token_upsert_or_fail', upserting('(SELECT id FROM live)', ''));
const COLUMNS = `t.user_id, t.client_id, t.grant_id, t.session_uid, t.scopes, t.rotations, t.issued_at, t.expires_at,
     t.consumed_at, t.successor_sealed, t.details`;
const FIND = statement(
  'refresh_token_find',
  `SELECT ${COLUMNS}
   FROM oauth_refresh_token t
   WHERE t.key = $1 AND EXISTS (
     SELECT 1 FROM oauth_grant g WHERE g.id = t.grant_id AND g.revoked_at IS NULL)`,
);
const LIST_BY_USER = statement(
  'refresh_token_list_by_user',
  `SELECT ${COLUMNS} FROM oauth_refresh_token t WHERE t.user_id = $1 ORDER BY t.issued_at DESC, t.key`,
);
// With its grant, which is what is asked for next. The first statement of a transaction tells its id in passing
// (transaction.ts).
const FIND_FOR_USE = statement(
  'refresh_token_find_for_use',
  `SELECT ${COLUMNS}, g.user_id AS grant_user_id, g.client_id AS grant_client_id, g.scopes AS grant_scopes,
     g.claims AS grant_claims, g.details AS grant_details, g.created_at AS grant_created_at,
     g.expires_at AS grant_expires_at, pg_current_xact_id()::text AS xid
   FROM oauth_refresh_token t JOIN oauth_grant g ON g.id = t.grant_id AND g.revoked_at IS NULL
   WHERE t.key = $1 FOR UPDATE OF t`,
);
const CONSUME = statement(
  'refresh_token_consume',
  'UPDATE oauth_refresh_token SET consumed_at = $2 WHERE key = $1 AND consumed_at IS NULL',
);
const DESTROY = statement('refresh_token_destroy', 'DELETE FROM oauth_refresh_token WHERE key = $1');
const REVOKE_BY_GRANT = statement(
  'refresh_token_revoke_by_grant',
  'DELETE FROM oauth_refresh_token WHERE grant_id = $1',
);

function toStored([row]: RefreshTokenRow[]): StoredRefreshToken | undefined {
  if (!row) return undefined;
  return {
    userId: row.user_id,
    clientId: row.client_id,
    grantId: row.grant_id,
    sessionUid: row.session_uid ?? undefined,
    scopes: row.scopes,
    rotations: row.rotations,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    consumedAt: row.consumed_at ?? undefined,
    successorSealed: row.successor_sealed ?? undefined,
    details: row.details,
  };
}

const useOf = (key: string) => `refresh_token ${key}`;

type Granted<Row> = { [Column in keyof Row & string as `grant_${Column}`]: Row[Column] };

function grantOf(row: RefreshTokenRow & Granted<GrantRow>): GrantRecord {
  return toRecord({
    id: row.grant_id,
    user_id: row.grant_user_id,
    client_id: row.grant_client_id,
    scopes: row.grant_scopes,
    claims: row.grant_claims,
    details: row.grant_details,
    created_at: row.grant_created_at,
    expires_at: row.grant_expires_at,
  });
}

export function createRefreshTokenStore(database: Database): RefreshTokenStore {
  return {
    async upsert(key, token, replaces) {
      // That it is used up has not been said yet: then it is said in the same breath.
      const consumption = replaces && database.recall(useOf(replaces.key));
      const values = [
        key,
        token.userId,
        token.clientId,
        token.grantId,
        token.sessionUid,
        token.scopes,
        token.rotations,
        token.issuedAt,
        token.expiresAt,
        JSON.stringify(token.details),
        replaces?.key,
        replaces?.successorSealed,
        consumption?.[1],
      ];
      if (database.isHeld(`grant ${token.grantId}`)) return database.writeSoon(UPSERT_OR_FAIL, values);
      const count = await database.write(UPSERT, values);
      if (count === 0) throw new GrantGoneError('the grant of a refresh token is gone');
    },
    find: async (key) => toStored(await database.read(FIND, [key])),
    async findForUse(key) {
      const { rows } = await database.use<RefreshTokenRow & Granted<GrantRow>>(FIND_FOR_USE, [key]);
      const [row] = rows;
      const found = toStored(rows);
      if (!row || !found) return undefined;
      if (!found.consumedAt) for (const name of [useOf(key), `grant ${found.grantId}`]) database.hold(name);
      return { ...found, grant: grantOf(row) };
    },
    consume: (key, at) => database.useUp(useOf(key), CONSUME, [key, at]),
    async destroy(key) {
      await database.write(DESTROY, [key]);
    },
    async revokeByGrantId(grantId) {
      await database.write(REVOKE_BY_GRANT, [grantId]);
    },
    async listByUser(userId) {
      const rows = await database.read<RefreshTokenRow>(LIST_BY_USER, [userId]);
      return rows.flatMap((row) => toStored([row]) ?? []);
    },
    ...createExpirable(database, 'oauth_refresh_token'),
  };
}
