// Owns: oauth_session and oauth_session_key. The guarantees are on the port.
import type { JsonObject, SessionRecord, SessionSave, SessionStore, StoredSession } from '../ports/index.js';
import { isOtherLogin, mergeSession, sessionKeysAfter } from '../session-merge.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { type Run, statement } from './statement.js';

interface SessionRow {
  uid: string;
  user_id: string | null;
  acr: string | null;
  amr: string[];
  auth_time: Date | null;
  transient: boolean;
  authorizations: { [clientId: string]: JsonObject };
  state: JsonObject | null;
  version: number;
  created_at: Date;
  expires_at: Date;
}

const COLUMNS = `s.uid, s.user_id, s.acr, s.amr, s.auth_time, s.transient, s.authorizations, s.state, s.version,
  s.created_at, s.expires_at`;

const FIND = statement(
  'session_find',
  `SELECT ${COLUMNS} FROM oauth_session s JOIN oauth_session_key k ON k.session_uid = s.uid WHERE k.key = $1`,
);
const FIND_BY_UID = statement(
  'session_find_by_uid',
  `SELECT ${COLUMNS} FROM oauth_session s WHERE s.uid = $1`,
);
const LOCK = statement('session_lock', `${FIND_BY_UID.text} FOR UPDATE`);
const INSERT = statement(
  'session_insert',
  `WITH s AS (
     INSERT INTO oauth_session (uid, user_id, acr, amr, auth_time, transient, authorizations, state,
       created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10) RETURNING uid)
   INSERT INTO oauth_session_key (key, session_uid) SELECT $11, uid FROM s`,
);
const CHANGE = `UPDATE oauth_session SET user_id = $2, acr = $3, amr = $4, auth_time = $5, transient = $6,
  authorizations = $7::jsonb, state = $8::jsonb, expires_at = $9, version = version + 1 WHERE uid = $1`;
const UPDATE = statement('session_update', CHANGE);
// Nobody changed it since it was read, and its key is still its key.
const UPDATE_UNCHANGED = statement(
  'session_update_unchanged',
  `${CHANGE} AND version = $10
   AND EXISTS (SELECT 1 FROM oauth_session_key k WHERE k.session_uid = $1 AND k.key = $11)`,
);
const KEYS = statement('session_keys', 'SELECT key FROM oauth_session_key WHERE session_uid = $1');
const DROP_KEYS = statement(
  'session_drop_keys',
  'DELETE FROM oauth_session_key WHERE session_uid = $1 AND NOT key = ANY($2::text[])',
);
const ADD_KEYS = statement(
  'session_add_keys',
  `INSERT INTO oauth_session_key (key, session_uid) SELECT unnest($2::text[]), $1 ON CONFLICT DO NOTHING`,
);
const DESTROY = statement(
  'session_destroy',
  `DELETE FROM oauth_session WHERE uid IN (SELECT session_uid FROM oauth_session_key WHERE key = $1)
   RETURNING uid`,
);
// Locked in one order, so that two of these do not wait for one another.
const DESTROY_BY_USER = statement(
  'session_destroy_by_user',
  `DELETE FROM oauth_session s WHERE s.uid IN (
     SELECT uid FROM oauth_session WHERE user_id = $1 ORDER BY uid FOR UPDATE) RETURNING ${COLUMNS}`,
);
const DESTROY_NEXT = statement(
  'session_destroy_next',
  `DELETE FROM oauth_session s WHERE s.uid IN (
     SELECT uid FROM oauth_session WHERE created_at < $1 ORDER BY uid LIMIT $2 FOR UPDATE) RETURNING s.uid`,
);
const DESTROY_BY_UID = statement(
  'session_destroy_by_uid',
  `DELETE FROM oauth_session s WHERE s.uid = $1 RETURNING ${COLUMNS}`,
);
const LIST = statement(
  'session_list',
  `SELECT ${COLUMNS} FROM oauth_session s
   WHERE s.user_id IS NOT NULL AND ($1::text IS NULL OR s.user_id = $1)
     AND ($2::text IS NULL OR s.authorizations->$2::text IS NOT NULL)
     AND ($3::timestamptz IS NULL OR s.expires_at > $3)
     AND ($4::timestamptz IS NULL OR (s.created_at, s.uid) < ($4, $5))
   ORDER BY s.created_at DESC, s.uid DESC LIMIT $6`,
);

