// Owns: what the site knows of its users, and where it keeps them: the table `users`.
import pg, { type PoolConfig } from 'pg';

export interface SiteUser {
  /** 8 characters. */
  id: string;
  name: string;
  email: string | undefined;
  /** bcrypt; a user without one cannot log in with a password. */
  hashedPassword: string | undefined;
  isActive: boolean;
  /** A language tag such as `zh_CN`. */
  language: string | undefined;
}

/** All the site asks of its database. */
export interface SiteUsers {
  find(id: string): Promise<SiteUser | undefined>;
  /** By e-mail address (in any case), phone number or id. */
  findByIdentifier(identifier: string): Promise<SiteUser | undefined>;
  setPassword(id: string, hashedPassword: string): Promise<void>;
  /** Deletes the user for good, if there is one. */
  delete(id: string): Promise<void>;
}

interface Row {
  id: string;
  name: string;
  email: string | null;
  hashed_password: string | null;
  is_active: boolean;
  language_preference: string | null;
}

const SELECT = 'SELECT id, name, email, hashed_password, is_active, language_preference FROM users';

/** The users in the PostgreSQL at `connection`. Nothing is connected before the first question. */
export function openSiteUsers(connection: PoolConfig): SiteUsers & { close(): Promise<void> } {
  const pool = new pg.Pool({ max: 2, connectionTimeoutMillis: 3_000, query_timeout: 8_000, ...connection });
  // An idle connection that breaks is replaced when the next one is needed.
  pool.on('error', () => {});

  async function findWhere(condition: string, value: string): Promise<SiteUser | undefined> {
    const { rows } = await pool.query<Row>(`${SELECT} WHERE ${condition} LIMIT 1`, [value]);
    const [row] = rows;
    return (
      row && {
        id: row.id,
        name: row.name,
        email: row.email ?? undefined,
        hashedPassword: row.hashed_password ?? undefined,
        isActive: row.is_active,
        language: row.language_preference ?? undefined,
      }
    );
  }

  return {
    find: (id) => findWhere('id = $1', id),
    findByIdentifier: (identifier) =>
      findWhere('lower(email) = lower($1::text) OR phone = $1::text OR id = $1::text', identifier),
    async setPassword(id, hashedPassword) {
      const sql = 'UPDATE users SET hashed_password = $2, updated_at = now() WHERE id = $1';
      await pool.query(sql, [id, hashedPassword]);
    },
    async delete(id) {
      // What the provider keeps of the user goes with the row: its tables refer to this one.
      await pool.query('DELETE FROM users WHERE id = $1', [id]);
    },
    close: () => pool.end(),
  };
}
