// Owns: oauth_user_role. The guarantees are on the port.
import { FORGOTTEN_GRANTER, type RoleStore } from '../ports/index.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

interface RoleRow {
  user_id: string;
  role: string;
  granted_at: Date;
  granted_by: string;
}

const HAS = statement('role_has', 'SELECT 1 AS one FROM oauth_user_role WHERE user_id = $1 AND role = $2');
const LIST = statement(
  'role_list',
  'SELECT user_id, role, granted_at, granted_by FROM oauth_user_role WHERE user_id = $1 ORDER BY role',
);
const GRANT = statement(
  'role_grant',
  `INSERT INTO oauth_user_role (user_id, role, granted_at, granted_by) VALUES ($1, $2, $3, $4)
   ON CONFLICT (user_id, role) DO NOTHING`,
);
const REVOKE = statement('role_revoke', 'DELETE FROM oauth_user_role WHERE user_id = $1 AND role = $2');

const DELETE_OF = statement('role_delete_of', 'DELETE FROM oauth_user_role WHERE user_id = $1');
const UNNAME = statement('role_unname', 'UPDATE oauth_user_role SET granted_by = $2 WHERE granted_by = $1');

export function createRoleStore(database: Database): RoleStore {
  return {
    has: async (userId, role) => (await database.read(HAS, [userId, role])).length > 0,
    async listByUser(userId) {
      const rows = await database.read<RoleRow>(LIST, [userId]);
      return rows.map((row) => ({
        userId: row.user_id,
        role: row.role,
        grantedAt: row.granted_at,
        grantedBy: row.granted_by,
      }));
    },
    grant: async ({ userId, role, grantedAt, grantedBy }) =>
      (await database.write(GRANT, [userId, role, grantedAt, grantedBy])) === 1,
    async forget(userId) {
      const held = await database.write(DELETE_OF, [userId]);
      return held + (await database.write(UNNAME, [`user:${userId}`, FORGOTTEN_GRANTER]));
    },
    revoke: async (userId, role) => (await database.write(REVOKE, [userId, role])) === 1,
  };
}
