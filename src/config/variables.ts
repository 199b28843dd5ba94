// Owns: every environment variable of the service: meaning, default, rule. Does not: read process.env.
import { z } from 'zod';
import { featureVariables } from './features.js';
import { keyVariables } from './key-variables.js';
import { loginVariables } from './login-variables.js';
import { mtlsVariables } from './mtls-variables.js';
import { registrationVariables } from './registration.js';
import { url, type Variable, wholeNumber } from './variable.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** What ioredis takes apart without complaint. */
function isRedisUrl(value: string): boolean {
  try {
    const { pathname, username, password } = new URL(value);
    decodeURIComponent(username + password);
    return /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

function isLogoAddress(value: string): boolean {
  if (value.startsWith('/')) return /^\/(?![/\\])[\x21-\x7e]*$/.test(value);
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return protocol === 'https:' && username === '' && password === '';
}

export const variables = {
  PORT: {
    schema: wholeNumber(0, 65535),
    meaning: 'TCP port to listen on (0: any free one)',
    fallback: '3000',
  },
  HOST: {
    schema: z.string().min(1),
    meaning: 'Address to listen on',
    fallback: '127.0.0.1 for a loopback issuer, else every address',
  },
  OAUTH_ISSUER: {
    schema: z.string(),
    meaning: 'Issuer identifier: https, no trailing slash (http only on loopback)',
    fallback: 'http://localhost:$PORT',
  },
  DATA_DIR: {
    schema: z.string().min(1),
    meaning: 'Folder of the embedded database and of development keys',
    fallback: './data',
  },
  DATABASE_URL: {
    schema: url(['postgres:', 'postgresql:']),
    meaning: 'PostgreSQL (14 or later)',
    fallback: 'embedded PostgreSQL in DATA_DIR',
    secret: true,
  },
  DATABASE_POOL_MAX: {
    schema: wholeNumber(1, 100),
    meaning: 'How many connections to PostgreSQL this instance opens at most',
    fallback: '10',
  },
  REDIS_URL: {
    schema: url(['redis:', 'rediss:']).refine(isRedisUrl, 'must end with /N for database N, or with nothing'),
    meaning: 'Redis for short-lived artifacts; needs DATABASE_URL',
    fallback: 'none: they are in the database too',
    secret: true,
  },
  REDIS_KEY_PREFIX: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9:_.-]{1,64}$/, 'must be 1 to 64 letters, digits or any of the characters : _ . -'),
    meaning: 'What the name of every key in Redis begins with: letters, digits and : _ . - (64 at most)',
    fallback: 'link2ur-op:',
  },
  ...keyVariables,
  TRUST_PROXY: {
    schema: wholeNumber(0, 10),
    meaning: 'How many reverse proxies in front add X-Forwarded-For',
    fallback: '0',
  },
  OAUTH_ACCESS_TOKEN_EXPIRE_SECONDS: {
    schema: wholeNumber(MINUTE, DAY),
    meaning: 'Lifetime of access tokens, seconds',
    fallback: '3600',
  },
  OAUTH_ID_TOKEN_EXPIRE_SECONDS: {
    schema: wholeNumber(MINUTE, DAY),
    meaning: 'Lifetime of ID tokens, seconds',
    fallback: '3600',
  },
  OAUTH_REFRESH_TOKEN_EXPIRE_DAYS: {
    schema: wholeNumber(1, 3650),
    meaning: 'Lifetime of refresh tokens, days',
    fallback: '30',
  },
  OAUTH_REFRESH_TOKEN_GRACE_SECONDS: {
    schema: wholeNumber(0, 60),
    meaning: 'How long after its first use a refresh token may be retried (0: never)',
    fallback: '10',
  },
  OAUTH_AUTHORIZATION_CODE_EXPIRE_SECONDS: {
    schema: wholeNumber(10, 10 * MINUTE),
    meaning: 'Lifetime of authorization codes, seconds',
    fallback: '300',
  },
  OAUTH_GRANT_EXPIRE_DAYS: {
    schema: wholeNumber(1, 3650),
    meaning: 'Lifetime of grants, days; not shorter than refresh tokens',
    fallback: 'as refresh tokens, at least 30',
  },
  OAUTH_SESSION_EXPIRE_DAYS: {
    schema: wholeNumber(1, 365),
    meaning: 'Lifetime of a browser session without use, days',
    fallback: '14',
  },
  OAUTH_INTERACTION_EXPIRE_SECONDS: {
    schema: wholeNumber(MINUTE, DAY),
    meaning: 'How long login and consent may take, seconds',
    fallback: '3600',
  },
  ...featureVariables,
  ...registrationVariables,
  ...mtlsVariables,
  ...loginVariables,
  AVATAR_BASE_URL: {
    schema: url(['https:', 'http:']),
    meaning: 'CDN address that relative avatars are joined to',
    fallback: 'relative avatars are left out',
  },
  BRAND_NAME: { schema: z.string().min(1).max(50), meaning: 'Name shown on pages', fallback: 'Link²Ur' },
  BRAND_LOGO_URL: {
    schema: z.string().refine(isLogoAddress, 'must be an https:// address, or a path that begins with one /'),
    meaning: 'Picture beside the name: an https address, or a path on the origin of the issuer',
    fallback: 'the mark of Link²Ur',
  },
  BRAND_COLOR: {
    schema: z.string().regex(/^#[\da-f]{6}$/i, 'must be a colour such as #1450a8'),
    meaning: 'Colour of buttons and links, #rrggbb; made lighter or darker where it could not be read',
    fallback: 'blue',
  },
  BRAND_HOME_URL: {
    schema: url(['https:', 'http:']),
    meaning: 'Link behind the name on pages',
    fallback: 'none',
  },
  BRAND_PRIVACY_URL: { schema: url(['https:', 'http:']), meaning: 'Privacy policy link', fallback: 'none' },
  BRAND_TERMS_URL: { schema: url(['https:', 'http:']), meaning: 'Terms of service link', fallback: 'none' },
  AUDIT_RETENTION_DAYS: {
    schema: wholeNumber(1, 36_500),
    meaning: 'How long audit events are kept, days',
    fallback: '400',
  },
  JANITOR_INTERVAL_SECONDS: {
    schema: wholeNumber(0, DAY),
    meaning: 'How often this instance deletes what has expired, seconds (0: it never does)',
    fallback: '60',
  },
  METRICS_PORT: {
    schema: wholeNumber(0, 65535),
    meaning: 'TCP port that serves /metrics to Prometheus, not the public one (0: any free one)',
    fallback: 'no metrics are served',
  },
  METRICS_HOST: {
    schema: z.string().min(1),
    meaning: 'Address to serve /metrics on',
    fallback: '127.0.0.1',
  },
  LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    meaning: 'Least severe log line written',
    fallback: 'info',
  },
} as const satisfies Record<string, Variable>;

/** Values as given: a variable that is unset or empty is absent. */
export type VariableValues = {
  [Name in keyof typeof variables]?: z.output<(typeof variables)[Name]['schema']>;
};
