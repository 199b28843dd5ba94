// Owns: the doctor's look at the settings: what keeps the server from starting, and what works but should not stay.
import { type Config, loadConfig } from '../../config/load.js';
import { isLoopbackHost } from '../../config/loopback.js';
import { ConfigError } from '../../lib/errors.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';

const CHECK = 'configuration';

/** The settings, or what is wrong with them. */
export function examineSettings(env: NodeJS.ProcessEnv): { config?: Config; findings: Finding[] } {
  try {
    const config = loadConfig(env);
    const useless = config.warnings.map((text) => warning(CHECK, shown(text), 'change or remove it'));
    return { config, findings: [ok(CHECK, 'can be used'), ...useless, ...examineSecurity(config, env)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice = '.env.example explains each variable';
    return {
      findings: error.problems.map(({ field, reason }) =>
        failed(CHECK, `${field}: ${shown(reason)}`, advice),
      ),
    };
  }
}

/** Whether what is sent to `url` crosses a network in clear. */
function isInClear(url: string, isEncrypted: (url: URL) => boolean): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  const isSocket = parsed.hostname === '' || parsed.searchParams.has('host');
  return !isSocket && !isLoopbackHost(parsed.hostname) && !isEncrypted(parsed);
}

const ENCRYPTED_MODES = new Set(['require', 'verify-ca', 'verify-full', 'prefer', 'no-verify']);

const isEncryptedPostgres = ({ searchParams }: URL) =>
  ENCRYPTED_MODES.has(searchParams.get('sslmode') ?? '') || searchParams.get('ssl') === 'true';

/** What a production server should not be left like; nothing of it matters on a developer's machine. */
function examineSecurity(config: Config, env: NodeJS.ProcessEnv): Finding[] {
  const check = 'security';
  const { databaseUrl, redisUrl, metrics, isLoopback } = config;
  const found: Finding[] = [];
  if (databaseUrl !== undefined && isInClear(databaseUrl, isEncryptedPostgres)) {
    found.push(
      warning(
        check,
        'the connection to PostgreSQL is not encrypted',
        'add sslmode=verify-full to DATABASE_URL',
      ),
    );
  }
  if (redisUrl !== undefined && isInClear(redisUrl, ({ protocol }) => protocol === 'rediss:')) {
    found.push(warning(check, 'the connection to Redis is not encrypted', 'use rediss:// in REDIS_URL'));
  }
  if (redisUrl !== undefined && !isLoopbackHost(new URL(redisUrl).hostname) && !new URL(redisUrl).password) {
    found.push(warning(check, 'Redis asks for no password', 'set one there and in REDIS_URL'));
  }
  if (metrics !== undefined && !isLoopbackHost(metrics.host)) {
    found.push(
      warning(check, 'metrics are served beyond this machine', 'let only Prometheus reach METRICS_PORT'),
    );
  }
  if (isLoopback)
    return found.length > 0 ? found : [ok(check, 'the issuer is on this machine: for development')];
  if (config.trustProxy === 0 && !env.TRUST_PROXY) {
    const advice = 'set TRUST_PROXY to how many proxies there are in front (0 if there is really none)';
    found.push(warning(check, 'every request seems to come from the proxy in front', advice));
  }
  if (databaseUrl === undefined) {
    const advice = 'set DATABASE_URL, or keep to one instance and back up DATA_DIR';
    found.push(warning(check, 'the embedded database serves a public issuer', advice));
  }
  if (config.logLevel === 'debug') {
    found.push(warning(check, 'LOG_LEVEL is debug', 'set it to info: debug lines are for developers'));
  }
  return found.length > 0 ? found : [ok(check, 'nothing that should not stay as it is')];
}
