// Owns: how what is held of a user looks in the Admin API.
import { z } from 'zod';
import { consent } from './consents.js';
import { when } from './schemas.js';
import { session } from './sessions.js';

const profile = z
  .strictObject({
    name: z.string(),
    email: z.string().optional(),
    phone: z.string().optional(),
    is_verified: z.boolean(),
    is_active: z.boolean().describe('Who is not cannot log in.'),
    avatar: z.string().optional(),
    language_preference: z.string().optional(),
    updated_at: when,
  })
  .describe('What the site says of the user.');

export const user = z
  .strictObject({
    user_id: z.string(),
    user: profile.optional().describe('Absent: the site has no such user any more.'),
    counts: z
      .strictObject({ sessions: z.int(), consents: z.int(), grants: z.int(), refresh_tokens: z.int() })
      .describe('Those that work now.'),
    last_used_at: when.optional(),
  })
  .describe('A user in brief.');

export const userSessions = z.strictObject({ items: z.array(session) });
export const userConsents = z.strictObject({ items: z.array(consent) });

const record = z.record(z.string(), z.unknown());

export const userExport = z
  .strictObject({
    version: z.int().describe('Of this shape: raised when a member changes its meaning or goes.'),
    exported_at: when,
    user_id: z.string(),
    user: profile.optional(),
    claims: record.optional().describe('What apps may be told of the user.'),
    roles: z.array(record),
    consents: z.array(record),
    sessions: z.array(record),
    grants: z.array(record),
    refresh_tokens: z.array(record).describe('Never their values.'),
    logout_deliveries: z.array(record).describe('What apps were told of logouts in the last 30 days.'),
    audit_events: z.array(record),
  })
  .describe('All we hold of a user; docs/operations.md tells of each member.');

export const revokedUser = z
  .strictObject({
    user_id: z.string(),
    client_ids: z.array(z.string()).describe('The apps that lost something.'),
    sessions: z.int(),
    grants: z.int(),
    consents: z.int(),
  })
  .describe('How much of each kind ended.');

export const forgottenUser = z
  .strictObject({
    user_id: z.string(),
    sessions: z.int(),
    consents: z.int(),
    grants: z.int(),
    refresh_tokens: z.int(),
    artifacts: z.int().describe('Codes, access tokens, logins that were half way.'),
    others: z.record(z.string(), z.int()).describe('Whatever else named the user, by kind.'),
    audit_events: z.int().describe('Events that do not name the user any more.'),
  })
  .describe('How much of each kind is gone.');

export const userSchemas = {
  User: user,
  UserSessions: userSessions,
  UserConsents: userConsents,
  UserExport: userExport,
  RevokedUser: revokedUser,
  ForgottenUser: forgottenUser,
};

const COUNTS = { sessions: 1, consents: 2, grants: 3, refresh_tokens: 1 };

const PROFILE = {
  name: 'Zhang San',
  email: 'zhangsan@example.com',
  is_verified: true,
  is_active: true,
  updated_at: '2026-01-02T03:04:05.000Z',
};

export const USER_EXAMPLE = {
  user_id: '10000001',
  user: PROFILE,
  counts: COUNTS,
  last_used_at: '2026-11-22T08:15:53.000Z',
};

export const EXPORT_EXAMPLE = {
  version: 1,
  exported_at: '2026-11-22T08:15:53.000Z',
  user_id: '10000001',
  user: PROFILE,
  claims: { sub: '10000001', name: 'Zhang San' },
  roles: [],
  consents: [],
  sessions: [],
  grants: [],
  refresh_tokens: [],
  logout_deliveries: [],
  audit_events: [],
};

export const REVOKED_EXAMPLE = {
  user_id: '10000001',
  client_ids: ['tea-shop'],
  sessions: 1,
  grants: 2,
  consents: 1,
};

export const FORGOTTEN_EXAMPLE = {
  user_id: '10000001',
  ...COUNTS,
  artifacts: 4,
  others: { roles: 1, logout_deliveries: 2 },
  audit_events: 12,
};
