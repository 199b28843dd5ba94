// Owns: reading Link²Ur's users table, and writing it where it is ours (embedded default, seeding).
import type { UserRecord, UserStore } from '../ports/index.js';
import type { Database } from './database.js';
import type { User } from './generated/client.js';

function toRecord(row: User): UserRecord {
  return {
    id: row.id,
    name: row.name,
    email: row.email ?? undefined,
    phone: row.phone ?? undefined,
    hashedPassword: row.hashedPassword ?? undefined,
    isVerified: row.isVerified,
    isActive: row.isActive,
    avatar: row.avatar ?? undefined,
    languagePreference: row.languagePreference ?? undefined,
    updatedAt: row.updatedAt,
  };
}

export function createUserStore(database: Database): UserStore {
  return {
    async find(id) {
      const row = await database.query((db) => db.user.findUnique({ where: { id } }));
      return row ? toRecord(row) : undefined;
    },

    async findByIdentifier(identifier) {
      const row = await database.query((db) =>
        db.user.findFirst({
          where: {
            OR: [
              { email: { equals: identifier.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } },
              { phone: identifier },
              { id: identifier },
            ],
          },
        }),
      );
      return row ? toRecord(row) : undefined;
    },

    async findAnyPasswordHash() {
      const row = await database.query((db) =>
        db.user.findFirst({
          where: { hashedPassword: { not: null } },
          orderBy: { updatedAt: 'desc' },
          select: { hashedPassword: true },
        }),
      );
      return row?.hashedPassword ?? undefined;
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
      await database.query((db) => db.user.upsert({ where: { id }, create: { id, ...row }, update: row }));
    },
  };
}
