// Owns: reading Link²Ur's users table, and writing it where it is ours (embedded default, seeding).
import type { UserRecord, UserStore } from '../ports/index.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

interface UserRow {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  hashed_password: string | null;
  is_verified: boolean;
  is_active: boolean;
  avatar: string | null;
  language_preference: string | null;
  updated_at: Date;
}

const SELECT = `SELECT id, name, email, phone, hashed_password, is_verified, is_active, avatar,
  language_preference, updated_at FROM users`;

const FIND = statement('user_find', `${SELECT} WHERE id = $1`);
// By the unique indexes every users table has; case counts for what the site stored in mixed case.
const FIND_EXACTLY = statement(
  'user_find_exactly',
  `${SELECT} WHERE email IN ($1::text, lower($1::text)) OR phone = $1::text OR id = $1::text LIMIT 1`,
);
const FIND_BY_ANY_CASE = statement(
  'user_find_by_any_case',
  `${SELECT} WHERE lower(email) = lower($1::text) LIMIT 1`,
);
const ANY_HASH = statement(
  'user_any_hash',
  'SELECT hashed_password FROM users WHERE hashed_password IS NOT NULL LIMIT 1',
);

function toRecord([row]: UserRow[]): UserRecord | undefined {
  if (!row) return undefined;
  return {
    id: row.id,
    name: row.name,
    email: row.email ?? undefined,
    phone: row.phone ?? undefined,
    hashedPassword: row.hashed_password ?? undefined,
    isVerified: row.is_verified,
    isActive: row.is_active,
    avatar: row.avatar ?? undefined,
    languagePreference: row.language_preference ?? undefined,
    updatedAt: row.updated_at,
  };
}

export function createUserStore(database: Database): UserStore {
  return {
    find: async (id) => toRecord(await database.read(FIND, [id])),

    async findByIdentifier(identifier) {
      const found = toRecord(await database.read(FIND_EXACTLY, [identifier]));
      if (found || !identifier.includes('@')) return found;
      return toRecord(await database.read(FIND_BY_ANY_CASE, [identifier]));
    },

    async findAnyPasswordHash() {
      const [row] = await database.read<{ hashed_password: string }>(ANY_HASH, []);
      return row?.hashed_password;
    },

    async save({ id, ...user }) {
      const row = {
        name: user.name,
        email: user.email ?? null,
        phone: user.phone ?? null,
        hashedPassword: user.hashedPassword ?? null,
        isVerified: user.isVerified,
        isActive: user.isActive,
        avatar: user.avatar ?? null,
        languagePreference: user.languagePreference ?? null,
        updatedAt: user.updatedAt,
      };
      await database.rich((db) => db.user.upsert({ where: { id }, create: { id, ...row }, update: row }));
    },
  };
}
