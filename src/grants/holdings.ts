// Owns: telling what is held of a user: in brief for operators, in full for the user. Changes nothing.
import type { Clock } from '../lib/clock.js';
import { NotFoundError } from '../lib/errors.js';
import { isSafeText } from '../lib/text.js';
import type {
  AuditEventRecord,
  ConsentRecord,
  JsonObject,
  StoredSession,
  Stores,
  UserRecord,
} from '../store/ports/index.js';
import {
  auditEventToJson,
  consentToJson,
  deliveryToJson,
  grantToJson,
  refreshTokenToJson,
  roleToJson,
  sessionToJson,
  userToJson,
} from './shapes.js';
import { isUserId } from './user-end.js';

/** More than anybody has, and no more than one answer can hold. */
const MOST_SESSIONS = 10_000;

/** The shape of an export; raised when a member changes its meaning or goes. */
export const EXPORT_VERSION = 1;

export interface UserOverview {
  userId: string;
  /** Undefined: the site has no such user (any more). */
  user: UserRecord | undefined;
  /** Those that still work. */
  counts: { sessions: number; consents: number; grants: number; refreshTokens: number };
  /** The latest login, consent or use of one. */
  lastUsedAt: Date | undefined;
}

/** Every method: @throws NotFoundError when nobody has this id and nothing is held of it */
export interface Holdings {
  show(userId: string): Promise<UserOverview>;
  /** Whose id, e-mail address or phone number this is, or the id of somebody the site no longer knows. */
  identify(identifier: string): Promise<string>;
  /** Those that have not expired, the latest first. */
  sessions(userId: string): Promise<StoredSession[]>;
  /** The latest used first. */
  consents(userId: string): Promise<ConsentRecord[]>;
  /** All we hold of a user, as JSON: docs/operations.md describes it. Short-lived records are left out. */
  export(userId: string): Promise<JsonObject>;
}

export interface HoldingsDeps {
  stores: Pick<
    Stores,
    'users' | 'roles' | 'sessions' | 'consents' | 'grants' | 'refreshTokens' | 'logoutDeliveries'
  >;
  clock: Clock;
  /** What apps may be told of a user. */
  claimsOf(user: UserRecord): JsonObject;
  /** By what else than the id the app that was agreed to knows the user. */
  namesOf(consent: ConsentRecord): Promise<JsonObject>;
  /** Every audit event about a user, the latest first. */
  eventsOf(userId: string): Promise<AuditEventRecord[]>;
}

const lastUse = ({ lastUsedAt, updatedAt }: ConsentRecord) => lastUsedAt ?? updatedAt;

function latest(dates: readonly (Date | undefined)[]): Date | undefined {
  const times = dates.flatMap((date) => date?.getTime() ?? []);
  return times.length > 0 ? new Date(times.reduce((a, b) => Math.max(a, b))) : undefined;
}

export function createHoldings({ stores, clock, claimsOf, namesOf, eventsOf }: HoldingsDeps): Holdings {
  const { users } = stores;

  async function read(userId: string) {
    if (!isUserId(userId)) throw new NotFoundError('nobody has this id, and nothing is held of it');
    const [user, sessions, consents, grants, refreshTokens] = await Promise.all([
      users.find(userId),
      stores.sessions.list({ userId, limit: MOST_SESSIONS }),
      stores.consents.listByUser(userId),
      stores.grants.listByUser(userId),
      stores.refreshTokens.listByUser(userId),
    ]);
    const isHeld = sessions.length + consents.length + grants.length > 0;
    if (!user && !isHeld && (await eventsOf(userId)).length === 0) {
      throw new NotFoundError('nobody has this id, and nothing is held of it');
    }
    return {
      user,
      sessions,
      consents: consents.sort((a, b) => lastUse(b).getTime() - lastUse(a).getTime()),
      grants,
      refreshTokens,
    };
  }

  const isCurrent = ({ expiresAt }: { expiresAt: Date }) => expiresAt > clock.now();

  return {
    async show(userId) {
      const held = await read(userId);
      const sessions = held.sessions.filter(isCurrent);
      const grants = held.grants.filter((grant) => isCurrent(grant) && !grant.revokedAt);
      const live = new Set(grants.map(({ id }) => id));
      const tokens = held.refreshTokens.filter(
        (token) => isCurrent(token) && !token.consumedAt && live.has(token.grantId),
      );
      return {
        userId,
        user: held.user,
        counts: {
          sessions: sessions.length,
          consents: held.consents.length,
          grants: grants.length,
          refreshTokens: tokens.length,
        },
        lastUsedAt: latest([
          ...held.consents.map(lastUse),
          ...held.sessions.map(({ authTime, issuedAt }) => authTime ?? issuedAt),
          ...held.refreshTokens.map(({ issuedAt }) => issuedAt),
        ]),
      };
    },

    async identify(identifier) {
      const found = isUserId(identifier) ? await users.find(identifier) : undefined;
      if (found) return found.id;
      const user = isSafeText(identifier) ? await users.findByIdentifier(identifier) : undefined;
      if (user) return user.id;
      await read(identifier);
      return identifier;
    },

    sessions: async (userId) => (await read(userId)).sessions.filter(isCurrent),
    consents: async (userId) => (await read(userId)).consents,

    async export(userId) {
      const { user, sessions, consents, grants, refreshTokens } = await read(userId);
      const [events, roles, deliveries] = await Promise.all([
        eventsOf(userId),
        stores.roles.listByUser(userId),
        stores.logoutDeliveries.listByUser(userId),
      ]);
      return {
        version: EXPORT_VERSION,
        exported_at: clock.now().toISOString(),
        user_id: userId,
        user: user && userToJson(user),
        claims: user && claimsOf(user),
        roles: roles.map(roleToJson),
        consents: await Promise.all(
          consents.map(async (consent) => ({ ...consentToJson(consent), ...(await namesOf(consent)) })),
        ),
        sessions: sessions.map(sessionToJson),
        grants: grants.map(grantToJson),
        refresh_tokens: refreshTokens.map(refreshTokenToJson),
        logout_deliveries: deliveries.map(deliveryToJson),
        audit_events: events.map(auditEventToJson),
      };
    },
  };
}
