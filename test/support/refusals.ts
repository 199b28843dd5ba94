// Bad requests to each endpoint, and how the standards want them refused.
import { authorizeUrl, REDIRECT_URI, SECRET } from './app.js';
import { basic } from './token-endpoint.js';

/** Tokens of every kind, none of which is what the endpoint at hand wants. */
export interface Material {
  issuer: string;
  code: string;
  access: string;
  apiToken: string;
  refresh: string;
  id: string;
}

export interface Refusal {
  name: string;
  method?: string;
  path: string;
  query?: Record<string, string> | string[][];
  form?: Record<string, string> | string[][] | undefined;
  /** In place of a form. */
  body?: string;
  headers?: Record<string, string>;
  status: number;
  /** Undefined: only the status tells. */
  error: string | undefined;
}

const WEB = { authorization: basic('web-app', SECRET) };
const S256 = { code_challenge: 'c'.repeat(43), code_challenge_method: 'S256' };
const JSON_BODY = { 'content-type': 'application/json' };
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const NONE = 'eyJhbGciOiJub25lIn0.e30.';
/** PBES2 with two thousand million rounds. */
const SLOW = `${Buffer.from('{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":2147483647,"p2s":"YQ"}').toString('base64url')}.YQ.YQ.YQ.YQ`;
const LONG = 'a'.repeat(1025);

const claims = (idToken: unknown) => JSON.stringify({ id_token: idToken });

