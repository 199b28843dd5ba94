// Pushed authorization requests (RFC 9126): what an app wants is told to the server, and the browser carries a name of
// it that is good once, soon, and for that app alone.
import { expect } from 'chai';
import * as client from 'openid-client';
import { ValidationError } from '../../src/lib/errors.js';
import { hashOf } from '../../src/lib/ids.js';
import { Agent, formIn, type Page } from '../support/agent.js';
import { PASSWORD, REDIRECT_URI, SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { openInspector } from '../support/inspector.js';
import {
  claimsOf,
  publicRelyingParty,
  type RelyingParty,
  register,
  relyingParty,
} from '../support/relying-party.js';
import { basic } from '../support/token-endpoint.js';
import { destination, goOn, type Walk, walk } from '../support/walk.js';

const PREFIX = 'urn:ietf:params:oauth:request_uri:';
const KIND = 'PushedAuthorizationRequest';
const STRICT = 'strict-app';

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

describe('pushed authorization requests', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await register(app, { client_id: STRICT, require_pushed_authorization_requests: true });
    await register(app, { client_id: 'other' });
    const own = { is_first_party: true, require_pushed_authorization_requests: true };
    await register(app, { client_id: 'first-party', ...own });
  });
  after(() => app.close());

  const strict = () => relyingParty(app, { clientId: STRICT });

  async function push(fields: Record<string, string> = {}, as = STRICT): Promise<Answer> {
    const response = await fetch(`${app.issuer}/api/oauth/par`, {
      method: 'POST',
      headers: { authorization: basic(as, SECRET), accept: 'text/html' },
      body: new URLSearchParams({
        client_id: as,
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        scope: 'openid profile',
        state: 'pushed-state',
        ...fields,
      }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    };
  }

  async function pushed(fields: Record<string, string> = {}, as = STRICT): Promise<string> {
    const { status, body } = await push(fields, as);
    if (status !== 201) throw new Error(`not taken: ${JSON.stringify(body)}`);
    return String(body.request_uri);
  }

  const addressOf = (requestUri: string, clientId = STRICT, more: Record<string, string> = {}) =>
    `${app.issuer}/api/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri, ...more })}`;

  /** A person's browser that is logged in and has agreed already. */
  async function loggedIn(): Promise<Agent> {
    const agent = new Agent();
    await walk(agent, app.issuer, addressOf(await pushed()));
    return agent;
  }

  function expectErrorPage(page: Page, code: string): void {
    expect(page.location).to.equal(undefined);
    expect(page.status).to.equal(400);
    expect(page.text).to.include(`<code id="error-code">${code}</code>`);
  }

  async function logIn(rp: RelyingParty) {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const url = await client.buildAuthorizationUrlWithPAR(rp.config, {
      redirect_uri: rp.redirectUri,
      scope: 'openid profile',
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    expect([...url.searchParams.keys()]).to.have.members(['client_id', 'request_uri']);
    const callback = destination(await walk(new Agent(), app.issuer, url.href));
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    return client.authorizationCodeGrant(rp.config, callback, checks);
  }

  it('are advertised', async () => {
    const { config } = await strict();
    expect(config.serverMetadata().pushed_authorization_request_endpoint).to.equal(
      `${app.issuer}/api/oauth/par`,
    );
    expect(config.serverMetadata()).not.to.have.property('require_pushed_authorization_requests');
  });

  it('log in with openid-client, for confidential and for public clients', async () => {
    for (const rp of [await strict(), await publicRelyingParty(app)]) {
      expect(claimsOf(await logIn(rp)).sub).to.equal(USER.id);
    }
  });

  it('are answered with a name that is random and lasts a minute', async () => {
    const { status, headers, body } = await push();
    expect(status).to.equal(201);
    expect(body).to.have.all.keys('request_uri', 'expires_in');
    expect(body.expires_in).to.equal(60);
    expect(body.request_uri).to.match(new RegExp(`^${PREFIX}[\\w-]{43,}$`));
    expect(headers.get('cache-control')).to.equal('no-store');
  });

  it('are the only way for a client that has to use them', async () => {
    const rp = await strict();
    const url = client.buildAuthorizationUrl(rp.config, { redirect_uri: REDIRECT_URI, scope: 'openid' });
    const back = destination(await walk(new Agent(), app.issuer, url.href));
    expect(back.searchParams.get('error')).to.equal('invalid_request');
    expect(back.searchParams.get('error_description')).to.match(/pushed/i);
  });

  it('count alone: whatever else is in the address does not', async () => {
    const more = {
      state: 'planted',
      scope: 'openid phone',
      redirect_uri: 'https://rp.example/other',
      nonce: 'n',
    };
    const walked = await walk(new Agent(), app.issuer, addressOf(await pushed(), STRICT, more));
    const back = destination(walked);
    expect(back.href.startsWith(`${REDIRECT_URI}?`)).to.equal(true);
    expect(back.searchParams.get('state')).to.equal('pushed-state');
  });

  it('can be opened again while they are not answered, and not afterwards', async () => {
    const url = addressOf(await pushed());
    const agent = new Agent();
    expect((await goOn(agent, app.issuer, url)).text).to.include('login-form');
    const walked = await walk(agent, app.issuer, url);
    expect(destination(walked).searchParams.has('code')).to.equal(true);
    expectErrorPage(await agent.follow(url, app.issuer), 'invalid_request_uri');
    expectErrorPage(await new Agent().follow(url, app.issuer), 'invalid_request_uri');
  });

  it('are answered once, however many browsers come with one at once', async () => {
    const agents = await Promise.all(Array.from({ length: 6 }, loggedIn));
    const url = addressOf(await pushed());
    const pages = await Promise.all(agents.flatMap((agent) => [agent.get(url), agent.fork().get(url)]));
    const codes = pages.filter(({ location }) => location?.includes('code='));
    expect(codes).to.have.lengthOf(1);
    for (const page of pages.filter((one) => one !== codes[0])) {
      const error = page.location ? new URL(page.location).searchParams.get('error') : page.text;
      expect(error).to.include('invalid_request_uri');
    }
  });

  it('stay used up for somebody who takes long to log in with the same one', async () => {
    const url = addressOf(await pushed());
    const slow = new Agent();
    const login = await goOn(slow, app.issuer, url);
    await walk(new Agent(), app.issuer, url);
    // Two minutes later: what nobody needs any more is deleted.
    await app.services.stores.artifacts.deleteExpired(new Date(Date.now() + 120_000), 1_000);
    const walked: Walk = await walk(
      slow,
      app.issuer,
      await slow.submit(formIn(login, 'login-form'), { username: USER.email, password: PASSWORD }),
    );
    expect(walked.page.location ?? walked.page.text).to.include('invalid_request_uri');
  });

  it('are of no use to another client', async () => {
    const requestUri = await pushed();
    const page = await new Agent().follow(addressOf(requestUri, 'other'), app.issuer);
    expectErrorPage(page, 'invalid_request_object');
    expect(destination(await walk(new Agent(), app.issuer, addressOf(requestUri))).search).to.include(
      'code=',
    );
  });

  it('are refused once they have expired', async () => {
    const requestUri = await pushed();
    const { artifacts } = app.services.stores;
    const key = hashOf(requestUri.slice(PREFIX.length));
    const stored = await artifacts.find(KIND, key);
    if (!stored) throw new Error('it is there');
    await artifacts.upsert(KIND, key, {
      ...stored,
      payload: { ...stored.payload, exp: Math.floor(Date.now() / 1000) - 1 },
    });
    const page = await new Agent().follow(addressOf(requestUri), app.issuer);
    expectErrorPage(page, 'invalid_request_uri');
    expect(page.text).to.include('This sign-in request has expired');
  });

  it('are refused when nobody has pushed them', async () => {
    for (const id of ['', 'x', `${'A'.repeat(43)}`, '#', '%00', '../x']) {
      const page = await new Agent().follow(addressOf(`${PREFIX}${id}`), app.issuer);
      expect(page.status, id).to.equal(400);
      expect(page.location, id).to.equal(undefined);
    }
    const elsewhere = await new Agent().follow(addressOf('https://evil.example/request'), app.issuer);
    expectErrorPage(elsewhere, 'request_uri_not_supported');
  });

  const bad: Record<string, [Record<string, string>, string]> = {
    'an address that is not registered': [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    'a request_uri': [{ request_uri: `${PREFIX}x` }, 'request_uri_not_supported'],
    'no client_id': [{ client_id: '' }, 'invalid_request'],
    'no response type': [{ response_type: '' }, 'invalid_request'],
    'another response type': [{ response_type: 'token' }, 'unsupported_response_type'],
    'the plain challenge': [
      { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' },
      'invalid_request',
    ],
    'claims that are no JSON': [{ claims: '{' }, 'invalid_request'],
    'another client’s id': [{ client_id: 'other' }, 'invalid_request'],
  };
  for (const [name, [fields, error]] of Object.entries(bad)) {
    it(`are refused on the spot with ${name}`, async () => {
      const { status, body, headers } = await push(fields);
      expect(status).to.equal(400);
      expect(body.error).to.equal(error);
      expect(body).to.have.all.keys('error', 'error_description', 'error_uri');
      expect(headers.get('content-type')).to.match(/^application\/json/);
    });
  }

  it('are for clients that prove who they are', async () => {
    const endpoint = `${app.issuer}/api/oauth/par`;
    const fields = { response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid' };
    const attempts: RequestInit[] = [
      { headers: { authorization: basic(STRICT, 'wrong') } },
      { headers: { authorization: basic('nobody', SECRET) } },
      { headers: {} },
    ];
    for (const init of attempts) {
      const clientId = init.headers && 'authorization' in init.headers ? {} : { client_id: STRICT };
      const body = new URLSearchParams({ ...fields, ...clientId });
      const response = await fetch(endpoint, { method: 'POST', body, ...init });
      expect(response.status).to.equal(401);
      expect(((await response.json()) as Answer['body']).error).to.equal('invalid_client');
    }
    const twice = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: basic(STRICT, SECRET), 'content-type': 'application/x-www-form-urlencoded' },
      body: `${new URLSearchParams(fields)}&scope=openid`,
    });
    expect(twice.status).to.equal(400);
    expect((await fetch(endpoint)).status).to.equal(405);
    const json = { 'content-type': 'application/json', authorization: basic(STRICT, SECRET) };
    const asJson = await fetch(endpoint, { method: 'POST', headers: json, body: JSON.stringify(fields) });
    expect(asJson.status).to.equal(400);
  });

  it('need PKCE from a public client', async () => {
    const body = new URLSearchParams({
      client_id: 'spa',
      response_type: 'code',
      redirect_uri: 'https://spa.example/callback',
      scope: 'openid',
    });
    const response = await fetch(`${app.issuer}/api/oauth/par`, { method: 'POST', body });
    expect(response.status).to.equal(400);
    expect(((await response.json()) as Answer['body']).error_description).to.match(/PKCE/);
  });

  it('keep offline_access for an app of our own, as an address does', async () => {
    const url = addressOf(await pushed({ scope: 'openid offline_access' }, 'first-party'), 'first-party');
    const code = destination(await walk(new Agent(), app.issuer, url)).searchParams.get('code') ?? '';
    const rp = await relyingParty(app, { clientId: 'first-party' });
    const tokens = await client.genericGrantRequest(rp.config, 'authorization_code', {
      code,
      redirect_uri: REDIRECT_URI,
    });
    expect(tokens.refresh_token).to.be.a('string');
  });

  it('lead back to the app where an interaction is over, and not to an address that says what was asked', async () => {
    const url = addressOf(await pushed({ login_hint: 'somebody@example.com' }));
    const agent = new Agent();
    const login = await goOn(agent, app.issuer, url);
    agent.clearCookies();
    const page = await agent.submit(formIn(login, 'login-form'), {
      username: USER.email,
      password: PASSWORD,
    });
    expect(page.status).to.equal(403);
    expect(page.text).to.include('href="https://rp.example/"').and.not.include('somebody');
  });

  it('leave nothing behind that could be used', async () => {
    const requestUri = await pushed({ login_hint: 'whoever@example.com' });
    await goOn(new Agent(), app.issuer, addressOf(requestUri));
    const inspector = await openInspector(app.dataDir);
    try {
      const id = requestUri.slice(PREFIX.length);
      const rows = await inspector.query(
        `SELECT kind FROM oauth_artifact WHERE key = '${id}' OR payload::text LIKE '%${id}%'`,
      );
      expect(rows).to.deep.equal([]);
      // What an interaction knows of it does not open it.
      const name = `#${hashOf(id)}`;
      const [kept] = await inspector.query(
        `SELECT kind FROM oauth_artifact WHERE payload->>'parJti' = '${name}'`,
      );
      expect(kept).to.deep.equal({ kind: 'Interaction' });
      expectErrorPage(
        await new Agent().follow(addressOf(`${PREFIX}${name}`), app.issuer),
        'invalid_request_uri',
      );
    } finally {
      await inspector.close();
    }
    // Nor a trace of somebody who is forgotten.
    await app.services.stores.artifacts.destroyNaming(['whoever@example.com']);
    const page = await new Agent().follow(addressOf(requestUri), app.issuer);
    expectErrorPage(page, 'invalid_request_uri');
  });

  it('are answered with 503 while they cannot be stored', async () => {
    const inspector = await openInspector(app.dataDir);
    try {
      await inspector.query(
        `CREATE FUNCTION par_down() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'down' USING ERRCODE = '57P01'; END $$`,
      );
      await inspector.query(
        `CREATE TRIGGER par_down BEFORE INSERT ON oauth_artifact FOR EACH ROW WHEN (NEW.kind = '${KIND}')
         EXECUTE FUNCTION par_down()`,
      );
      const { status, headers, body } = await push();
      expect(status).to.equal(503);
      expect(headers.get('retry-after')).to.equal('2');
      expect(body.error).to.equal('temporarily_unavailable');
    } finally {
      await inspector.query('DROP TRIGGER par_down ON oauth_artifact');
      await inspector.query('DROP FUNCTION par_down()');
      await inspector.close();
    }
  });

  it('off, are neither advertised, nor taken, nor demanded of a client', async () => {
    const off = await startApp({ env: { OAUTH_FEATURES: 'none' } });
    try {
      const { config } = await relyingParty(off);
      expect(config.serverMetadata()).not.to.have.property('pushed_authorization_request_endpoint');
      const response = await fetch(`${off.issuer}/api/oauth/par`, {
        method: 'POST',
        body: new URLSearchParams(),
      });
      expect(response.status).to.equal(404);
      expect(((await response.json()) as Answer['body']).error).to.equal('not_found');
      const url = `${off.issuer}/api/oauth/authorize?client_id=web-app&request_uri=${PREFIX}x`;
      expectErrorPage(await new Agent().follow(url, off.issuer), 'request_uri_not_supported');
      const refused = register(off, { client_id: STRICT, require_pushed_authorization_requests: true });
      const error = (await refused.catch((reason) => reason)) as ValidationError;
      expect(error).to.be.instanceOf(ValidationError);
      expect(error.problems[0]?.reason).to.match(/needs par, which is off/);
    } finally {
      await off.close();
    }
  });
});
