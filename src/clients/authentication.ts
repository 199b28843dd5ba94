// Owns: the ways in which clients authenticate, and what each needs of them. Does not: authenticate anybody.
import type { ClientRecord } from '../store/ports/index.js';

export { AUTH_METHODS } from '../config/auth-methods.js';

/** What clients may sign with, keys of their own in hand. Ed25519 is the newer name of EdDSA (RFC 9864). */
export const CLIENT_SIGNING_ALGS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

/** What clients may sign with, their secret in hand. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.2 */
export const SECRET_SIGNING_ALGS = ['HS256', 'HS384', 'HS512'] as const;

const WITH_SECRET = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

/** Whether who authenticates by `method` has secrets here. */
export const isBySecret = (method: unknown): boolean => WITH_SECRET.includes(String(method));

type Confidentiality = Pick<ClientRecord, 'isConfidential' | 'metadata'>;

export function authMethodOf({ isConfidential, metadata }: Confidentiality): string {
  if (!isConfidential) return 'none';
  return String(metadata.token_endpoint_auth_method ?? 'client_secret_basic');
}

/** Whether the client has secrets here: public ones have none, and those with keys of their own need none. */
export const hasSecrets = (client: Confidentiality): boolean => isBySecret(authMethodOf(client));
