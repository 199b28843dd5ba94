// Owns: a client's members from options, and from a file. Does not: judge them; the service does.
import { DEVICE_CODE } from '../../clients/grant-types.js';
import { type Arguments, type Terminal, UsageError } from '../command.js';
import { SeedFileError } from '../seed/problems.js';
import { readText } from '../seed/text.js';

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean', default: false } as const;

/** Options for the members that are set most; the others are for --file. */
export const memberOptions = {
  name: text,
  'client-uri': text,
  'logo-uri': text,
  'policy-uri': text,
  'tos-uri': text,
  'redirect-uri': list,
  'post-logout-redirect-uri': list,
  scope: text,
  'grant-type': list,
  'response-type': list,
  'application-type': text,
  public: flag,
  confidential: flag,
  'auth-method': text,
  'jwks-uri': text,
  profile: text,
  'id-token-alg': text,
  contact: list,
  'backchannel-logout-uri': text,
  'initiate-login-uri': text,
  'subject-type': text,
  'sector-identifier-uri': text,
  owner: text,
  'first-party': flag,
  'no-first-party': flag,
  'require-pkce': flag,
  'no-require-pkce': flag,
  file: text,
} as const;

type Values = Arguments<typeof memberOptions>['values'];

export const MEMBERS_HELP = `  --name TEXT                      what people see
  --redirect-uri URI               where codes are sent; say it again for each, compared byte for byte
  --post-logout-redirect-uri URI   where a browser may go after logging out; repeated likewise
  --scope "SCOPES"                 what it may ask for, such as "openid profile offline_access"
  --public | --confidential        whether it can keep a secret (default: confidential)
  --auth-method METHOD             client_secret_basic (default), client_secret_post, client_secret_jwt, private_key_jwt,
                                   tls_client_auth or self_signed_tls_client_auth
  --jwks-uri URI                   where its public keys and certificates are (or jwks in the file)
  --profile fapi2                  hold it to the FAPI 2.0 security profile
  --application-type TYPE          web (default) or native
  --grant-type TYPE                authorization_code, implicit, refresh_token, client_credentials, device_code;
                                   repeated
  --response-type "TYPE"           code (default); others need the grant type implicit and OAUTH_FEATURES; repeated
  --id-token-alg ALG               RS256 (default), ES256, EdDSA or HS256
  --[no-]first-party               an app of Link²Ur's own: users are not asked to agree
  --[no-]require-pkce              refuse requests without PKCE, also from a confidential client
  --backchannel-logout-uri URI     where logout tokens are posted to
  --initiate-login-uri URI         where the app begins a login by itself; https
  --subject-type TYPE              public (default) or pairwise: the app knows users by a sub of its own
  --sector-identifier-uri URI      a list of the redirect URIs of all apps that share one; https
  --owner OWNER                    whose app it is, for the scope unionid
  --client-uri, --logo-uri, --policy-uri, --tos-uri URI; --contact ADDRESS, repeated
  --file FILE                      the members of one client as YAML or JSON (RFC 7591 names), - for standard
                                   input; options come on top`;

const MEMBERS = {
  name: 'client_name',
  'client-uri': 'client_uri',
  'logo-uri': 'logo_uri',
  'policy-uri': 'policy_uri',
  'tos-uri': 'tos_uri',
  'redirect-uri': 'redirect_uris',
  'post-logout-redirect-uri': 'post_logout_redirect_uris',
  scope: 'scope',
  'grant-type': 'grant_types',
  'response-type': 'response_types',
  'application-type': 'application_type',
  'auth-method': 'token_endpoint_auth_method',
  'jwks-uri': 'jwks_uri',
  profile: 'profile',
  'id-token-alg': 'id_token_signed_response_alg',
  contact: 'contacts',
  'backchannel-logout-uri': 'backchannel_logout_uri',
  'initiate-login-uri': 'initiate_login_uri',
  'subject-type': 'subject_type',
  'sector-identifier-uri': 'sector_identifier_uri',
  owner: 'owner',
} as const satisfies Partial<Record<keyof Values, string>>;

const SWITCHES = { 'first-party': 'is_first_party', 'require-pkce': 'require_pkce' } as const;

/** @throws UsageError when more than one of `names` is given */
export function atMostOne(values: Record<string, unknown>, ...names: string[]): void {
  const given = names.filter((name) => values[name] !== undefined && values[name] !== false);
  if (given.length > 1) throw new UsageError(`--${given.join(' and --')} cannot be used together`);
}

/** The members that the options name. @throws UsageError for options that contradict one another */
export function membersOf(values: Values): Record<string, unknown> {
  atMostOne(values, 'public', 'confidential');
  atMostOne(values, 'public', 'auth-method');
  const members: Record<string, unknown> = {};
  for (const [option, member] of Object.entries(MEMBERS)) {
    const value = values[option as keyof typeof MEMBERS];
    if (value !== undefined) members[member] = value;
  }
  for (const [option, member] of Object.entries(SWITCHES)) {
    atMostOne(values, option, `no-${option}`);
    if (values[option as keyof typeof SWITCHES]) members[member] = true;
    if (values[`no-${option}` as 'no-first-party']) members[member] = false;
  }
  const { grant_types: grantTypes } = members;
  if (Array.isArray(grantTypes)) {
    members.grant_types = grantTypes.map((type) => (type === 'device_code' ? DEVICE_CODE : type));
  }
  if (values.public) members.token_endpoint_auth_method = 'none';
  if (values.confidential) members.token_endpoint_auth_method ??= 'client_secret_basic';
  return members;
}

/**
 * The members in the file that `--file` names, if it does; `client_secret` may be `$VARIABLE`.
 * @throws SeedFileError with line and reason
 */
export async function membersInFile(
  { file }: Pick<Values, 'file'>,
  terminal: Terminal,
): Promise<Record<string, unknown>> {
  if (file === undefined) return {};
  const { name, text } = await readText(file, terminal.stdin);
  const [{ withSecret }, { readSource }] = await Promise.all([
    import('../seed/file.js'),
    import('../seed/source.js'),
  ]);
  const { value, problems, lineOf } = readSource(text);
  if (problems.length > 0) throw new SeedFileError(name, problems);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const reason = 'must hold the members of one client, such as client_name: My app';
    throw new SeedFileError(name, [{ line: 1, field: '', reason }]);
  }
  return withSecret(value, 'client_secret', terminal.env(), (reason) => {
    const field = 'client_secret';
    throw new SeedFileError(name, [{ line: lineOf(field), field, reason }]);
  }) as Record<string, unknown>;
}
