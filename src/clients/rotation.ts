// Owns: a client's secrets over time: several at once, each with a label and an end.
// Does not: compare them (secrets.ts).
import { z } from 'zod';
import type { Author } from '../audit/service.js';
import { AppError, NotFoundError, ValidationError } from '../lib/errors.js';
import { parseOrRefuse } from '../lib/problems.js';
import { isSafeText } from '../lib/text.js';
import type { ClientSecretRecord, StoredClient } from '../store/ports/index.js';
import { authMethodOf, isBySecret } from './authentication.js';
import type { ClientServiceDeps } from './deps.js';
import { type SecretView, toSecretView } from './description.js';
import { secretSchema } from './input.js';
import { type Condition, createLocked, noSuchClient } from './locked.js';
import { makeSecret } from './new-secret.js';
import { usesSecretsAsKeys } from './sealed-secrets.js';

/** As many secrets may be valid at once. */
export const MAX_SECRETS = 10;

const DEFAULT_OVERLAP_SECONDS = 86_400;
const MAX_OVERLAP_SECONDS = 365 * 86_400;

/** Later dates are not written as others are. */
const LATEST = new Date('9999-12-31T23:59:59.999Z');

export interface Rotation {
  /** What people call the new secret. */
  label?: string | undefined;
  /** When the new secret ends; default: never. */
  expiresAt?: Date | undefined;
  /** How long the secrets before it go on, in seconds; 0: they end at once. Default: a day. */
  overlapSeconds?: number | undefined;
  /** The new secret, when it is not to be generated. */
  secret?: string | undefined;
  /** It is to be a key, although the client has no use for one yet: it will be switched to one. */
  sealed?: boolean | undefined;
}

export interface ClientRotation {
  /**
   * Gives the client a new secret, told this once; those it has end after the overlap, or earlier if they would have.
   * @throws ValidationError, also for a client that authenticates without a secret; NotFoundError; AppError 409 when the secrets were changed
   *   meanwhile (a secret somebody has just been given must not end unnoticed) or are too many; 412 as update
   */
  rotateSecret(
    clientId: string,
    rotation: Rotation,
    author: Author,
    condition?: Condition,
  ): Promise<{ secret: string; record: SecretView }>;
  /** The oldest first, those that have ended among them until the next rotation. @throws NotFoundError */
  listSecrets(clientId: string): Promise<SecretView[]>;
  /** Ends a secret at once. @throws NotFoundError when the client has none with this id; AppError 412 as update */
  revokeSecret(clientId: string, secretId: number, author: Author, condition?: Condition): Promise<void>;
}

const rotationSchema = z.strictObject({
  label: z.string().min(1).max(64).refine(isSafeText, 'holds characters that are not allowed').optional(),
  expiresAt: z.date({ error: 'must be a date' }).max(LATEST, 'must be before the year 10000').optional(),
  overlapSeconds: z.int().min(0).max(MAX_OVERLAP_SECONDS).default(DEFAULT_OVERLAP_SECONDS),
  secret: secretSchema.optional(),
  sealed: z.boolean().optional(),
});

const WIRE: Record<string, string> = {
  expiresAt: 'expires_at',
  overlapSeconds: 'overlap_seconds',
  secret: 'client_secret',
};

/** The problems under the names that operators know. */
function parseRotation(rotation: Rotation): z.output<typeof rotationSchema> {
  try {
    return parseOrRefuse(rotationSchema, rotation, 'the secret cannot be rotated so');
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const problems = error.problems.map(({ field, reason }) => ({ field: WIRE[field] ?? field, reason }));
    throw new ValidationError('the secret cannot be rotated so', problems);
  }
}

const idsOf = ({ secrets }: StoredClient) => secrets.map(({ id }) => id).join();

const named = ({ id, label }: ClientSecretRecord) => (label === undefined ? { id } : { id, label });

