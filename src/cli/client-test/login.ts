// Owns: what becomes of the client's authorization and logout requests.
import { DEVICE_CODE } from '../../clients/grant-types.js';
import type { DryAnswer } from '../../provider/dry-request.js';
import { ROUTES } from '../../provider/routes.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import { examineResponseTypes } from './response-types.js';
import {
  hasGrantType,
  hasLogin,
  isPublic,
  isRequestItsOwn,
  requestOf,
  responseTypesOf,
  type Subject,
  scopesOf,
} from './subject.js';

/** What went wrong, as the app would be told; undefined when the user is asked to log in. */
function refusalOf({ status, location, text }: DryAnswer, issuer: string): string | undefined {
  if (location !== undefined) {
    const url = new URL(location, issuer);
    if (url.origin === new URL(issuer).origin && url.pathname.startsWith(`${ROUTES.interaction}/`)) {
      return undefined;
    }
    const answer = url.hash === '' ? url.searchParams : new URLSearchParams(url.hash.slice(1));
    const error = answer.get('error');
    if (error) return shown(`${error}: ${answer.get('error_description') ?? 'no description'}`);
    return `answered ${status}`;
  }
  try {
    const { error, error_description: description } = JSON.parse(text) as Record<string, unknown>;
    if (typeof error === 'string') return shown(`${error}: ${description ?? 'no description'}`);
  } catch {
    // A page, which says nothing to a program.
  }
  return `answered ${status}`;
}

/** Why a login that begins so, but for `change`, is refused; undefined when the user is asked to log in. */
export async function refusal(
  subject: Subject,
  redirectUri: string,
  change: Record<string, string | undefined> = {},
): Promise<string | undefined> {
  const params = Object.entries({ ...requestOf(subject, redirectUri), ...change });
  const given = Object.fromEntries(
    params.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const answer = await subject.provider.get(ROUTES.authorization, given);
  return refusalOf(answer, subject.config.issuer);
}

/** What is legal and still a trap about a redirect URI that works. */
function trapOf(uri: string, subject: Subject): Finding | undefined {
  const { protocol, hostname } = new URL(uri);
  const check = 'redirect-uri';
  const isNative = subject.client.application_type === 'native';
  if (protocol === 'http:' && !isNative && !subject.config.isLoopback) {
    const advice = 'register it with a client for development, not with this one';
    return warning(check, `${shown(uri)} works on the developer's own machine only`, advice);
  }
  if (protocol === 'http:' && isNative && hostname === 'localhost') {
    const advice = 'use 127.0.0.1 or [::1], at any port (RFC 8252 section 8.3)';
    return warning(check, `${shown(uri)} depends on how the machine resolves localhost`, advice);
  }
  return undefined;
}

async function examineRedirectUri(subject: Subject, uri: string): Promise<Finding[]> {
  const reason = await refusal(subject, uri);
  const check = 'login';
  if (reason !== undefined) {
    const advice = 'correct the settings (client show, client update)';
    return [failed(check, `${shown(uri)}: no login begins: ${reason}`, advice)];
  }
  const trap = trapOf(uri, subject);
  return [ok(check, `${shown(uri)}: the user is asked to log in`), ...(trap ? [trap] : [])];
}

async function examinePkce(subject: Subject, uri: string): Promise<Finding> {
  const check = 'pkce';
  const without = { code_challenge: undefined, code_challenge_method: undefined };
  const isRequired = (await refusal(subject, uri, without)) !== undefined;
  if (isRequired) return ok(check, 'a request without code_challenge is refused; send S256');
  return isPublic(subject)
    ? failed(check, 'a request without PKCE is accepted from a public client', 'report this: it must not be')
    : ok(
        check,
        'a request without code_challenge is accepted; send one all the same (RFC 9700 section 2.1.1)',
      );
}

async function examineScopes(subject: Subject, uri: string, supported: string[]): Promise<Finding> {
  const check = 'scope';
  const registered = scopesOf(subject);
  if (registered === undefined) {
    const advice = 'register the scopes the app needs: users are asked for no more';
    return warning(check, `no scope is registered: it may ask for all of ${supported.join(' ')}`, advice);
  }
  if (!registered.includes('openid')) {
    const advice = 'add openid to its scope, unless it wants no ID token and no userinfo';
    return warning(check, `may ask for ${registered.join(' ')}, which is no login`, advice);
  }
  const others = supported.filter((scope) => !registered.includes(scope));
  const [first] = others;
  const reason = first && (await refusal(subject, uri, { scope: `openid ${first}` }));
  const rest = reason === undefined ? '' : `; for ${others.join(' ')} it is refused (${reason})`;
  return ok(check, `may ask for ${registered.join(' ')}${rest}`);
}

/** What the authorization endpoint says to the client, for every redirect URI. */
export async function examineLogin(subject: Subject, supportedScopes: string[]): Promise<Finding[]> {
  if (!hasLogin(subject)) {
    // What is said of devices stands elsewhere (device.ts).
    if (hasGrantType(subject, DEVICE_CODE)) return [];
    return [ok('login', 'no user logs in through it: it has not the grant type authorization_code')];
  }
  if (isRequestItsOwn(subject)) {
    const reason = 'its requests must be pushed or signed by itself (RFC 9126, RFC 9101)';
    return [ok('login', `no login was tried: ${reason}`)];
  }
  const findings: Finding[] = [];
  let usable: string | undefined;
  for (const uri of subject.client.redirect_uris) {
    const found = await examineRedirectUri(subject, uri);
    if (found[0]?.status === 'ok') usable ??= uri;
    findings.push(...found);
  }
  if (usable === undefined) return findings;
  if (responseTypesOf(subject)[0]?.includes('code')) findings.push(await examinePkce(subject, usable));
  findings.push(await examineScopes(subject, usable, supportedScopes));
  findings.push(await examineResponseTypes(subject, (change) => refusal(subject, usable, change)));
  return findings;
}

/** What the logout endpoint says to each address the app wants its users to come back to. */
export async function examineLogout(subject: Subject): Promise<Finding[]> {
  const check = 'logout';
  const uris = subject.client.post_logout_redirect_uris as string[];
  if (!hasLogin(subject)) return [];
  if (uris.length === 0) {
    const advice =
      'register post_logout_redirect_uris, or leave users on the page that says they are logged out';
    return [warning(check, 'nobody comes back to the app after logging out', advice)];
  }
  const findings: Finding[] = [];
  for (const uri of uris) {
    const params = { client_id: subject.client.client_id, post_logout_redirect_uri: uri };
    const answer = await subject.provider.get(ROUTES.end_session, params);
    findings.push(
      answer.status < 400
        ? ok(check, `${shown(uri)}: users may come back there; send client_id or id_token_hint with it`)
        : failed(
            check,
            `${shown(uri)}: ${refusalOf(answer, subject.config.issuer)}`,
            'correct the settings (client show, client update)',
          ),
    );
  }
  return findings;
}
