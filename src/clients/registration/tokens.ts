// Owns: what operators do with registration tokens: making, listing, revoking them.
import { z } from 'zod';
import type { Audit, Author } from '../../audit/service.js';
import { DEFAULT_POLICY, type RegistrationPolicies } from '../../config/registration.js';
import type { Clock } from '../../lib/clock.js';
import { NotFoundError, ValidationError } from '../../lib/errors.js';
import { hashOf, randomToken } from '../../lib/ids.js';
import { parseOrRefuse } from '../../lib/problems.js';
import { isSafeText } from '../../lib/text.js';
import type { RegistrationTokenStore, StoredRegistrationToken, UnitOfWork } from '../../store/ports/index.js';
import { registrationOff } from './refusals.js';

const DAY_SECONDS = 86_400;

/** A registration token to be made. @see https://www.rfc-editor.org/rfc/rfc7591#section-3 (initial access token) */
export const registrationTokenSchema = z.strictObject({
  label: z.string().min(1).max(64).refine(isSafeText, 'holds characters that are not allowed'),
  policy: z.string().max(64).default(DEFAULT_POLICY).describe('Of OAUTH_REGISTRATION_POLICIES, or default.'),
  uses: z.int().min(1).max(1_000).default(1).describe('How many clients it is for.'),
  lifetime: z
    .int()
    .min(60)
    .max(365 * DAY_SECONDS)
    .default(7 * DAY_SECONDS)
    .describe('Seconds.'),
});

export type RegistrationTokenDraft = z.input<typeof registrationTokenSchema>;

/** A registration token as operators see it. */
export interface RegistrationTokenView {
  id: string;
  label: string;
  policy: string;
  uses: number;
  uses_left: number;
  created_at: string;
  expires_at: string;
}

export interface RegistrationTokenService {
  /**
   * Makes a token, which is told this once. @throws ValidationError; AppError 409 while registration is off
   */
  create(
    draft: RegistrationTokenDraft,
    author: Author,
  ): Promise<{ token: string; record: RegistrationTokenView }>;
  /** The oldest first; expired ones are among them until the janitor takes them. */
  list(): Promise<RegistrationTokenView[]>;
  /** Ends a token at once; clients that were registered with it stay. @throws NotFoundError */
  revoke(id: string, author: Author): Promise<void>;
}

export interface RegistrationTokenDeps {
  registrationTokens: RegistrationTokenStore;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
  policies: RegistrationPolicies;
  /** Whether apps can register at all. */
  isOn: boolean;
}

const toView = (token: StoredRegistrationToken): RegistrationTokenView => ({
  id: token.id,
  label: token.label,
  policy: token.policy,
  uses: token.uses,
  uses_left: token.usesLeft,
  created_at: token.createdAt.toISOString(),
  expires_at: token.expiresAt.toISOString(),
});

export function createRegistrationTokenService(deps: RegistrationTokenDeps): RegistrationTokenService {
  const { registrationTokens: store, unitOfWork, audit, clock, policies, isOn } = deps;

  const note = (type: string, { actor, ip, requestId }: Author, details: Record<string, unknown>) =>
    audit.record({ type: `registration_token.${type}`, actor, ip, requestId, details });

  const whole = <T>(work: () => Promise<T>) =>
    unitOfWork.run(async () => ({ commit: true, value: await work() }), { atOnce: true });

  return {
    async create(draft, author) {
      const { lifetime, ...about } = parseOrRefuse(
        registrationTokenSchema,
        draft,
        'the token cannot be made so',
      );
      if (!policies.has(about.policy)) {
        const reason = `is none of ${[...policies.keys()].join(', ')}`;
        throw new ValidationError('the token cannot be made so', [{ field: 'policy', reason }]);
      }
      if (!isOn) throw registrationOff();
      const createdAt = clock.now();
      const expiresAt = new Date(createdAt.getTime() + lifetime * 1000);
      const record = { id: `r${randomToken(9)}`, ...about, createdAt, expiresAt };
      const token = randomToken();
      const view = toView({ ...record, usesLeft: record.uses });
      await whole(async () => {
        await store.create(hashOf(token), record);
        await note('created', author, { ...view });
      });
      return { token, record: view };
    },

    list: async () => (await store.list()).map(toView),

    revoke: (id, author) =>
      whole(async () => {
        const gone = await store.delete(id);
        if (!gone) throw new NotFoundError(`there is no registration token ${id}`);
        await note('revoked', author, { ...toView(gone) });
      }),
  };
}
