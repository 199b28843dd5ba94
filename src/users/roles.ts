// Owns: which users may do more here than log in: granting a role, taking it away, asking for it.
import type { Audit, Author } from '../audit/service.js';
import type { Clock } from '../lib/clock.js';
import { BadRequestError, NotFoundError } from '../lib/errors.js';
import type { RoleStore, UnitOfWork, UserRoleRecord, UserStore } from '../store/ports/index.js';

/** `admin` may use the Admin API. */
export const ROLES = ['admin'] as const;

export type Role = (typeof ROLES)[number];

export interface RoleService {
  /** Whether the user has the role at this moment; nothing is remembered. */
  has(userId: string, role: Role): Promise<boolean>;
  /** @throws NotFoundError when there is no such user */
  list(userId: string): Promise<UserRoleRecord[]>;
  /**
   * Grants the role; false when the user has it already.
   * @throws NotFoundError when there is no such user; BadRequestError for an unknown role
   */
  grant(userId: string, role: string, author: Author): Promise<boolean>;
  /**
   * Takes the role away, also from a user who is gone; false when there was none.
   * @throws BadRequestError for an unknown role
   */
  revoke(userId: string, role: string, author: Author): Promise<boolean>;
}

function assertRole(role: string): asserts role is Role {
  if (!(ROLES as readonly string[]).includes(role)) {
    throw new BadRequestError(`there is no role ${role.slice(0, 40)}; there is: ${ROLES.join(', ')}`);
  }
}

export function createRoleService({
  roles,
  users,
  unitOfWork,
  audit,
  clock,
}: {
  roles: RoleStore;
  users: Pick<UserStore, 'find'>;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
}): RoleService {
  async function assertUser(userId: string): Promise<void> {
    if (!(await users.find(userId))) throw new NotFoundError(`there is no user ${userId}`);
  }

  /** Writes and tells of it, together; nothing is told of what changed nothing. */
  function change(
    type: 'user.role_granted' | 'user.role_revoked',
    { userId, role, author }: { userId: string; role: Role; author: Author },
    write: () => Promise<boolean>,
  ): Promise<boolean> {
    return unitOfWork.run(
      async () => {
        const value = await write();
        const last = () => audit.record({ ...author, type, userId, details: { role } });
        return { commit: true, value, ...(value && { last }) };
      },
      { atOnce: true },
    );
  }

  return {
    has: (userId, role) => roles.has(userId, role),

    async list(userId) {
      await assertUser(userId);
      return roles.listByUser(userId);
    },

    async grant(userId, role, author) {
      assertRole(role);
      await assertUser(userId);
      const record = { userId, role, grantedAt: clock.now(), grantedBy: author.actor };
      return change('user.role_granted', { userId, role, author }, () => roles.grant(record));
    },

    async revoke(userId, role, author) {
      assertRole(role);
      return change('user.role_revoked', { userId, role, author }, () => roles.revoke(userId, role));
    },
  };
}