function authorization(): Refusal[] {
  const at = (name: string, params: Record<string, string>, error: string, status = 303): Refusal => ({
    name: `authorize, ${name}`,
    path: '/api/oauth/authorize',
    query: { ...Object.fromEntries(new URL(authorizeUrl('http://any')).searchParams), ...params },
    status,
    error,
  });
  return [
    at('an unknown client', { client_id: 'nobody' }, 'invalid_client', 400),
    at(
      'a foreign address',
      { redirect_uri: 'https://rp.example.evil.example/' },
      'invalid_redirect_uri',
      400,
    ),
    at('a state of more than 1 KB', { state: LONG }, 'invalid_request', 400),
    at('a nonce of more than 1 KB', { nonce: LONG }, 'invalid_request', 400),
    at('a response type that is not allowed', { response_type: 'token' }, 'unsupported_response_type'),
    at('an unknown response mode', { response_mode: 'pigeon' }, 'unsupported_response_mode'),
    at('prompt=none with nobody there', { prompt: 'none' }, 'login_required'),
    at('prompt=none beside another', { prompt: 'none login' }, 'invalid_request'),
    at('an unknown prompt', { prompt: 'create-me' }, 'invalid_request'),
    at('a max_age in words', { max_age: 'soon' }, 'invalid_request'),
    at('an id_token_hint that is none', { id_token_hint: 'x.y.z' }, 'invalid_request'),
    at('an id_token_hint without a signature', { id_token_hint: NONE }, 'invalid_request'),
    at('claims that are no JSON', { claims: '{' }, 'invalid_request'),
    at(
      'claims with values that are no list',
      { claims: claims({ acr: { essential: true, values: 'a' } }) },
      'invalid_request',
    ),
    at(
      'an acr that nobody vouches for',
      { claims: claims({ acr: { essential: true, value: 'urn:x' } }) },
      'unmet_authentication_requirements',
    ),
    at('PKCE with plain', { ...S256, code_challenge_method: 'plain' }, 'invalid_request'),
    at('a challenge of the wrong length', { ...S256, code_challenge: 'c' }, 'invalid_request'),
    at('a request object without a signature', { request: NONE }, 'invalid_request_object'),
    at('an encrypted request object that costs time', { request: SLOW }, 'invalid_request_object'),
    at(
      'an address of a request object',
      { request_uri: 'https://rp.example/r' },
      'request_uri_not_supported',
    ),
    at(
      'a pushed request that nobody pushed',
      { request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      'invalid_request_uri',
    ),
    at('a registration', { registration: '{}' }, 'registration_not_supported'),
    at('a resource nobody knows', { resource: 'https://nobody.example/' }, 'invalid_target'),
    at('a resource that is no URI', { resource: 'nothing' }, 'invalid_target'),
    at(
      'authorization details of no type',
      { resource: 'https://api.example/orders', authorization_details: '[{"type":"x"}]' },
      'invalid_authorization_details',
    ),
    at('a scope with quotes', { scope: 'openid "x"' }, 'invalid_scope'),
    { ...at('no method it knows', {}, ''), method: 'DELETE', status: 405, error: undefined },
  ];
}

function token({ code, refresh, access }: Material): Refusal[] {
  const at = (name: string, form: Refusal['form'], error: string, status = 400): Refusal => ({
    name: `token, ${name}`,
    method: 'POST',
    path: '/api/oauth/token',
    headers: WEB,
    ...(form && { form }),
    status,
    error,
  });
  const byCode = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
  const byRefresh = { grant_type: 'refresh_token', refresh_token: refresh };
  const nobody = at('nobody', byCode, 'invalid_client', 401);
  return [
    at('no grant type', {}, 'invalid_request'),
    at(
      'a grant type nobody offers',
      { grant_type: 'password', username: 'a', password: 'b' },
      'unsupported_grant_type',
    ),
    at('implicit', { grant_type: 'implicit' }, 'unsupported_grant_type'),
    at('a grant type that is not the client’s', { grant_type: 'client_credentials' }, 'unauthorized_client'),
    at('no code', { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }, 'invalid_request'),
    at('a code of nobody’s', { ...byCode, code: 'x' }, 'invalid_grant'),
    at('a token for a code', { ...byCode, code: access }, 'invalid_grant'),
    at(
      'a code with another address',
      { ...byCode, redirect_uri: 'https://rp.example/other' },
      'invalid_grant',
    ),
    at(
      'a code with a verifier nobody asked for',
      { ...byCode, code_verifier: 'v'.repeat(43) },
      'invalid_grant',
    ),
    at(
      'a resource that was not asked for',
      { ...byCode, resource: 'https://api.example/orders' },
      'invalid_target',
    ),
    at('a code twice', [...Object.entries(byCode), ['code', code]], 'invalid_request'),
    at('a refresh token of nobody’s', { ...byRefresh, refresh_token: 'x' }, 'invalid_grant'),
    at(
      'a refresh for a resource that was not asked for',
      { ...byRefresh, resource: 'https://api.example/orders' },
      'invalid_target',
    ),
    at('a code for a refresh token', { ...byRefresh, refresh_token: code }, 'invalid_grant'),
    at('more scope than was granted', { ...byRefresh, scope: 'openid phone' }, 'invalid_scope'),
    at(
      'details without a resource',
      { ...byRefresh, authorization_details: '[{"type":"x"}]' },
      'invalid_authorization_details',
    ),
    {
      ...at('a code of another client', byCode, 'invalid_grant'),
      headers: { authorization: basic('orders-app', SECRET) },
    },
    {
      ...at('a refresh token of another client', byRefresh, 'invalid_grant'),
      headers: { authorization: basic('orders-app', SECRET) },
    },
    {
      ...at('a client nobody knows', byCode, 'invalid_client', 401),
      headers: { authorization: basic('nobody', SECRET) },
    },
    {
      ...at('a wrong secret', byCode, 'invalid_client', 401),
      headers: { authorization: basic('web-app', 'wrong') },
    },
    {
      ...at('a Basic header that is none', byCode, 'invalid_request'),
      headers: { authorization: 'Basic ***' },
    },
    {
      ...at('two secrets', { ...byCode, client_id: 'web-app', client_secret: SECRET }, 'invalid_request'),
      headers: WEB,
    },
    { ...nobody, headers: {}, status: 400, error: 'invalid_request' },
    {
      ...at(
        'an assertion without a signature',
        { ...byCode, client_assertion_type: ASSERTION, client_assertion: NONE },
        'invalid_client',
        401,
      ),
      headers: {},
    },
    {
      ...at(
        'an assertion that costs time',
        { ...byCode, client_assertion_type: ASSERTION, client_assertion: SLOW },
        'invalid_request',
      ),
      headers: {},
    },
    { ...at('a DPoP proof that is none', byCode, 'invalid_dpop_proof'), headers: { ...WEB, dpop: 'x' } },
    {
      ...at('JSON', undefined, 'invalid_request'),
      body: JSON.stringify(byCode),
      headers: { ...WEB, ...JSON_BODY },
    },
    { ...at('the address', undefined, 'invalid_request', 405), method: 'GET', query: byCode },
  ];
}

function userinfo({ access, apiToken, refresh, id, code }: Material): Refusal[] {
  const at = (name: string, token: string | undefined, error: string, status = 401): Refusal => ({
    name: `userinfo, ${name}`,
    path: '/api/oauth/userinfo',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    status,
    error,
  });
  return [
    at('no token', undefined, 'invalid_token'),
    at('a token of nobody’s', 'x', 'invalid_token'),
    at('a token for an API', apiToken, 'invalid_token'),
    at('a refresh token', refresh, 'invalid_token'),
    at('an ID token', id, 'invalid_token'),
    at('a code', code, 'invalid_token'),
    at('a token without a signature', NONE, 'invalid_token'),
    { ...at('a token in the address', undefined, 'invalid_request', 400), query: { access_token: access } },
    {
      ...at('another scheme', undefined, 'invalid_request', 400),
      headers: { authorization: `Basic ${access}` },
    },
    {
      ...at('a proof that is none', undefined, 'invalid_dpop_proof'),
      headers: { authorization: `DPoP ${access}`, dpop: 'x' },
    },
    {
      ...at('a token in two places', access, 'invalid_request', 400),
      method: 'POST',
      form: { access_token: access },
    },
  ];
}

function aboutTokens({ access }: Material): Refusal[] {
  return ['introspect', 'revoke'].flatMap((endpoint): Refusal[] => {
    const at = (name: string, more: Partial<Refusal>, error: string, status = 400): Refusal => ({
      name: `${endpoint}, ${name}`,
      method: 'POST',
      path: `/api/oauth/${endpoint}`,
      headers: WEB,
      form: { token: access },
      status,
      error,
      ...more,
    });
    return [
      at('nobody', { headers: {} }, 'invalid_request'),
      at('a wrong secret', { headers: { authorization: basic('web-app', 'wrong') } }, 'invalid_client', 401),
      at('no token', { form: {} }, 'invalid_request'),
      at(
        'two tokens',
        {
          form: [
            ['token', 'a'],
            ['token', 'b'],
          ],
        },
        'invalid_request',
      ),
      at('a token of 9 KB', { form: { token: 'a'.repeat(9_000) } }, 'invalid_request'),
      {
        ...at('JSON', {}, 'invalid_request'),
        headers: { ...WEB, ...JSON_BODY },
        form: undefined,
        body: '{"token":"a"}',
      },
      {
        ...at('the address', {}, 'invalid_request', 405),
        method: 'GET',
        form: undefined,
        query: { token: 'a' },
      },
    ];
  });
}

function pushed(): Refusal[] {
  const good = { client_id: 'web-app', redirect_uri: REDIRECT_URI, response_type: 'code', scope: 'openid' };
  const at = (name: string, form: Record<string, string>, error: string, status = 400): Refusal => ({
    name: `par, ${name}`,
    method: 'POST',
    path: '/api/oauth/par',
    headers: WEB,
    form: { ...good, ...form },
    status,
    error,
  });
  return [
    at('a foreign address', { redirect_uri: 'https://evil.example/' }, 'invalid_request'),
    at('another client', { client_id: 'orders-app' }, 'invalid_request'),
    at('a pushed request inside', { request_uri: 'urn:x:y' }, 'request_uri_not_supported'),
    at('a response type that is not allowed', { response_type: 'token' }, 'unsupported_response_type'),
    at('a state of more than 1 KB', { state: LONG }, 'invalid_request'),
    at('claims that are no JSON', { claims: '{' }, 'invalid_request'),
    at(
      'authorization details of no type',
      { resource: 'https://api.example/orders', authorization_details: '[{"type":"x"}]' },
      'invalid_authorization_details',
    ),
    at('a resource nobody knows', { resource: 'https://nobody.example/' }, 'invalid_target'),
    at('a request object without a signature', { request: NONE }, 'invalid_request_object'),
    {
      ...at('a wrong secret', {}, 'invalid_client', 401),
      headers: { authorization: basic('web-app', 'wrong') },
    },
    {
      ...at('JSON', {}, 'invalid_request'),
      headers: { ...WEB, ...JSON_BODY },
      form: undefined,
      body: '{}',
    },
  ];
}

function logout({ issuer }: Material): Refusal[] {
  const at = (name: string, query: Record<string, string>, error = 'invalid_request'): Refusal => ({
    name: `logout, ${name}`,
    path: '/api/oauth/logout',
    query,
    status: 400,
    error,
  });
  const back = 'https://rp.example/logged-out';
  return [
    at('a hint that is none', { id_token_hint: 'x.y.z' }),
    at('a hint without a signature', { id_token_hint: NONE }, 'invalid_client'),
    at('an address nobody registered', {
      client_id: 'web-app',
      post_logout_redirect_uri: 'https://evil.example/',
    }),
    at('a client nobody knows', { client_id: 'nobody', post_logout_redirect_uri: back }, 'invalid_client'),
    at('a state of more than 1 KB', { client_id: 'web-app', post_logout_redirect_uri: back, state: LONG }),
    {
      ...at('a confirmation that nobody was asked for', {}),
      name: 'logout/confirm, a form of nobody’s',
      method: 'POST',
      path: '/api/oauth/logout/confirm',
      form: { xsrf: 'x', logout: 'yes' },
      headers: { origin: issuer },
    },
  ];
}

function validation({ access }: Material): Refusal[] {
  const path = '/api/oauth/validate_access_token';
  const at = (name: string, more: Partial<Refusal>): Refusal => ({
    name: `validate_access_token, ${name}`,
    path,
    status: 400,
    error: 'invalid_request',
    ...more,
  });
  return [
    at('no token', {}),
    at('a token in the address', { query: { token: access } }),
    at('a token in two places', {
      method: 'POST',
      form: { token: access },
      headers: { authorization: `Bearer ${access}` },
    }),
    at('two tokens', {
      method: 'POST',
      form: [
        ['token', 'a'],
        ['token', 'b'],
      ],
    }),
    at('JSON', { method: 'POST', headers: JSON_BODY, body: '{"token":"a"}' }),
    at('a token of 9 KB', { method: 'POST', form: { token: 'a'.repeat(9_000) } }),
    at('no method it knows', { method: 'PUT', status: 405, error: undefined }),
  ];
}

function documents(): Refusal[] {
  const paths = [
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/api/oauth/jwks',
  ];
  return paths.flatMap((path): Refusal[] => [
    { name: `${path}, POST`, method: 'POST', path, form: { a: 'b' }, status: 405, error: undefined },
    { name: `${path}, a NUL`, path, query: { a: '\0' }, status: 400, error: 'invalid_request' },
    { name: `${path}, another spelling`, path: `${path}/`, status: 404, error: undefined },
  ]);
}

export function refusalsWith(material: Material): Refusal[] {
  return [
    ...authorization(),
    ...token(material),
    ...userinfo(material),
    ...aboutTokens(material),
    ...pushed(),
    ...logout(material),
    ...validation(material),
    ...documents(),
  ];
}
