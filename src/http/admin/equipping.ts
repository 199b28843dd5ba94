// Owns: that nobody gets, by way of a client, more than their own token allows.
import { isAdminScope } from '../../clients/resource-servers.js';
import type { Access } from '../../provider/access-tokens.js';
import { insufficientScope } from './authenticate.js';

/**
 * Whoever may register a client, give it a secret or say where its codes go can act as that client. So they need every
 * right it has at the Admin API, before and after.
 * @param scopes what the client is, and is to be, registered for; what is no text is somebody else's to refuse
 * @throws AdminError with status 403 that names what is missing
 */
export function assertMayEquip({ scopes: held }: Pick<Access, 'scopes'>, ...scopes: unknown[]): void {
  const registered = scopes.flatMap((scope) => (typeof scope === 'string' ? scope.split(' ') : []));
  const missing = registered.filter((scope) => isAdminScope(scope) && !held.has(scope));
  if (missing.length > 0) throw insufficientScope([...new Set(missing)].join(' '));
}

/**
 * Judges a client as it is stored at the moment it is changed: what was read before may have got more rights since.
 * @param scope what it is to be registered for
 */
export function mayEquip(access: Pick<Access, 'scopes'>, scope?: unknown) {
  return (stored: { scope?: string | undefined }): void => assertMayEquip(access, stored.scope, scope);
}
