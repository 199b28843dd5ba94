// Owns: comparing client secrets against their hashes in place of the library's plain comparison.
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { SecretVerifier } from '../clients/secrets.js';
import { addressBucket } from '../lib/ip.js';
import type { ClientStore } from '../store/ports/index.js';
import { callStore } from './adapter/failure.js';
import type { RequestScopes } from './request-scope.js';

export interface SecretDeps {
  verifier: SecretVerifier;
  clients: Pick<ClientStore, 'find'>;
  scopes: RequestScopes;
}

/**
 * Replaces `Client.prototype.compareClientSecret`, which the library awaits. The class is public; the
 * method is not documented, and there is no other seam: a hash handed over as `client_secret` would be
 * compared as if it were the secret, and would become an HMAC key.
 */
export function installSecretVerifier(provider: Provider, { verifier, clients, scopes }: SecretDeps): void {
  const prototype = provider.Client.prototype as unknown as {
    clientId: string;
    compareClientSecret(actual: string): Promise<boolean>;
  };
  prototype.compareClientSecret = function compareClientSecret(actual) {
    return callStore(async () => {
      const known = scopes.current()?.clients.get(this.clientId);
      const client = known ?? (await clients.find(this.clientId));
      const from = addressBucket(scopes.current()?.ip ?? 'unknown');
      return client?.isActive
        ? verifier.verify(client, actual, from)
        : verifier.verifyUnknown(actual, from, this.clientId);
    });
  };
}

/** The id and secret a request came with, in its body or its Basic header. */
function presentedCredentials(ctx: KoaContextWithOIDC): { id: string; secret: string } | undefined {
  const { client_id: id, client_secret: secret } = (ctx.oidc?.body ?? {}) as Record<string, unknown>;
  if (typeof id === 'string' && typeof secret === 'string') return { id, secret };
  const [scheme, encoded] = ctx.get('authorization').split(' ');
  if (scheme?.toLowerCase() !== 'basic' || !encoded) return undefined;
  const [basicId, ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { id: basicId ?? '', secret: rest.join(':') };
}

/** After a refusal: an unknown client costs the time a known one would have, so that time tells nothing. */
export async function evenOutUnknownClient(
  ctx: KoaContextWithOIDC,
  { verifier, scopes }: Pick<SecretDeps, 'verifier' | 'scopes'>,
): Promise<void> {
  if (ctx.status !== 401 || ctx.oidc?.client) return;
  const credentials = presentedCredentials(ctx);
  if (!credentials) return;
  const from = addressBucket(scopes.current()?.ip ?? 'unknown');
  await callStore(() => verifier.verifyUnknown(credentials.secret, from, credentials.id));
}
