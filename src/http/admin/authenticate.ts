// Owns: whose request it is: the bearer token it carries and what that allows at this moment.
import { type AdminScope, adminResource } from '../../clients/resource-servers.js';
import type { Access, AccessTokens } from '../../provider/access-tokens.js';
import type { RoleService } from '../../users/roles.js';
import type { HttpContext } from '../context.js';
import { AdminError } from './problem.js';

const REALM = 'link2ur-op-admin';

export interface AuthenticationDeps {
  issuer: string;
  accessTokens: AccessTokens;
  roles: Pick<RoleService, 'has'>;
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function challenge(parameters: Record<string, string>): Record<string, string> {
  const pairs = Object.entries({ realm: REALM, ...parameters }).map(([name, value]) => `${name}="${value}"`);
  return { 'WWW-Authenticate': `Bearer ${pairs.join(', ')}` };
}

function refused(description: string): AdminError {
  const headers = challenge({ error: 'invalid_token', error_description: description });
  return new AdminError('invalid_token', 401, description, { headers });
}

/** What a token is told that lacks `scope`, space separated. */
export function insufficientScope(scope: string): AdminError {
  const description = `the token lacks the scope ${scope}`;
  const headers = challenge({ error: 'insufficient_scope', error_description: description, scope });
  return new AdminError('insufficient_scope', 403, description, { headers });
}

function tokenOf(ctx: HttpContext): string {
  const given = ctx.get('authorization');
  if (given === '') {
    const description = 'a bearer token in the Authorization header is needed';
    throw new AdminError('invalid_token', 401, description, { headers: challenge({}) });
  }
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(given)?.[1];
  if (token === undefined) throw refused('the Authorization header holds no bearer token');
  return token;
}

/**
 * What the request's token allows.
 * @throws AdminError: 401 without a token that is good here and now; 403 when it lacks `scope`, or its user the role
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export async function authenticate(
  ctx: HttpContext,
  scope: AdminScope,
  { issuer, accessTokens, roles }: AuthenticationDeps,
): Promise<Access> {
  const access = await accessTokens.find(tokenOf(ctx), adminResource(issuer));
  if (!access) throw refused('the token is unknown, expired, revoked, or for another resource');
  if (access.userId !== undefined && !(await roles.has(access.userId, 'admin'))) {
    throw new AdminError('access_denied', 403, 'the user has not the role admin');
  }
  if (!access.scopes.has(scope)) throw insufficientScope(scope);
  return access;
}

/** The actor, as the audit trail names it. */
export function actorOf({ userId, clientId }: Access): string {
  return userId === undefined ? `client:${clientId}` : `user:${userId}`;
}
