// Owns: a resource server's members from options. Does not: judge them; the service does.
import { atMostOne } from '../client/members.js';
import { secondsOf } from '../client/version.js';
import { type Arguments, UsageError } from '../command.js';

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean', default: false } as const;

export const memberOptions = {
  name: text,
  scope: list,
  'scope-en': list,
  'scope-zh': list,
  lifetime: text,
  alg: text,
  client: text,
  'details-types': text,
} as const;

export const switchOptions = { enable: flag, disable: flag, 'no-client': flag } as const;

type Values = Partial<Arguments<typeof memberOptions & typeof switchOptions>['values']>;

export const MEMBERS_HELP = `  --name TEXT           what operators call it
  --scope SCOPE         a right that tokens for it can give; repeated. profile and email put the user's name and
                        e-mail address into its tokens
  --scope-en SCOPE=TEXT what users are told that a scope allows, in English; repeated
  --scope-zh SCOPE=TEXT the same in Chinese
  --lifetime DURATION   how long its access tokens live, such as 15m (default; 1m to 24h)
  --alg ALG             what its access tokens are signed with: RS256 (default), ES256, EdDSA; opaque: they are no JWTs
  --client CLIENT_ID    the client it authenticates as when it asks about tokens (introspection)
  --details-types FILE  what apps may ask for beyond scopes (RFC 9396): a list of types as YAML or JSON, - for standard
                        input (docs/operations.md)`;

interface Scope {
  name: string;
  description?: { en?: string; zh?: string };
}

/** SCOPE=TEXT, by scope. @throws UsageError */
function textsOf(values: readonly string[] | undefined, option: string): Map<string, string> {
  const pairs = (values ?? []).map((value): [string, string] => {
    const at = value.indexOf('=');
    if (at < 1) throw new UsageError(`--${option} must be SCOPE=TEXT`);
    return [value.slice(0, at), value.slice(at + 1)];
  });
  return new Map(pairs);
}

function scopesOf(values: Values, before: readonly Scope[]): Scope[] | undefined {
  const texts = { en: textsOf(values['scope-en'], 'scope-en'), zh: textsOf(values['scope-zh'], 'scope-zh') };
  const named = [...texts.en.keys(), ...texts.zh.keys()];
  if (values.scope === undefined && named.length === 0) return undefined;
  const names = values.scope ?? before.map(({ name }) => name);
  const stray = named.find((name) => !names.includes(name));
  if (stray !== undefined) throw new UsageError(`there is no --scope ${stray} to go with its text`);
  return names.map((name) => {
    const known = before.find((scope) => scope.name === name)?.description;
    const [en, zh] = [texts.en.get(name) ?? known?.en, texts.zh.get(name) ?? known?.zh];
    const description = { ...(en !== undefined && { en }), ...(zh !== undefined && { zh }) };
    return Object.keys(description).length > 0 ? { name, description } : { name };
  });
}

/**
 * The members that the options name. @param before the scopes there are
 * @throws UsageError for options that contradict one another
 */
export function membersOf(values: Values, before: readonly Scope[] = []): Record<string, unknown> {
  atMostOne(values, 'enable', 'disable');
  atMostOne(values, 'client', 'no-client');
  const scopes = scopesOf(values, before);
  return {
    ...(values.name !== undefined && { name: values.name }),
    ...(scopes && { scopes }),
    ...(values.lifetime !== undefined && { access_token_lifetime: secondsOf(values.lifetime, '--lifetime') }),
    ...(values.alg !== undefined && { access_token_alg: values.alg }),
    ...(values.client !== undefined && { client_id: values.client }),
    ...(values['no-client'] && { client_id: null }),
    ...(values.enable && { is_active: true }),
    ...(values.disable && { is_active: false }),
  };
}
