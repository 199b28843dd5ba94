// Owns: secrets that are keys: which clients have such, how long they must be, under what they are sealed.
// Does not: use them (provider/symmetric-keys.ts).
import { AppError, ValidationError } from '../lib/errors.js';
import { hashOf, randomToken } from '../lib/ids.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { ClientRecord, ClientSecretRecord, ClientStore, StoredClient } from '../store/ports/index.js';
import { authMethodOf } from './authentication.js';
import type { Described, Rule } from './rule.js';

/** Random bytes of a generated secret; in base64url as many octets as the longest HMAC needs, and bcrypt takes. */
const GENERATED_BYTES = 48;

/** What a key for HMAC must have at least, in octets. @see https://www.rfc-editor.org/rfc/rfc7518#section-3.2 */
const OCTETS: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

type Settings = Pick<ClientRecord, 'isConfidential' | 'metadata'>;

export const minimumOctets = (alg: unknown): number => OCTETS[String(alg)] ?? 32;

export const signsIdTokensBySecret = ({ metadata }: Pick<Settings, 'metadata'>): boolean =>
  metadata.id_token_signed_response_alg === 'HS256';

/** Whether the client's secrets are keys: then they are stored sealed beside their hashes. */
export function usesSecretsAsKeys(client: Settings): boolean {
  return authMethodOf(client) === 'client_secret_jwt' || signsIdTokensBySecret(client);
}

function newestFirst(secrets: readonly ClientSecretRecord[], now: Date): ClientSecretRecord[] {
  const isLive = ({ expiresAt }: ClientSecretRecord) => expiresAt === undefined || expiresAt > now;
  return secrets.filter(isLive).sort((a, b) => b.id - a.id);
}

/** Those that can be used as keys at `now`, the newest first. */
export function liveKeys(secrets: readonly ClientSecretRecord[], now: Date): ClientSecretRecord[] {
  return newestFirst(secrets, now).filter(({ sealed }) => sealed !== undefined);
}

/** Whether the newest secret can be a key: it is the one that the app takes for its own. */
export const isNewestAKey = (secrets: readonly ClientSecretRecord[], now: Date): boolean =>
  newestFirst(secrets, now)[0]?.sealed !== undefined;

/** Keeps nothing sealed that is no key any more. In the unit of work that changes the client. */
export async function dropSeals(
  clients: Pick<ClientStore, 'replaceSealedSecret'>,
  stored: Pick<StoredClient, 'client_id' | 'secrets' | 'isConfidential' | 'metadata'>,
  after: Settings,
): Promise<void> {
  if (!usesSecretsAsKeys(stored) || usesSecretsAsKeys(after)) return;
  for (const { id, sealed } of stored.secrets) {
    if (sealed === undefined) continue;
    await clients.replaceSealedSecret({ id, clientId: stored.client_id }, sealed, undefined);
  }
}

/** What the seal of a secret is bound to: it opens for no other client, and beside no other hash. */
export function secretContext(clientId: string, secretHash: string): string {
  return `client-secret:${clientId}:${hashOf(secretHash).slice(0, 12)}`;
}

export const generateKeySecret = (): string => randomToken(GENERATED_BYTES);

/** The client's algorithm for assertions. @throws ValidationError when a given secret is too short to be its key */
export function checkLength(secret: string, { metadata }: Settings): void {
  const { token_endpoint_auth_signing_alg: alg } = metadata;
  const least = minimumOctets(alg);
  if (Buffer.byteLength(secret) >= least) return;
  const problem = {
    field: 'client_secret',
    reason: `must have ${least} bytes or more for ${alg ?? 'HS256'}`,
  };
  throw new ValidationError('the secret cannot be used', [problem]);
}

/** Seals `secret`, which is stored under `secretHash`. */
export async function sealSecret(
  encryption: Pick<KeyEncryption, 'seal'> | undefined,
  { clientId, secretHash, secret }: { clientId: string; secretHash: string; secret: string },
): Promise<string> {
  if (!encryption) throw new AppError('no_keys', 500, 'this was started without KEY_ENCRYPTION_KEY');
  return encryption.seal(secret, secretContext(clientId, secretHash));
}

const NOT_SEALED =
  'the newest secret that the client has is kept as a hash, which cannot be a key: give it a new one first, with rotate-secret and `sealed`, or describe it with a client_secret and apply that';

/** @throws ValidationError when the client is to use as keys what is not there as such */
export function checkKeysAreThere(
  before: Settings & { secrets: ClientSecretRecord[] },
  after: Settings,
  now: Date,
) {
  if (!usesSecretsAsKeys(after) || usesSecretsAsKeys(before) || before.secrets.length === 0) return;
  if (isNewestAKey(before.secrets, now)) return;
  const isByAssertion = authMethodOf(after) === 'client_secret_jwt';
  const field = isByAssertion ? 'token_endpoint_auth_method' : 'id_token_signed_response_alg';
  throw new ValidationError('the change is not possible', [{ field, reason: NOT_SEALED }]);
}

const hasSecretMethod = (method: unknown) =>
  method === undefined || String(method).startsWith('client_secret_');

function givenSecretProblem({ client_secret: secret, token_endpoint_auth_signing_alg: alg }: Described) {
  if (typeof secret !== 'string' || typeof alg !== 'string' || OCTETS[alg] === undefined) return undefined;
  const least = minimumOctets(alg);
  return Buffer.byteLength(secret) < least ? `must have ${least} bytes or more for ${alg}` : undefined;
}

/** @see https://openid.net/specs/openid-connect-core-1_0.html#SymmetricKeyEntropy */
export const secretsAsKeys: Rule = (client, report) => {
  const { token_endpoint_auth_method: method, id_token_signed_response_alg: alg } = client;
  if (alg === 'HS256' && !hasSecretMethod(method))
    report(['id_token_signed_response_alg'], 'HS256 is for clients that authenticate by a secret');
  const problem = givenSecretProblem(client);
  if (problem !== undefined) report(['client_secret'], problem);
};
