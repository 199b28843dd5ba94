// Owns: turning the environment into one checked Config. Every problem is reported at once.
import { resolve } from 'node:path';
import { ConfigError, type FieldProblem } from '../lib/errors.js';
import { type Feature, featuresOf, featureWarnings } from './features.js';
import { type KeyConfig, keyConfig } from './keys.js';
import { type LoginConfig, loginConfig, loginWarnings } from './login.js';
import { isLoopbackHost } from './loopback.js';
import { type MtlsConfig, mtlsConfig, mtlsWarnings } from './mtls.js';
import { type RegistrationPolicies, registrationPoliciesOf, registrationWarnings } from './registration.js';
import { type VariableValues, variables } from './variables.js';

const DAY_SECONDS = 86_400;

export interface Config {
  issuer: string;
  /** Whether the issuer is on this machine, where development defaults may apply. */
  isLoopback: boolean;
  host: string | undefined;
  port: number;
  trustProxy: number;
  dataDir: string;
  databaseUrl: string | undefined;
  /** Connections to PostgreSQL at most. */
  databasePoolMax: number;
  redisUrl: string | undefined;
  redisKeyPrefix: string;
  keys: KeyConfig;
  /** Lifetimes in seconds. */
  ttl: {
    accessToken: number;
    idToken: number;
    refreshToken: number;
    refreshTokenGrace: number;
    authorizationCode: number;
    grant: number;
    session: number;
    interaction: number;
  };
  /** Optional parts of the protocol that are on. */
  features: ReadonlySet<Feature>;
  /** What apps may register by themselves, by the name of the policy. */
  registrationPolicies: RegistrationPolicies;
  /** How certificates of clients reach us; undefined: not at all. */
  mtls: MtlsConfig | undefined;
  login: LoginConfig;
  /** The site's logout page, where a logout goes on to. */
  siteLogoutUrl: string | undefined;
  /** What the site proves itself with when it tells of a user's logout or deletion. */
  eventsToken: string | undefined;
  auditRetentionDays: number;
  /** 0: this instance never cleans. */
  janitorIntervalSeconds: number;
  /** Where metrics are served; undefined: nowhere. */
  metrics: { host: string; port: number } | undefined;
  avatarBaseUrl: string | undefined;
  brand: {
    name: string;
    logoUrl: string | undefined;
    color: string | undefined;
    homeUrl: string | undefined;
    privacyUrl: string | undefined;
    termsUrl: string | undefined;
  };
  /** What the operator should know: settings without effect. */
  warnings: string[];
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** Where a loopback issuer is listened for: IPv4 unless it names IPv6. */
function loopbackAddress(issuer: string): string {
  return new URL(issuer).hostname === '[::1]' ? '::1' : '127.0.0.1';
}

/** Names of the provider document that this service has no use for; setting them is no mistake. */
const WITHOUT_EFFECT: Record<string, string> = {
  OAUTH_ACCESS_TOKEN_SECRET: 'access tokens are opaque and need no secret',
  OAUTH_ID_TOKEN_SECRET: 'ID tokens are signed with RS256, ES256 or EdDSA keys of our own',
  OAUTH_CONSENT_PAGE_URL: 'the consent page is served by this service',
};

/** A variable that means something only beside another. */
const NEEDS: [string, string][] = [
  ['METRICS_HOST', 'METRICS_PORT'],
  ['REDIS_KEY_PREFIX', 'REDIS_URL'],
];

function warningsFor(env: NodeJS.ProcessEnv): string[] {
  const useless = Object.entries(WITHOUT_EFFECT).filter(([name]) => env[name]);
  const alone = NEEDS.filter(([name, other]) => env[name] && !env[other]);
  return [...useless, ...alone.map(([name, other]) => [name, `${other} is not set`])].map(
    ([name, reason]) => `${name} has no effect: ${reason}`,
  );
}

function parseVariables(env: NodeJS.ProcessEnv, problems: FieldProblem[]): VariableValues {
  const values: Record<string, unknown> = {};
  for (const [name, { schema }] of Object.entries(variables)) {
    const raw = env[name];
    if (raw === undefined || raw === '') continue;
    const parsed = schema.safeParse(raw);
    if (parsed.success) values[name] = parsed.data;
    else problems.push({ field: name, reason: parsed.error.issues.map((issue) => issue.message).join(', ') });
  }
  for (const name of Object.keys(env)) {
    if (/^(OAUTH|LINK2UR)_/.test(name) && !(name in variables) && !(name in WITHOUT_EFFECT)) {
      problems.push({ field: name, reason: 'is not a variable of this service' });
    }
  }
  return values as VariableValues;
}

function checkIssuer(issuer: string, problems: FieldProblem[]): boolean {
  const field = 'OAUTH_ISSUER';
  if (!URL.canParse(issuer)) {
    problems.push({ field, reason: 'must be a URL' });
    return false;
  }
  const { protocol, hostname, pathname, search, hash, username, origin } = new URL(issuer);
  const isLoopback = isLoopbackHost(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
    problems.push({ field, reason: 'must begin with https:// (http:// is for loopback only)' });
  }
  if (issuer.endsWith('/')) problems.push({ field, reason: 'must not end with a slash' });
  else if (pathname !== '/' || search || hash || username || issuer !== origin) {
    problems.push({ field, reason: `must be a plain origin in canonical form such as ${origin}` });
  }
  return isLoopback;
}

/**
 * Reads and checks the configuration.
 * @param env the environment, e.g. `process.env`
 * @throws ConfigError listing every problem with its variable
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const problems: FieldProblem[] = [];
  const values = parseVariables(env, problems);
  const port = values.PORT ?? 3000;
  const issuer = env.OAUTH_ISSUER || `http://localhost:${port}`;
  const isLoopback = checkIssuer(issuer, problems);
  if (port === 0 && !env.OAUTH_ISSUER) {
    problems.push({ field: 'PORT', reason: 'can be 0 only when OAUTH_ISSUER is set' });
  }
  const login = loginConfig(values, problems);
  if (values.REDIS_URL && !values.DATABASE_URL) {
    problems.push({ field: 'REDIS_URL', reason: 'needs DATABASE_URL as well' });
  }
  if (values.METRICS_PORT === port && port !== 0) {
    problems.push({ field: 'METRICS_PORT', reason: 'must not be PORT: metrics are not for the public' });
  }

  const refreshToken = (values.OAUTH_REFRESH_TOKEN_EXPIRE_DAYS ?? 30) * DAY_SECONDS;
  const grant = values.OAUTH_GRANT_EXPIRE_DAYS
    ? values.OAUTH_GRANT_EXPIRE_DAYS * DAY_SECONDS
    : Math.max(refreshToken, 30 * DAY_SECONDS);
  if (grant < refreshToken) {
    problems.push({
      field: 'OAUTH_GRANT_EXPIRE_DAYS',
      reason: 'must not be shorter than OAUTH_REFRESH_TOKEN_EXPIRE_DAYS',
    });
  }
  const idToken = values.OAUTH_ID_TOKEN_EXPIRE_SECONDS ?? 3600;
  const session = (values.OAUTH_SESSION_EXPIRE_DAYS ?? 14) * DAY_SECONDS;
  const keys = keyConfig(values, { isLoopback, lifetimes: [idToken, session] }, problems);
  const features = featuresOf(values.OAUTH_FEATURES);
  const mtls = mtlsConfig(values, features, problems);
  if (problems.length > 0 || !login) throw new ConfigError(problems);

  return {
    issuer,
    isLoopback,
    host: values.HOST ?? (isLoopback ? loopbackAddress(issuer) : undefined),
    port,
    trustProxy: values.TRUST_PROXY ?? 0,
    dataDir: resolve(values.DATA_DIR ?? 'data'),
    databaseUrl: values.DATABASE_URL,
    databasePoolMax: values.DATABASE_POOL_MAX ?? 10,
    redisUrl: values.REDIS_URL,
    redisKeyPrefix: values.REDIS_KEY_PREFIX ?? 'link2ur-op:',
    keys,
    ttl: {
      accessToken: values.OAUTH_ACCESS_TOKEN_EXPIRE_SECONDS ?? 3600,
      idToken,
      refreshToken,
      refreshTokenGrace: values.OAUTH_REFRESH_TOKEN_GRACE_SECONDS ?? 10,
      authorizationCode: values.OAUTH_AUTHORIZATION_CODE_EXPIRE_SECONDS ?? 300,
      grant,
      session,
      interaction: values.OAUTH_INTERACTION_EXPIRE_SECONDS ?? 3600,
    },
    features,
    registrationPolicies: registrationPoliciesOf(values.OAUTH_REGISTRATION_POLICIES),
    mtls,
    login,
    siteLogoutUrl: values.LINK2UR_LOGOUT_URL,
    eventsToken: values.LINK2UR_EVENTS_TOKEN,
    auditRetentionDays: values.AUDIT_RETENTION_DAYS ?? 400,
    janitorIntervalSeconds: values.JANITOR_INTERVAL_SECONDS ?? 60,
    metrics:
      values.METRICS_PORT === undefined
        ? undefined
        : { host: values.METRICS_HOST ?? '127.0.0.1', port: values.METRICS_PORT },
    avatarBaseUrl: values.AVATAR_BASE_URL,
    brand: {
      name: values.BRAND_NAME ?? 'Link²Ur',
      logoUrl: values.BRAND_LOGO_URL,
      color: values.BRAND_COLOR,
      homeUrl: values.BRAND_HOME_URL,
      privacyUrl: values.BRAND_PRIVACY_URL,
      termsUrl: values.BRAND_TERMS_URL,
    },
    warnings: [
      ...warningsFor(env),
      ...loginWarnings(values),
      ...featureWarnings(features),
      ...registrationWarnings(values.OAUTH_REGISTRATION_POLICIES, features.has('registration')),
      ...mtlsWarnings(values, features),
    ],
    logLevel: values.LOG_LEVEL ?? 'info',
  };
}
