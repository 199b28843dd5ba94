// Every endpoint with parameters that work, for tests that spoil them one at a time.
import { type Agent, formIn } from './agent.js';
import { authorizeUrl, PASSWORD, REDIRECT_URI, SECRET, USER, WEB_CLIENT } from './app.js';
import { FORM, type RawRequest } from './raw-http.js';

export interface Endpoint {
  name: string;
  method: 'GET' | 'POST';
  path: string;
  audience: 'browser' | 'program';
  /** Name to encoded value. */
  params: Record<string, string>;
  headers?: Record<string, string>;
}

const client = { client_id: WEB_CLIENT.client_id, client_secret: SECRET };
const redirect = encodeURIComponent(REDIRECT_URI);

const AUTHORIZE_EXTRAS = [
  'nonce',
  'prompt',
  'max_age',
  'ui_locales',
  'claims_locales',
  'login_hint',
  'acr_values',
  'claims',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'display',
  'id_token_hint',
  'request',
  'request_uri',
  'registration',
  'resource',
  'authorization_details',
  'dpop_jkt',
  'unheard_of',
];

const GOOD_EXTRA: Record<string, string> = {
  prompt: 'consent',
  max_age: '60',
  claims: encodeURIComponent('{"userinfo":{"email":null}}'),
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  response_mode: 'query',
  display: 'page',
};

const authorizeBase = Object.fromEntries(
  [...new URL(authorizeUrl('http://any')).searchParams].map(([name, value]) => [
    name,
    encodeURIComponent(value),
  ]),
);

const post = (name: string, params: Record<string, string>): Endpoint => ({
  name,
  method: 'POST',
  path: `/api/oauth/${name.split(' ')[0]}`,
  audience: 'program',
  params,
});

/** A form of a pending interaction: where it goes, its token, and its browser's cookies. */
export interface PendingForm {
  action: string;
  csrf: string;
  cookie: string;
}

/** Logs `agent` in and stops at the consent page. */
export async function pendingConsent(agent: Agent, issuer: string): Promise<PendingForm> {
  const login = await agent.follow(authorizeUrl(issuer), issuer);
  const answer = await agent.submit(formIn(login, 'login-form'), {
    username: USER.email,
    password: PASSWORD,
  });
  const { action, fields } = formIn(await agent.follow(answer, issuer), 'consent-form');
  return { action, csrf: fields.csrf ?? '', cookie: agent.cookieHeader(action) };
}

export function endpoints(consent: PendingForm): Endpoint[] {
  const consentPath = new URL(consent.action, 'http://any').pathname;
  const interactionPath = consentPath.replace(/\/consent$/, '');
  const extras = Object.fromEntries(AUTHORIZE_EXTRAS.map((name) => [name, GOOD_EXTRA[name] ?? '']));
  const { prompt = '', ...others } = extras;
  const authorize: Endpoint = {
    name: 'authorize',
    method: 'GET',
    path: '/api/oauth/authorize',
    audience: 'browser',
    params: { ...authorizeBase, prompt, ...others },
  };
  const logout: Endpoint = {
    name: 'logout',
    method: 'GET',
    path: '/api/oauth/logout',
    audience: 'browser',
    params: {
      client_id: WEB_CLIENT.client_id,
      post_logout_redirect_uri: encodeURIComponent('https://rp.example/logged-out'),
      id_token_hint: '',
      state: 's',
      ui_locales: 'en',
      logout_hint: '',
    },
  };
  return [
    authorize,
    { ...authorize, name: 'authorize (POST)', method: 'POST' },
    post('token (code)', {
      ...client,
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: redirect,
      code_verifier: 'v'.repeat(43),
      unheard_of: '1',
    }),
    post('token (refresh)', { ...client, grant_type: 'refresh_token', refresh_token: 'x', scope: 'openid' }),
    post('userinfo', { access_token: 'x' }),
    post('par', { ...client, ...authorizeBase, unheard_of: '1' }),
    post('revoke', { ...client, token: 'x', token_type_hint: 'access_token' }),
    post('validate_access_token', { token: 'x', client_id: WEB_CLIENT.client_id }),
    post('introspect', { ...client, token: 'x', token_type_hint: 'access_token' }),
    logout,
    { ...logout, name: 'logout (POST)', method: 'POST' },
    {
      name: 'logout/confirm',
      method: 'POST',
      path: '/api/oauth/logout/confirm',
      audience: 'browser',
      params: { xsrf: 'x', logout: 'yes' },
    },
    { name: 'jwks', method: 'GET', path: '/api/oauth/jwks', audience: 'program', params: { any: '1' } },
    {
      name: 'discovery',
      method: 'GET',
      path: '/.well-known/openid-configuration',
      audience: 'program',
      params: { any: '1' },
    },
    {
      name: 'discovery (RFC 8414)',
      method: 'GET',
      path: '/.well-known/oauth-authorization-server',
      audience: 'program',
      params: { any: '1' },
    },
    {
      name: 'error reference',
      method: 'GET',
      path: '/api/oauth/errors',
      audience: 'browser',
      params: { ui_locales: 'en' },
    },
    {
      name: 'consent form',
      method: 'POST',
      path: consentPath,
      audience: 'browser',
      // Neither allow nor deny: the interaction stays for the next request.
      params: { csrf: consent.csrf, decision: 'perhaps' },
      headers: { cookie: consent.cookie },
    },
    {
      name: 'interaction page',
      method: 'GET',
      path: interactionPath,
      audience: 'browser',
      params: { login: '1' },
      headers: { cookie: consent.cookie },
    },
    { name: 'unknown', method: 'GET', path: '/no/such/page', audience: 'browser', params: { any: '1' } },
  ];
}

/** The endpoint's parameters as a query or form, `name` replaced by `pairs` (which may be none). */
function encode({ params }: Endpoint, name: string, pairs: string[]): string {
  const others = Object.entries(params).filter(([other, value]) => other !== name && value !== '');
  return [...others.map(([other, value]) => `${other}=${value}`), ...pairs].join('&');
}

/** A request to the endpoint in which parameter `name` is sent as `pairs`, encoded already. */
export function requestWith(endpoint: Endpoint, name: string, pairs: string[], accept: string): RawRequest {
  const { method, path } = endpoint;
  const text = encode(endpoint, name, pairs);
  const headers = { accept, ...endpoint.headers };
  return method === 'GET'
    ? { method, target: `${path}?${text}`, headers }
    : { method, target: path, headers: { ...headers, ...FORM }, body: text };
}
