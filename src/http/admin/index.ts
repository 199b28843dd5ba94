// Owns: the Admin API as a whole: which routes there are, and their description.
import { z } from 'zod';
import { auditSchemas, createAuditRoutes } from './audit.js';
import { clientSchemas } from './client-schemas.js';
import { createClientSecretRoutes } from './client-secrets.js';
import { createClientRoutes } from './clients.js';
import { consentSchemas, createConsentRoutes } from './consents.js';
import { createDeliveryRoutes, deliverySchemas } from './deliveries.js';
import { createKeyRoutes, keySchemas } from './keys.js';
import { describeApi } from './openapi.js';
import { problemSchema } from './problem.js';
import { createRegistrationAdminRoutes, registrationSchemas } from './registrations.js';
import { createResourceServerRoutes, resourceServerSchemas } from './resource-servers.js';
import { createRoleRoutes, roleSchemas } from './roles.js';
import { type AdminRoute, defineRoute } from './route.js';
import { type AdminRouterDeps, createAdminRouter } from './router.js';
import { createSessionRoutes, sessionSchemas } from './sessions.js';
import { userSchemas } from './user-schemas.js';
import { createUserRoutes } from './users.js';

export type AdminServices = Parameters<typeof createClientRoutes>[0] &
  Parameters<typeof createUserRoutes>[0] &
  Parameters<typeof createRoleRoutes>[0] &
  Parameters<typeof createSessionRoutes>[0] &
  Parameters<typeof createConsentRoutes>[0] &
  Parameters<typeof createDeliveryRoutes>[0] &
  Parameters<typeof createKeyRoutes>[0] &
  Parameters<typeof createResourceServerRoutes>[0] &
  Parameters<typeof createRegistrationAdminRoutes>[0] &
  Parameters<typeof createAuditRoutes>[0];

export interface AdminDeps extends Omit<AdminRouterDeps, 'routes' | 'roles' | 'setHeaders'>, AdminServices {}

const description = z.record(z.string(), z.unknown()).describe('An OpenAPI 3.1 document.');

const NAMED = {
  Problem: problemSchema,
  ...clientSchemas,
  ...userSchemas,
  ...roleSchemas,
  ...sessionSchemas,
  ...consentSchemas,
  ...deliverySchemas,
  ...keySchemas,
  ...resourceServerSchemas,
  ...registrationSchemas,
  ...auditSchemas,
  OpenApi: description,
};

/** Every route, the description of all of them included. */
export function createAdminRoutes(issuer: string, services: AdminServices): AdminRoute[] {
  let document: Record<string, unknown> | undefined;
  const routes: AdminRoute[] = [
    ...createClientRoutes(services),
    ...createClientSecretRoutes(services),
    ...createUserRoutes(services),
    ...createRoleRoutes(services),
    ...createSessionRoutes(services),
    ...createConsentRoutes(services),
    ...createDeliveryRoutes(services),
    ...createKeyRoutes(services),
    ...createResourceServerRoutes(services),
    ...createRegistrationAdminRoutes(services),
    ...createAuditRoutes(services),
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'describeApi',
      tag: 'description',
      summary: 'This description',
      scope: undefined,
      answers: { 200: { description: 'OpenAPI 3.1.', schema: description } },
      async run() {
        document ??= describeApi(issuer, routes, NAMED);
        return { body: document };
      },
    }),
  ];
  return routes;
}

/** What answers requests below the API's address, and passes the others on. */
export function createAdminApi({ issuer, ...deps }: AdminDeps & Pick<AdminRouterDeps, 'setHeaders'>) {
  return createAdminRouter({ ...deps, issuer, routes: createAdminRoutes(issuer, deps) });
}
