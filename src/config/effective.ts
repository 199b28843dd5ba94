// Owns: what each variable comes down to, for people: its value, or what applies without one. No secret.
import type { Config } from './load.js';
import type { Variable } from './variable.js';
import { variables } from './variables.js';

export interface EffectiveVariable {
  name: string;
  /** Undefined: there is none. `(set)` stands for a secret. */
  value: string | undefined;
  source: 'environment' | 'default';
  isSecret: boolean;
  meaning: string;
}

const DAY_SECONDS = 86_400;

/** Defaults that depend on other variables. */
function dependent(config: Config): Record<string, string | undefined> {
  return {
    OAUTH_ISSUER: config.issuer,
    HOST: config.host ?? 'every address',
    DATA_DIR: config.dataDir,
    OAUTH_GRANT_EXPIRE_DAYS: String(config.ttl.grant / DAY_SECONDS),
    LINK2UR_TICKET_ISSUER: config.login.strategy === 'ticket' ? config.login.issuer : undefined,
  };
}

/** A value without what may be secret in it: the user and password of an address. */
function withoutCredentials(value: string): string {
  if (!URL.canParse(value)) return value;
  const url = new URL(value);
  if (url.username === '' && url.password === '') return value;
  url.username = '***';
  url.password = '';
  return url.href;
}

/**
 * Every variable of the service as it takes effect.
 * @param config what was made of `env`
 */
export function effectiveVariables(env: NodeJS.ProcessEnv, config: Config): EffectiveVariable[] {
  const computed = dependent(config);
  return Object.entries<Variable>(variables).map(([name, { meaning, fallback, secret = false }]) => {
    const given = env[name];
    const about = { name, isSecret: secret, meaning };
    if (given !== undefined && given !== '') {
      return { ...about, value: secret ? '(set)' : withoutCredentials(given), source: 'environment' };
    }
    const value = name in computed ? computed[name] : fallback;
    return { ...about, value: /^none\b/.test(value ?? 'none') ? undefined : value, source: 'default' };
  });
}
