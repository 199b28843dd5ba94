// Owns: the shape that the site's users table must have for us to read it.
import type pg from 'pg';
import { AppError } from '../../lib/errors.js';

/** The columns of `users` we read, and the PostgreSQL types they may have. */
const USERS_COLUMNS: Record<string, RegExp> = {
  id: /^character varying|^character|^text/,
  name: /^character varying|^text/,
  email: /^character varying|^text|^USER-DEFINED/,
  phone: /^character varying|^text/,
  hashed_password: /^character varying|^text/,
  is_verified: /^boolean/,
  is_active: /^boolean/,
  avatar: /^character varying|^text/,
  language_preference: /^character varying|^text/,
  updated_at: /^timestamp/,
};

/** @throws AppError naming every column of the site's table that is missing or of another type */
export async function checkUsersTable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ column_name: string; data_type: string }>(
    `SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = ANY (current_schemas(false)) AND table_name = 'users'`,
  );
  const types = new Map(rows.map((row) => [row.column_name, row.data_type]));
  const problems = Object.entries(USERS_COLUMNS)
    .filter(([name, expected]) => !expected.test(types.get(name) ?? ''))
    .map(([name]) => `  users.${name}: ${types.has(name) ? `is ${types.get(name)}` : 'is missing'}`);
  if (problems.length === 0) return;
  const message = 'the "users" table of the site has not the shape this service reads (prisma/users.sql):';
  throw new AppError('users_table_unfit', 500, `${message}\n${problems.join('\n')}`);
}