const END_AUTHORIZATIONS = statement(
  'session_end_authorizations',
  `WITH ended AS (
     SELECT uid, authorizations->$2::text AS part FROM oauth_session
     WHERE user_id = $1 AND authorizations->$2::text IS NOT NULL ORDER BY uid FOR UPDATE)
   UPDATE oauth_session s SET authorizations = s.authorizations - $2::text, version = s.version + 1
   FROM ended WHERE s.uid = ended.uid RETURNING s.uid, ended.part->>'sid' AS sid`,
);

function toStored([row]: SessionRow[]): StoredSession | undefined {
  if (!row) return undefined;
  return {
    uid: row.uid,
    userId: row.user_id ?? undefined,
    acr: row.acr ?? undefined,
    amr: row.amr.length > 0 ? row.amr : undefined,
    authTime: row.auth_time ?? undefined,
    transient: row.transient,
    authorizations: row.authorizations,
    state: row.state ?? undefined,
    version: row.version,
    issuedAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

const toList = (rows: SessionRow[]): StoredSession[] => rows.flatMap((row) => toStored([row]) ?? []);

/** The values of $1 to $8. */
function valuesOf(record: SessionRecord) {
  return [
    record.uid,
    record.userId,
    record.acr,
    record.amr ?? [],
    record.authTime,
    record.transient,
    JSON.stringify(record.authorizations),
    record.state && JSON.stringify(record.state),
  ];
}

/** Merges the save into whatever is stored by now, with the session locked. */
async function saveOver(run: Run, base: StoredSession, save: SessionSave): Promise<void> {
  const { record } = save;
  const stored = toStored((await run<SessionRow>(LOCK, [record.uid])).rows);
  // Logged out meanwhile: a late save must not bring the session back.
  if (!stored) return;
  const merged = stored.version === base.version ? record : mergeSession(base, stored, record);
  await run(UPDATE, [...valuesOf(merged), merged.expiresAt]);
  const { rows } = await run<{ key: string }>(KEYS, [record.uid]);
  const held = rows.map((row) => row.key);
  const keys = sessionKeysAfter(save, stored, held);
  if (keys.length === held.length && keys.every((key) => held.includes(key))) return;
  await run(DROP_KEYS, [record.uid, keys]);
  await run(ADD_KEYS, [record.uid, keys]);
}

export function createSessionStore(database: Database): SessionStore {
  return {
    find: async (key) => toStored(await database.read(FIND, [key])),
    findByUid: async (uid) => toStored(await database.read(FIND_BY_UID, [uid])),

    async save(save) {
      const { base, key, rotatedFrom, record } = save;
      if (!base) {
        await database.write(INSERT, [...valuesOf(record), record.issuedAt, record.expiresAt, key]);
        return;
      }
      if (rotatedFrom === undefined && !isOtherLogin(base, record)) {
        const values = [...valuesOf(record), record.expiresAt, base.version, key];
        if ((await database.write(UPDATE_UNCHANGED, values)) === 1) return;
      }
      await database.transaction((run) => saveOver(run, base, save));
    },

    async destroy(key) {
      const rows = await database.writeReturning<{ uid: string }>(DESTROY, [key]);
      return rows.map(({ uid }) => uid);
    },
    async endAuthorizations(userId, clientId) {
      const rows = await database.writeReturning<{ uid: string; sid: string | null }>(END_AUTHORIZATIONS, [
        userId,
        clientId,
      ]);
      return rows.map(({ uid, sid }) => ({ uid, sid: sid ?? undefined }));
    },
    async destroyNext(before, size) {
      const rows = await database.writeReturning<{ uid: string }>(DESTROY_NEXT, [before, size]);
      return rows.map(({ uid }) => uid);
    },
    async destroyByUser(userId) {
      return toList(await database.writeReturning(DESTROY_BY_USER, [userId]));
    },
    async destroyByUid(uid) {
      return toStored(await database.writeReturning(DESTROY_BY_UID, [uid]));
    },
    async list({ userId, clientId, liveAt, after, limit }) {
      const values = [userId, clientId, liveAt, after?.issuedAt, after?.uid, limit];
      return toList(await database.read(LIST, values));
    },
    ...createExpirable(database, 'oauth_session'),
  };
}
