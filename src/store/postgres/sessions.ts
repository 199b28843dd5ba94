// Owns: oauth_session and oauth_session_key. The guarantees are on the port.
import type { JsonObject, SessionRecord, SessionSave, SessionStore, StoredSession } from '../ports/index.js';
import { mergeSession, sessionKeysAfter } from '../session-merge.js';
import type { Database, Db } from './database.js';
import { Prisma } from './generated/client.js';

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

function toStored(rows: SessionRow[]): StoredSession | undefined {
  const [row] = rows;
  if (!row) return undefined;
  return {
    uid: row.uid,
    userId: row.user_id ?? undefined,
    acr: row.acr ?? undefined,
    amr: row.amr.length > 0 ? row.amr : undefined,
    authTime: row.auth_time ? new Date(row.auth_time) : undefined,
    transient: row.transient,
    authorizations: row.authorizations,
    state: row.state ?? undefined,
    version: row.version,
    issuedAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
  };
}

async function insert(db: Db, key: string, record: SessionRecord): Promise<void> {
  await db.$executeRaw`
    WITH s AS (
      INSERT INTO oauth_session (uid, user_id, acr, amr, auth_time, transient, authorizations, state,
        created_at, expires_at)
      VALUES (${record.uid}, ${record.userId ?? null}, ${record.acr ?? null}, ${record.amr ?? []},
        ${record.authTime ?? null}, ${record.transient}, ${JSON.stringify(record.authorizations)}::jsonb,
        ${record.state ? JSON.stringify(record.state) : null}::jsonb, ${record.issuedAt}, ${record.expiresAt})
      RETURNING uid)
    INSERT INTO oauth_session_key (key, session_uid) SELECT ${key}, uid FROM s`;
}

async function update(db: Db, record: SessionRecord): Promise<void> {
  await db.$executeRaw`
    UPDATE oauth_session SET user_id = ${record.userId ?? null}, acr = ${record.acr ?? null},
      amr = ${record.amr ?? []}, auth_time = ${record.authTime ?? null}, transient = ${record.transient},
      authorizations = ${JSON.stringify(record.authorizations)}::jsonb,
      state = ${record.state ? JSON.stringify(record.state) : null}::jsonb,
      expires_at = ${record.expiresAt}, version = version + 1
    WHERE uid = ${record.uid}`;
}

async function saveOver(db: Db, base: StoredSession, save: SessionSave): Promise<void> {
  const { record } = save;
  const stored = toStored(
    await db.$queryRaw<SessionRow[]>`SELECT * FROM oauth_session WHERE uid = ${record.uid} FOR UPDATE`,
  );
  // Logged out meanwhile: a late save must not bring the session back.
  if (!stored) return;
  await update(db, stored.version === base.version ? record : mergeSession(base, stored, record));
  const held = await db.$queryRaw<{ key: string }[]>`
    SELECT key FROM oauth_session_key WHERE session_uid = ${record.uid}`;
  const heldKeys = held.map((row) => row.key);
  const keys = sessionKeysAfter(save, stored, heldKeys);
  if (keys.length === heldKeys.length && keys.every((key) => heldKeys.includes(key))) return;
  await db.$executeRaw`
    DELETE FROM oauth_session_key WHERE session_uid = ${record.uid} AND NOT key = ANY(${keys})`;
  await db.$executeRaw`
    INSERT INTO oauth_session_key (key, session_uid)
    SELECT unnest(${keys}::text[]), ${record.uid} ON CONFLICT DO NOTHING`;
}

export function createSessionStore(database: Database): SessionStore {
  return {
    find: async (key) =>
      toStored(
        await database.query(
          (db) => db.$queryRaw<SessionRow[]>`
            SELECT s.* FROM oauth_session s JOIN oauth_session_key k ON k.session_uid = s.uid
            WHERE k.key = ${key}`,
        ),
      ),

    findByUid: async (uid) =>
      toStored(
        await database.query(
          (db) => db.$queryRaw<SessionRow[]>`SELECT * FROM oauth_session WHERE uid = ${uid}`,
        ),
      ),

    save: (save) =>
      database.transaction((db) =>
        save.base ? saveOver(db, save.base, save) : insert(db, save.key, save.record),
      ),

    async destroy(key) {
      await database.query(
        (db) => db.$executeRaw`
          DELETE FROM oauth_session WHERE uid IN (SELECT session_uid FROM oauth_session_key WHERE key = ${key})`,
      );
    },

    destroyByUser: (userId) =>
      database.query((db) => db.$executeRaw`DELETE FROM oauth_session WHERE user_id = ${userId}`),

    deleteExpired: (before, batch) =>
      database.query((db) =>
        db.$executeRaw(Prisma.sql`
          DELETE FROM oauth_session WHERE uid IN (
            SELECT uid FROM oauth_session WHERE expires_at < ${before} LIMIT ${batch})`),
      ),
  };
}
