// Owns: the policies under which apps may register clients by themselves: their shape, defaults and variable.
// Does not: apply them (clients/registration/).
import { z } from 'zod';
import { explainIssue, problemsOf } from '../lib/problems.js';
import { AUTH_METHODS } from './auth-methods.js';
import type { Variable } from './variable.js';

/** A policy's name: what a registration token is bound to. */
export const POLICY_NAME = /^[a-z][\w-]{0,63}$/;

export const DEFAULT_POLICY = 'default';

const YEAR_SECONDS = 365 * 86_400;

/** One right, as RFC 6749 section 3.3 writes it; never one at the Admin API. */
const scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'must be a scope')
  .refine((name) => !name.startsWith('admin:'), 'is a right at the Admin API: only operators give those')
  .refine((name) => name !== 'unionid', 'is for apps of an owner, whom only operators set');

/** `*`, `app.example`, `*.app.example`, or a loopback address. */
const host = z
  .string()
  .max(255)
  .regex(
    /^(\*|[a-z\d-]+(\.[a-z\d-]+)*|\*(\.[a-z\d-]+){2,}|\[::1\])$/,
    'must be *, a host, or *. and a host with a dot, in small letters',
  );

const some = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(50);

const policySchema = z.strictObject({
  scopes: some(scope).default(['openid', 'profile', 'email', 'offline_access']),
  grant_types: some(z.string().min(1).max(100)).default(['authorization_code', 'refresh_token']),
  response_types: some(z.string().min(1).max(40)).default(['code']),
  auth_methods: some(z.enum(AUTH_METHODS)).default([
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'none',
  ]),
  application_types: some(z.enum(['web', 'native'])).default(['web', 'native']),
  redirect_hosts: some(host).default(['*']),
  max_clients: z.int().min(1).max(1_000_000).default(100),
  client_secret_lifetime: z.int().min(0).max(YEAR_SECONDS).default(0),
  rotate_client_secret: z.boolean().default(false),
  registration_access_token_lifetime: z.int().min(0).max(YEAR_SECONDS).default(0),
});

/** What may be registered; lifetimes in seconds, 0: they do not end. */
export type RegistrationPolicy = Readonly<z.output<typeof policySchema>>;

export type RegistrationPolicies = ReadonlyMap<string, RegistrationPolicy>;

const policiesSchema = z.record(
  z.string().regex(POLICY_NAME, 'must be a small letter, then letters, digits, - and _'),
  policySchema,
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const registrationVariables = {
  OAUTH_REGISTRATION_POLICIES: {
    schema: z
      .string()
      .max(32_768)
      .transform((text, context): Record<string, RegistrationPolicy> => {
        const result = policiesSchema.safeParse(parsed(text), { error: explainIssue });
        if (result.success) return result.data;
        for (const { field, reason } of problemsOf(result.error.issues)) {
          context.addIssue({ code: 'custom', message: field === '' ? 'must be JSON' : `${field} ${reason}` });
        }
        return z.NEVER;
      }),
    meaning:
      'What apps may register by themselves: JSON, policies by name (docs/operations.md); a member left out is as in default',
    fallback: 'the policy default alone',
  },
} as const satisfies Record<string, Variable>;

/** The policies there are: those that are configured, and `default` in any case. */
export function registrationPoliciesOf(
  configured: Record<string, RegistrationPolicy> = {},
): RegistrationPolicies {
  return new Map([[DEFAULT_POLICY, policySchema.parse({})], ...Object.entries(configured)]);
}

/** What an operator should know of the choice. */
export function registrationWarnings(configured: unknown, isOn: boolean): string[] {
  if (configured === undefined || isOn) return [];
  return ['OAUTH_REGISTRATION_POLICIES has no effect: OAUTH_FEATURES does not have registration'];
}
