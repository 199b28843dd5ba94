// Owns: building what operators do about people: what is held of them, their sessions and consents, ending it all.
import type { Audit } from '../audit/service.js';
import type { AuditTrail } from '../audit/trail.js';
import type { Config } from '../config/load.js';
import { createDeliveryService, type DeliveryService } from '../grants/deliveries.js';
import { DELIVERY_SCHEDULE } from '../grants/delivery-schedule.js';
import { createEverybodyEnding, type EverybodyEnding } from '../grants/everybody.js';
import { createHoldings, type Holdings } from '../grants/holdings.js';
import { type ConsentService, createConsentService } from '../grants/service.js';
import { createSessionService, type SessionService } from '../grants/sessions.js';
import type { TellApp } from '../grants/telling.js';
import { createUserAccess, type UserAccess } from '../grants/user-access.js';
import { createUserEnding, type UserEnding } from '../grants/user-end.js';
import type { Clock } from '../lib/clock.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { StoredAuditEvent, Stores } from '../store/ports/index.js';
import { userClaims } from '../users/claims.js';
import type { Subjects } from '../users/subjects.js';
import { createSubjectNames, type SubjectNames } from './subject-names.js';

export interface UserOperations {
  consents: ConsentService;
  sessions: SessionService;
  /** What is held of a user, and ending it. */
  users: Holdings & UserAccess & EverybodyEnding & { findBySubject: SubjectNames['find'] };
  /** What the site tells of a user. */
  userEnding: UserEnding;
  /** Logout tokens for apps. */
  deliveries: DeliveryService;
}

/** All that is written down about a user, or done by them, the latest first. */
async function eventsOf(trail: Pick<AuditTrail, 'export'>, userId: string): Promise<StoredAuditEvent[]> {
  const events = new Map<number, StoredAuditEvent>();
  for (const filter of [{ userId }, { actor: `user:${userId}` }]) {
    for await (const portion of trail.export(filter))
      for (const event of portion) events.set(event.id, event);
  }
  return [...events.values()].sort((a, b) => b.id - a.id);
}

export function createUserOperations({
  stores,
  audit,
  auditTrail,
  clock,
  config,
  tell,
  encryption,
  subjects,
}: {
  stores: Stores;
  audit: Audit;
  auditTrail: Pick<AuditTrail, 'pseudonymise' | 'export'>;
  clock: Clock;
  config: Pick<Config, 'avatarBaseUrl' | 'ttl'>;
  tell: TellApp;
  encryption: KeyEncryption;
  subjects: Subjects;
}): UserOperations {
  const { avatarBaseUrl } = config;
  const deliveries = createDeliveryService({
    deliveries: stores.logoutDeliveries,
    unitOfWork: stores.unitOfWork,
    encryption,
    audit,
    clock,
    giveUpMs: DELIVERY_SCHEDULE.giveUpMs,
    tell,
  });
  const consents = createConsentService({ ...stores, audit, clock, tell });
  const names = createSubjectNames({ ...stores, subjects });
  const holdings = createHoldings({
    stores,
    clock,
    namesOf: names.of,
    claimsOf: (user) => userClaims(user, avatarBaseUrl === undefined ? {} : { avatarBaseUrl }),
    eventsOf: (userId) => eventsOf(auditTrail, userId),
  });
  const access = createUserAccess({
    stores,
    consents,
    audit,
    clock,
    tell,
    rememberedSeconds: config.ttl.interaction,
    pseudonymise: auditTrail.pseudonymise,
    others: {
      roles: (userId) => stores.roles.forget(userId),
      logout_deliveries: deliveries.forget,
    },
  });
  const rememberedSeconds = config.ttl.interaction;
  return {
    userEnding: createUserEnding({ ...stores, audit, clock, tell, rememberedSeconds }),
    consents,
    deliveries,
    sessions: createSessionService({ ...stores, audit, clock, tell }),
    users: {
      ...holdings,
      ...access,
      ...createEverybodyEnding({ ...stores, audit, clock }),
      findBySubject: names.find,
    },
  };
}
