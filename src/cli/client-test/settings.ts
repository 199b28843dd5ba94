// Owns: what the client's settings say by themselves, and beside what discovery says.
import { isBySecret } from '../../clients/authentication.js';
import type { SecretView } from '../../clients/service.js';
import { isLoopbackHost } from '../../config/loopback.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import { showDate } from '../output.js';
import { hasGrantType, isPublic, type Subject, scopesOf } from './subject.js';

const SOON_MS = 14 * 86_400_000;

const isValidAt =
  (now: Date) =>
  ({ expires_at: end }: SecretView) =>
    end === undefined || new Date(end) > now;

export function examineSecrets(subject: Subject): Finding {
  const check = 'secret';
  const { client, now } = subject;
  if (isPublic(subject)) return ok(check, 'a public client: it has no secret and must not send one');
  const method = String(client.token_endpoint_auth_method);
  if (!isBySecret(method)) return ok(check, `it has no secret and needs none: it authenticates by ${method}`);
  const rotate = `client rotate-secret ${client.client_id}`;
  if (client.secrets.length === 0) return failed(check, 'it has no secret: it gets no token', rotate);
  const valid = client.secrets.filter(isValidAt(now));
  if (valid.length === 0) return failed(check, 'every secret of it has ended: it gets no token', rotate);
  const ends = valid.map(({ expires_at: end }) => (end === undefined ? undefined : new Date(end)));
  const known = ends.flatMap((end) => end ?? []);
  const last = known.toSorted((a, b) => a.getTime() - b.getTime()).at(-1);
  if (last && known.length === ends.length && last.getTime() - now.getTime() < SOON_MS) {
    return warning(check, `its last secret ends at ${showDate(last)}`, rotate);
  }
  const used = valid.some(({ last_used_at: at }) => at !== undefined);
  const many = valid.length === 1 ? 'one valid secret' : `${valid.length} valid secrets`;
  return ok(
    check,
    `${many}, ${used ? 'used' : 'never used yet'}; sent by ${client.token_endpoint_auth_method}`,
  );
}

/** Refresh tokens need the grant type, the scope, and that the user is asked. */
export function examineRefreshTokens(subject: Subject): Finding[] {
  const check = 'offline-access';
  const hasScope = scopesOf(subject)?.includes('offline_access') ?? true;
  const hasType = hasGrantType(subject, 'refresh_token');
  if (!hasGrantType(subject, 'authorization_code')) return [];
  if (hasType && !hasScope) {
    const advice = 'add offline_access to its scope, or take refresh_token out of its grant types';
    return [warning(check, 'it never gets a refresh token: offline_access is not among its scopes', advice)];
  }
  if (!hasType && hasScope && scopesOf(subject) !== undefined) {
    const advice = 'add refresh_token to its grant types, or take offline_access out of its scope';
    return [warning(check, 'offline_access gets it nothing: it may not use refresh tokens', advice)];
  }
  if (!hasType) return [];
  return [
    subject.client.is_first_party === true
      ? ok(check, 'scope=offline_access gets it a refresh token')
      : ok(check, 'scope=offline_access gets it a refresh token, but only with prompt=consent'),
  ];
}

export function examineBackchannelLogout({ client, config }: Subject): Finding[] {
  const check = 'backchannel-logout';
  const uri = client.backchannel_logout_uri;
  if (typeof uri !== 'string') return [];
  const { protocol, hostname } = new URL(uri);
  if (config.isLoopback || (protocol === 'https:' && !isLoopbackHost(hostname))) {
    return [ok(check, `logout tokens are posted to ${shown(uri)}`)];
  }
  const advice = 'use a public https address';
  return [
    failed(check, `${shown(uri)} is told nothing: logout tokens go to public https addresses only`, advice),
  ];
}

/** The members of the discovery document that say what the client wants. */
export interface Discovery {
  issuer?: unknown;
  scopes_supported?: unknown;
  id_token_signing_alg_values_supported?: unknown;
  token_endpoint_auth_methods_supported?: unknown;
  grant_types_supported?: unknown;
  response_types_supported?: unknown;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export function examineDiscovery({ client, config }: Subject, discovery: Discovery): Finding {
  const check = 'discovery';
  const alg = client.id_token_signed_response_alg ?? 'RS256';
  const wanted: [string, unknown, unknown][] = [
    ['scope', discovery.scopes_supported, typeof client.scope === 'string' ? client.scope.split(' ') : []],
    ['id_token_signed_response_alg', discovery.id_token_signing_alg_values_supported, [alg]],
    [
      'token_endpoint_auth_method',
      discovery.token_endpoint_auth_methods_supported,
      [client.token_endpoint_auth_method],
    ],
    // Nobody may use one that is disabled, so nothing is offered on its account.
    ['grant_types', discovery.grant_types_supported, client.is_active ? client.grant_types : []],
    ['response_types', discovery.response_types_supported, client.is_active ? client.response_types : []],
  ];
  const missing = wanted.flatMap(([name, supported, values]) =>
    listOf(values)
      .filter((value) => !listOf(supported).includes(value))
      .map((value) => `${name} ${shown(String(value))}`),
  );
  if (missing.length > 0) {
    const advice = 'correct the settings (client show, client update)';
    return failed(check, `the provider does not offer ${missing.join(', ')}`, advice);
  }
  return ok(check, `${config.issuer}/.well-known/openid-configuration offers all it uses; ID tokens: ${alg}`);
}
