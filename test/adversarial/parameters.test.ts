// Every parameter of every endpoint, spoiled in every way that is still text.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { REDIRECT_URI, startApp, type TestApp } from '../support/app.js';
import { type Endpoint, endpoints, pendingConsent, requestWith } from '../support/endpoints.js';
import { type RawAnswer, send } from '../support/raw-http.js';

const deep = (depth: number) => encodeURIComponent(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

/** What a parameter is sent as. */
const SPOILT: Record<string, (name: string, good: string) => string[]> = {
  missing: () => [],
  empty: (name) => [`${name}=`],
  'without a value': (name) => [name],
  duplicated: (name, good) => [`${name}=${good || 'a'}`, `${name}=${good || 'a'}`],
  'duplicated, different': (name, good) => [`${name}=${good || 'a'}`, `${name}=b`],
  'an array': (name, good) => [`${name}[]=${good}`, `${name}[0]=${good}`],
  'an object': (name, good) => [`${name}[toString]=${good}`],
  '10 KB': (name) => [`${name}=${'a'.repeat(10_240)}`],
  emoji: (name) => [`${name}=%F0%9F%98%80`],
  'half an escape': (name) => [`${name}=%`],
  'no escape': (name) => [`${name}=%zz%u0000`],
  'CR and LF': (name) => [`${name}=a%0d%0aSet-Cookie:%20x=1%0d%0a%0d%0a<script>`],
  'deep JSON': (name) => [`${name}=${deep(300)}`],
  'JSON of another kind': (name) => [`${name}=%5B1%2Cnull%5D`],
  'JSON null': (name) => [`${name}=null`],
  'a prototype': (name) => [
    `${name}=${encodeURIComponent('{"__proto__":{"x":1},"userinfo":{"__proto__":{"polluted":null}}}')}`,
  ],
  'beside __proto__': (name, good) => [`${name}=${good}`, '__proto__=1', 'constructor=1', 'hasOwnProperty=1'],
  markup: (name) => [`${name}=${encodeURIComponent('"><script>alert(1)</script>')}`],
  'a quote': (name) => [`${name}=${encodeURIComponent(`' OR 1=1; DROP TABLE users --`)}`],
  'a number': (name) => [`${name}=-99999999999999999999`],
};

const LEAK = /\bat .{0,80}[(/].{0,120}:\d+:\d+|node_modules|\/(src|dist)[\w-]*\/|prisma|postgres|SQLSTATE/i;

function locationProblem(location: string, issuer: string): string | undefined {
  const { origin, pathname } = new URL(location, issuer);
  const allowed = [issuer, 'https://rp.example'];
  const paths = /^\/(callback|other|logged-out|interaction\/|api\/oauth\/)/;
  return allowed.includes(origin) && paths.test(pathname) ? undefined : `leads to ${location}`;
}

function jsonProblem({ status, text, headers }: RawAnswer): string | undefined {
  const type = headers['content-type'] ?? '';
  if (status === 200 && text === '') return undefined; // RFC 7009: a revocation answers nothing.
  if (!/^application\/(jwk-set\+)?json/.test(type)) return `no JSON: ${type}`;
  if (status < 400) return undefined;
  const { error, error_description: description } = JSON.parse(text) as Record<string, unknown>;
  return typeof error === 'string' && typeof description === 'string' ? undefined : `wrong shape: ${text}`;
}

function problemOf(endpoint: Endpoint, answer: RawAnswer, issuer: string): string | undefined {
  const { status, headers, text } = answer;
  if (status < 200 || status >= 500) return `status ${status}: ${text.slice(0, 200)}`;
  if (LEAK.test(text)) return `leaks: ${LEAK.exec(text)?.[0]}`;
  if (/<script>alert|"><script|=a\r?\n/i.test(text)) return 'markup is not escaped';
  if (/(^|\n)x=1/.test(headers['set-cookie'] ?? '')) return 'a header was injected';
  if (headers.location !== undefined) return locationProblem(headers.location, issuer);
  return endpoint.audience === 'program' ? jsonProblem(answer) : undefined;
}

/** The parameters of the error that an answer sends the browser back to the client with. */
function sentBack({ headers }: RawAnswer): URLSearchParams | undefined {
  if (!headers.location?.startsWith(REDIRECT_URI)) return undefined;
  const { search, hash } = new URL(headers.location);
  return new URLSearchParams(hash.slice(1) || search);
}

/** What the endpoints of the list need. */
const FEATURES = 'par,dpop,private_key_jwt,rar,validate_token';

describe('spoilt parameters', () => {
  let app: TestApp;
  let all: Endpoint[];

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: FEATURES } });
    all = endpoints(await pendingConsent(new Agent(), app.issuer));
  });

  after(() => app.close());

  const endpoint = (name: string): Endpoint => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(`no endpoint ${name}`);
    return found;
  };

  for (const accept of ['text/html', 'application/json']) {
    for (const { name, params } of endpoints({ action: '/', csrf: '', cookie: '' })) {
      it(`never break ${name} asked for ${accept}`, async () => {
        const problems: string[] = [];
        const target = endpoint(name);
        for (const [param, good] of Object.entries(params)) {
          for (const [how, spoil] of Object.entries(SPOILT)) {
            const request = requestWith(target, param, spoil(param, target.params[param] ?? good), accept);
            const problem = problemOf(target, await send(app.issuer, request), app.issuer);
            if (problem) problems.push(`${param} ${how}: ${problem}`);
          }
        }
        expect(problems).to.deep.equal([]);
      });
    }
  }

  it('leave the object prototype alone', () => {
    expect(Object.keys(Object.getPrototypeOf({}))).to.deep.equal([]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).to.equal(false);
  });

  /** The plain request, `name` sent as `pairs`. */
  function authorize(name: string, ...pairs: string[]): Promise<RawAnswer> {
    const { path, params } = endpoint('authorize');
    const base = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state']
      .filter((other) => other !== name)
      .map((other) => `${other}=${params[other]}`);
    return send(app.issuer, {
      target: `${path}?${[...base, ...pairs].join('&')}`,
      headers: { accept: 'text/html' },
    });
  }

  it('begin from an authorization request that works', async () => {
    const { status, headers } = await authorize('nothing');
    expect(status).to.equal(303);
    expect(headers.location).to.match(/^\/interaction\//);
  });

  const SENT_BACK: [name: string, pairs: string[], error: string][] = [
    ['response_type', [], 'invalid_request'],
    ['response_type', ['response_type=token'], 'unsupported_response_type'],
    ['response_type', ['response_type=code%20id_token'], 'unsupported_response_type'],
    ['response_type', ['response_type=none'], 'unsupported_response_type'],
    ['response_mode', ['response_mode=bogus'], 'unsupported_response_mode'],
    ['prompt', ['prompt=bogus'], 'invalid_request'],
    ['prompt', ['prompt=none%20login'], 'invalid_request'],
    ['prompt', ['prompt=none'], 'login_required'],
    ['max_age', ['max_age=-1'], 'invalid_request'],
    ['max_age', ['max_age=soon'], 'invalid_request'],
    ['claims', ['claims=no-json'], 'invalid_request'],
    ['claims', ['claims=%5B%5D'], 'invalid_request'],
    ['nonce', ['nonce=a', 'nonce=a'], 'invalid_request'],
    ['scope', ['scope=openid', 'scope=email'], 'invalid_request'],
    ['code_challenge', ['code_challenge=short', 'code_challenge_method=S256'], 'invalid_request'],
    [
      'code_challenge_method',
      [`code_challenge=${'a'.repeat(43)}`, 'code_challenge_method=plain'],
      'invalid_request',
    ],
    ['id_token_hint', ['id_token_hint=no-jwt'], 'invalid_request'],
    ['request', ['request=eyJhbGciOiJub25lIn0.e30.'], 'request_not_supported'],
    ['request_uri', ['request_uri=https%3A%2F%2Fevil.example%2Fr'], 'request_uri_not_supported'],
    ['registration', ['registration=%7B%7D'], 'registration_not_supported'],
  ];

  for (const [name, pairs, error] of SENT_BACK) {
    it(`answer ${pairs.join('&') || `no ${name}`} with ${error}, state and iss at the client`, async () => {
      const back = sentBack(await authorize(name, ...pairs));
      expect(back?.get('error')).to.equal(error);
      expect(back?.get('error_description')).to.be.a('string').and.not.equal('');
      expect(back?.get('state')).to.equal('the-state');
      expect(back?.get('iss')).to.equal(app.issuer);
      expect(back?.has('code')).to.equal(false);
    });
  }

  for (const name of ['client_id', 'redirect_uri']) {
    for (const pairs of [[], [`${name}=`], [`${name}=unknown`], [`${name}=a`, `${name}=a`]]) {
      it(`answer ${pairs.join('&') || `no ${name}`} with a page and no redirect`, async () => {
        const answer = await authorize(name, ...pairs);
        expect(answer.status).to.equal(400);
        expect(answer.headers.location).to.equal(undefined);
        expect(answer.text).to.match(/id="error-code">invalid_(request|client|redirect_uri)</);
      });
    }
  }

  const TOKEN_ERRORS: [name: string, pairs: string[], status: number, error: string][] = [
    ['grant_type', [], 400, 'invalid_request'],
    ['grant_type', ['grant_type=password'], 400, 'unsupported_grant_type'],
    ['grant_type', ['grant_type=client_credentials'], 400, 'unauthorized_client'],
    ['grant_type', ['grant_type=refresh_token', 'grant_type=refresh_token'], 400, 'invalid_request'],
    ['code', [], 400, 'invalid_request'],
    ['code', ['code=unknown'], 400, 'invalid_grant'],
    ['code', ['code=a', 'code=b'], 400, 'invalid_request'],
    ['code', [`code=${'a'.repeat(9000)}`], 400, 'invalid_request'],
    ['redirect_uri', [], 400, 'invalid_request'],
    ['client_id', [], 400, 'invalid_request'],
    ['client_id', ['client_id=unknown'], 401, 'invalid_client'],
    ['client_secret', ['client_secret=wrong'], 401, 'invalid_client'],
  ];

  for (const [name, pairs, status, error] of TOKEN_ERRORS) {
    const sent = pairs.join('&').slice(0, 60) || `no ${name}`;
    it(`answer ${sent} at the token endpoint with ${status} ${error}`, async () => {
      const answer = await send(app.issuer, requestWith(endpoint('token (code)'), name, pairs, 'text/html'));
      expect(JSON.parse(answer.text)).to.include({ error });
      expect(answer.status).to.equal(status);
      expect(answer.headers['cache-control']).to.equal('no-store');
    });
  }
});