function checkHasSecrets(client: StoredClient): void {
  const method = authMethodOf(client);
  if (isBySecret(method)) return;
  const why = method === 'none' ? 'a public client has no secrets' : 'the client has keys of its own instead';
  const problem = { field: 'token_endpoint_auth_method', reason: `is ${method}: ${why}` };
  throw new ValidationError(`client ${client.client_id}`, [problem]);
}

export function createClientRotation(deps: ClientServiceDeps): ClientRotation {
  const { clients, hasher, clock } = deps;
  const { change, current } = createLocked(deps);

  async function checkNew({ client_id: clientId, secrets }: StoredClient, secret: string): Promise<void> {
    for (const { secretHash } of secrets) {
      if (!(await hasher.compare(secret, secretHash, `client-service|${clientId}`))) continue;
      const problem = { field: 'client_secret', reason: 'is one that the client has already' };
      throw new ValidationError(`client ${clientId}`, [problem]);
    }
  }

  return {
    async rotateSecret(clientId, rotation, author, condition = {}) {
      const { secret: given, label, expiresAt, overlapSeconds, sealed: isToBeKey } = parseRotation(rotation);
      if (expiresAt && expiresAt <= clock.now()) {
        const problem = { field: 'expires_at', reason: 'must be in the future' };
        throw new ValidationError('the secret cannot be rotated so', [problem]);
      }
      // bcrypt takes its time: nobody waits for that.
      const before = await current(clientId);
      condition.permit?.(before);
      checkHasSecrets(before);
      if (given !== undefined) await checkNew(before, given);
      const isKey = isToBeKey || usesSecretsAsKeys(before);
      const { secret, secretHash, seal } = await makeSecret(deps, before, { given, isKey });
      let sealed: string | undefined;
      const first = async () => {
        sealed = await seal?.();
      };

      return change({ clientId, author, first, ...condition }, async (stored, note) => {
        checkHasSecrets(stored);
        if (idsOf(stored) !== idsOf(before) || (!isKey && usesSecretsAsKeys(stored))) {
          throw new AppError(
            'conflict',
            409,
            `the secrets of ${clientId} were changed meanwhile; run it again`,
          );
        }
        const now = clock.now();
        const isOver = ({ expiresAt: end }: ClientSecretRecord) => end !== undefined && end <= now;
        const deleted = stored.secrets.filter((old) => overlapSeconds === 0 || isOver(old));
        const kept = stored.secrets.filter((old) => !deleted.includes(old));
        if (kept.length >= MAX_SECRETS) {
          throw new AppError('conflict', 409, `${clientId} has ${kept.length} secrets: revoke one first`);
        }
        const end = new Date(now.getTime() + overlapSeconds * 1000);
        await clients.deleteSecrets(
          clientId,
          deleted.map(({ id }) => id),
        );
        await clients.expireSecrets(clientId, end);
        await clients.addSecret(clientId, { secretHash, sealed, label, expiresAt });
        const made = (await current(clientId)).secrets.at(-1);
        if (!made) throw new Error('the new secret is not there');
        const details = {
          secret: { ...named(made), expires_at: expiresAt?.toISOString() ?? null },
          ending: { at: end.toISOString(), secrets: kept.map(named) },
          deleted: deleted.map(named),
        };
        await note({ type: 'client.secret_rotated', details });
        return { secret, record: toSecretView(made) };
      });
    },

    async listSecrets(clientId) {
      const stored = await clients.find(clientId);
      if (!stored) throw noSuchClient(clientId);
      return stored.secrets.map(toSecretView);
    },

    revokeSecret: (clientId, secretId, author, condition = {}) =>
      change({ clientId, author, ...condition }, async ({ secrets }, note) => {
        const secret = secrets.find(({ id }) => id === secretId);
        if (!secret) throw new NotFoundError(`client ${clientId} has no secret ${secretId}`);
        await clients.deleteSecrets(clientId, [secretId]);
        const lastUsed = secret.lastUsedAt?.toISOString() ?? null;
        await note({
          type: 'client.secret_revoked',
          details: { secret: { ...named(secret), last_used_at: lastUsed } },
        });
      }),
  };
}
