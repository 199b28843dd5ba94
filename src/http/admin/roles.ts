// Owns: the addresses of users' roles.
import { z } from 'zod';
import { NotFoundError } from '../../lib/errors.js';
import type { UserRoleRecord } from '../../store/ports/index.js';
import { ROLES, type RoleService } from '../../users/roles.js';
import { type AdminRoute, defineRoute } from './route.js';
import { userId, when } from './schemas.js';

const userRole = z
  .strictObject({
    role: z.enum(ROLES),
    granted_at: when,
    granted_by: z.string().describe('The actor, as the audit trail names it.'),
  })
  .describe('What a user may do here beyond logging in.');

const userRoles = z.strictObject({ items: z.array(userRole) });

export const roleSchemas = { UserRole: userRole, UserRoles: userRoles };

const EXAMPLE = { role: 'admin', granted_at: '2026-11-22T08:15:53.000Z', granted_by: 'operator:zhang' };

const params = z.strictObject({ user_id: userId, role: z.enum(ROLES) });

function toJson({ role, grantedAt, grantedBy }: UserRoleRecord) {
  return { role, granted_at: grantedAt.toISOString(), granted_by: grantedBy };
}

export function createRoleRoutes({ roles }: { roles: RoleService }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/users/{user_id}/roles',
      operationId: 'listUserRoles',
      tag: 'users',
      summary: "A user's roles",
      scope: 'admin:users:read',
      params: params.pick({ user_id: true }),
      answers: { 200: { description: 'The roles.', schema: userRoles, example: { items: [EXAMPLE] } } },
      run: async ({ params: { user_id } }) => ({ body: { items: (await roles.list(user_id)).map(toJson) } }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/users/{user_id}/roles/{role}',
      operationId: 'grantUserRole',
      tag: 'users',
      summary: 'Grant a user a role',
      description: 'Granting what the user has already changes nothing.',
      scope: 'admin:users:write',
      params,
      answers: {
        200: { description: 'The user had the role already.', schema: userRole, example: EXAMPLE },
        201: { description: 'The user has the role now.', schema: userRole, example: EXAMPLE },
      },
      async run({ params: { user_id, role }, author }) {
        const isNew = await roles.grant(user_id, role, author);
        const record = (await roles.list(user_id)).find((one) => one.role === role);
        if (!record) throw new NotFoundError(`user ${user_id} has not the role ${role} any more`);
        return { status: isNew ? 201 : 200, body: toJson(record) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/users/{user_id}/roles/{role}',
      operationId: 'revokeUserRole',
      tag: 'users',
      summary: 'Take a role away',
      description: 'It ends at once: tokens that were given for it are refused from the next request on.',
      scope: 'admin:users:write',
      params,
      answers: { 204: { description: 'The user has the role no more.' } },
      async run({ params: { user_id, role }, author }) {
        if (await roles.revoke(user_id, role, author)) return {};
        throw new NotFoundError(`user ${user_id} has not the role ${role}`);
      },
    }),
  ];
}
