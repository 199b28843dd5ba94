// Owns: the addresses of users: what is held of them here, and ending it. Who they are is the site's business.
import { z } from 'zod';
import type { Holdings } from '../../grants/holdings.js';
import { consentToJson, sessionToJson, userToJson } from '../../grants/shapes.js';
import type { UserAccess } from '../../grants/user-access.js';
import { CONSENT_EXAMPLE } from './consents.js';
import { type AdminRoute, defineRoute } from './route.js';
import { clientId, userId } from './schemas.js';
import { SESSION_EXAMPLE } from './sessions.js';
import {
  EXPORT_EXAMPLE,
  FORGOTTEN_EXAMPLE,
  forgottenUser,
  REVOKED_EXAMPLE,
  revokedUser,
  USER_EXAMPLE,
  user,
  userConsents,
  userExport,
  userSessions,
} from './user-schemas.js';

const READ = 'admin:users:read';
const WRITE = 'admin:users:write';
const PATH = '/users/{user_id}';

const params = z.strictObject({ user_id: userId });

export function createUserRoutes({ users }: { users: Holdings & UserAccess }): AdminRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getUser',
      tag: 'users',
      summary: 'A user in brief: who it is, and how much there is of them',
      scope: READ,
      params,
      answers: { 200: { description: 'The user.', schema: user, example: USER_EXAMPLE } },
      async run({ params: { user_id } }) {
        const { user: row, counts, lastUsedAt } = await users.show(user_id);
        const { refreshTokens: refresh_tokens, ...rest } = counts;
        const last_used_at = lastUsedAt?.toISOString();
        return {
          body: { user_id, user: row && userToJson(row), counts: { ...rest, refresh_tokens }, last_used_at },
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${PATH}/sessions`,
      operationId: 'listUserSessions',
      tag: 'users',
      summary: "A user's sessions that have not expired, the latest first",
      scope: READ,
      params,
      answers: {
        200: { description: 'All of them.', schema: userSessions, example: { items: [SESSION_EXAMPLE] } },
      },
      run: async ({ params: { user_id } }) => ({
        body: { items: (await users.sessions(user_id)).map(sessionToJson) },
      }),
    }),
    defineRoute({
      method: 'GET',
      path: `${PATH}/consents`,
      operationId: 'listUserConsents',
      tag: 'users',
      summary: 'What a user agreed to, the latest used first',
      scope: READ,
      params,
      answers: {
        200: { description: 'All of it.', schema: userConsents, example: { items: [CONSENT_EXAMPLE] } },
      },
      run: async ({ params: { user_id } }) => ({
        body: { items: (await users.consents(user_id)).map(consentToJson) },
      }),
    }),
    defineRoute({
      method: 'GET',
      path: `${PATH}/export`,
      operationId: 'exportUser',
      tag: 'users',
      summary: 'All we hold of a user',
      scope: READ,
      params,
      answers: { 200: { description: 'Everything.', schema: userExport, example: EXPORT_EXAMPLE } },
      run: async ({ params: { user_id } }) => ({ body: await users.export(user_id) }),
    }),
    defineRoute({
      method: 'POST',
      path: `${PATH}/revoke`,
      operationId: 'revokeUser',
      tag: 'users',
      summary: "End what a user's apps hold: sessions, grants with their tokens, consents",
      description: 'All of it, or one app’s part. The user can log in and agree again.',
      scope: WRITE,
      isBodyOptional: true,
      params,
      body: z.strictObject({ client_id: clientId.optional().describe('Only what this app holds.') }),
      bodyExample: { client_id: 'tea-shop' },
      answers: { 200: { description: 'What ended.', schema: revokedUser, example: REVOKED_EXAMPLE } },
      async run({ params: { user_id }, body, author }) {
        const { clientIds, sessions, grants, consents } = await users.revoke(
          user_id,
          { clientId: body.client_id },
          author,
        );
        return { body: { user_id, client_ids: clientIds, sessions, grants, consents } };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${PATH}/forget`,
      operationId: 'forgetUser',
      tag: 'users',
      summary: 'End everything of a user and delete it',
      description:
        'The audit trail goes on under a pseudonym. This cannot be taken back; what the site keeps of the user stays.',
      scope: WRITE,
      params,
      answers: { 200: { description: 'What is gone.', schema: forgottenUser, example: FORGOTTEN_EXAMPLE } },
      async run({ params: { user_id }, author }) {
        const gone = await users.forget(user_id, author);
        const { sessions, consents, grants, artifacts, others } = gone;
        const { refreshTokens: refresh_tokens, auditEvents: audit_events } = gone;
        return {
          body: { user_id, sessions, consents, grants, refresh_tokens, artifacts, others, audit_events },
        };
      },
    }),
  ];
}
