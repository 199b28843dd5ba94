// Pairwise subjects (OpenID Connect Core section 8): what names a user to an app names them to no other.
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { authorizeUrl, OTHER_USER, SECRET, startApp, type TestApp, USER, userinfo } from '../support/app.js';
import { runCli } from '../support/cli.js';
import { assertionClaims, byAssertion, jwksOf, makeClientKey, signed } from '../support/client-keys.js';
import { begin, DEVICE_CODE, letIn, poll, TV } from '../support/device.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { logIn, type RelyingParty, refusal, register, relyingParty } from '../support/relying-party.js';
import {
  API,
  introspect,
  ORDERS_APP,
  obtainFor,
  revoke,
  seedResourceServers,
} from '../support/resource-server.js';

const AUTHOR = { actor: 'operator:test', ip: undefined, requestId: undefined };
const FEATURES = 'par,dpop,private_key_jwt,device_flow,pairwise,validate_token,introspection_jwt';
const PAIRWISE = { subject_type: 'pairwise' };

/** The sector document of an app, as the test wants it: in place of the network. */
const sectors = {
  uri: 'https://sectors.example/apps.json',
  answer: { status: 200, body: '[]' },
  asked: 0,
};

/** The keys of a device, likewise. */
const keysOfDevice = { uri: 'https://keys.example/tv.json', body: '' };

function serveSectors(): () => void {
  const { fetch: before } = globalThis;
  globalThis.fetch = async (input, init) => {
    const uri = String(input instanceof Request ? input.url : input);
    if (uri === keysOfDevice.uri) return new Response(keysOfDevice.body);
    if (uri !== sectors.uri) return before(input, init);
    sectors.asked += 1;
    expect(init).to.include({ method: 'GET', redirect: 'manual' }).and.to.have.property('dispatcher');
    const { status, body } = sectors.answer;
    return new Response(body, { status, headers: { location: `${sectors.uri}?elsewhere` } });
  };
  return () => {
    globalThis.fetch = before;
  };
}

const problemsOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, 'not refused').to.be.instanceOf(ValidationError);
  return JSON.stringify((error as ValidationError).problems);
};

describe('pairwise subjects', () => {
  let app: TestApp;
  let endServing: () => void;
  let count = 0;

  before(async () => {
    endServing = serveSectors();
    app = await startApp({ env: { OAUTH_FEATURES: FEATURES } });
    await seedResourceServers(app);
  });
  after(async () => {
    await app.close();
    endServing();
  });

  /** A pairwise app at a host of its own, unless the settings say otherwise. */
  async function pairwiseApp(settings: Record<string, unknown> = {}, host = `app-${count + 1}.example`) {
    count += 1;
    const id = `pairwise-${count}`;
    const redirectUri = `https://${host}/callback`;
    await register(app, {
      client_id: id,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [],
      ...PAIRWISE,
      ...settings,
    });
    return { id, rp: await relyingParty(app, { clientId: id, redirectUri }) };
  }

  const subAt = async (rp: RelyingParty, username = USER.email) =>
    (await logIn(rp, new Agent(), {}, { username })).claims.sub;

  it('are advertised', async () => {
    const { config } = await relyingParty(app);
    expect(config.serverMetadata().subject_types_supported).to.deep.equal(['public', 'pairwise']);
  });

  it('differ by user and by sector, are the same each time, and tell nothing', async () => {
    const [one, two] = [await pairwiseApp(), await pairwiseApp()];
    const sub = await subAt(one.rp);
    expect(sub).to.match(/^[\w-]{43}$/);
    expect(await subAt(one.rp)).to.equal(sub);
    const subs = new Set([sub, await subAt(one.rp, OTHER_USER.email), await subAt(two.rp)]);
    expect(subs).to.have.property('size', 3);
    expect((await logIn(await relyingParty(app), new Agent())).claims.sub).to.equal(USER.id);
    const beside = await pairwiseApp({}, 'app-1.example');
    expect(await subAt(beside.rp)).to.equal(sub);
  });

  it('are the same in the ID token, at UserInfo, at introspection and validation', async () => {
    const { id, rp } = await pairwiseApp();
    const { tokens, claims } = await logIn(rp, new Agent(), {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const as = { client_id: id, client_secret: SECRET };
    const info = await userinfo(app.issuer, tokens.access_token);
    expect(info.body.sub).to.equal(claims.sub);
    for (const token of [tokens.access_token, tokens.refresh_token ?? '']) {
      const { body, text } = await introspect(app, token, as);
      expect(body).to.include({ active: true, sub: claims.sub });
      expect(text).to.not.include(USER.id);
    }
    const signed = await introspect(app, tokens.access_token, as, {
      accept: 'application/token-introspection+jwt',
    });
    expect((decodeJwt(signed.text).token_introspection as { sub?: string }).sub).to.equal(claims.sub);
    const validate = (token: string) =>
      fetch(`${app.issuer}/api/oauth/validate_access_token`, {
        headers: { authorization: `Bearer ${token}` },
      });
    for (const token of [tokens.access_token, tokens.id_token ?? '']) {
      const answer = (await (await validate(token)).json()) as { status: string };
      expect(answer.status).to.equal('valid');
      expect(JSON.stringify(answer)).to.not.include(USER.id).and.not.include(claims.sub);
    }
    await revoke(app, tokens.refresh_token ?? '', as);
    expect((await userinfo(app.issuer, tokens.access_token)).status).to.equal(401);
    expect(JSON.stringify([tokens, info.body])).to.not.include(USER.id);
  });

  it('stand in access tokens for an API, and in what the API is told of them', async () => {
    await app.services.clients.update(ORDERS_APP.client_id, PAIRWISE, AUTHOR);
    const { access, id } = await obtainFor(app);
    const { sub } = decodeJwt(id);
    expect(sub).to.match(/^[\w-]{43}$/);
    expect(decodeJwt(access)).to.include({ sub, aud: API, client_id: ORDERS_APP.client_id });
    const { body } = await introspect(app, access);
    expect(body).to.include({ active: true, sub });
    await revoke(app, access);
    expect((await introspect(app, access)).body).to.deep.equal({ active: false });
  });

  it('are what a hint and a requested sub are compared with', async () => {
    const { rp } = await pairwiseApp();
    const agent = new Agent();
    const { tokens, claims } = await logIn(rp, agent);
    const asking = (value: string) => ({ claims: JSON.stringify({ id_token: { sub: { value } } }) });
    const silent = { prompt: 'none' };
    expect((await logIn(rp, agent, { ...silent, ...asking(claims.sub) })).claims.sub).to.equal(claims.sub);
    const hint = { id_token_hint: tokens.id_token ?? '' };
    expect((await logIn(rp, agent, { ...silent, ...hint })).claims.sub).to.equal(claims.sub);
    for (const value of [USER.id, `${claims.sub}x`]) {
      expect((await refusal(rp, agent, { ...silent, ...asking(value) })).error.error).to.equal(
        'login_required',
      );
    }
    const other = new Agent();
    await logIn(rp, other, {}, { username: OTHER_USER.email });
    expect((await refusal(rp, other, { ...silent, ...hint })).error.error).to.equal('login_required');
  });

  it('are what a login has to be of, where somebody is asked for by one', async () => {
    const { rp } = await pairwiseApp();
    const { tokens, claims } = await logIn(rp, new Agent());
    const { sub } = claims;
    const asked: Record<string, string>[] = [
      { id_token_hint: tokens.id_token ?? '' },
      { claims: JSON.stringify({ id_token: { sub: { value: sub } } }) },
    ];
    for (const params of asked) {
      expect((await logIn(rp, new Agent(), params)).claims).to.include({ sub });
      const other = { username: OTHER_USER.email };
      expect((await refusal(rp, new Agent(), params, other)).error.error).to.equal('login_required');
    }
    const byId = { claims: JSON.stringify({ id_token: { sub: { value: USER.id } } }) };
    expect((await refusal(rp, new Agent(), byId)).error.error).to.equal('login_required');
  });

  it('prove a logout by hint, and stand in the logout tokens of the outbox', async () => {
    const receiver = await openLogoutReceiver();
    try {
      const { id, rp } = await pairwiseApp({ backchannel_logout_uri: receiver.uri });
      const agent = new Agent();
      const { tokens, claims } = await logIn(rp, agent);
      const url = new URL(`${app.issuer}/api/oauth/logout`);
      url.searchParams.set('id_token_hint', tokens.id_token ?? '');
      const page = await agent.follow(url.href, app.issuer);
      expect(page.text).to.not.include('id="logout-confirm"');
      const [token = ''] = await receiver.tokens(1);
      const keys = createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`));
      const { payload } = await jwtVerify(token, keys, {
        issuer: app.issuer,
        audience: id,
        typ: 'logout+jwt',
      });
      expect(payload.sub).to.equal(claims.sub);
      // Of somebody who is forgotten, too: only the seal knows the id by then.
      receiver.received.length = 0;
      await logIn(rp, new Agent());
      await app.services.users.forget(USER.id, AUTHOR);
      const [last = ''] = await receiver.tokens(1);
      expect(decodeJwt(last).sub).to.equal(claims.sub);
    } finally {
      await receiver.close();
    }
  });

  it('ask before a logout when the hint is about somebody else', async () => {
    const { rp } = await pairwiseApp();
    const [agent, other] = [new Agent(), new Agent()];
    await logIn(rp, agent);
    const { tokens } = await logIn(rp, other, {}, { username: OTHER_USER.email });
    const url = new URL(`${app.issuer}/api/oauth/logout`);
    url.searchParams.set('id_token_hint', tokens.id_token ?? '');
    expect((await agent.follow(url.href, app.issuer)).text).to.include('id="logout-confirm"');
  });

  it('leave the audit trail, the connected apps and the export to the user’s own id', async () => {
    const { id, rp } = await pairwiseApp();
    const { claims } = await logIn(rp, new Agent());
    const { stores, users } = app.services;
    const events = await stores.audit.list({ clientId: id, limit: 50 });
    expect(events.filter(({ userId }) => userId === USER.id)).to.not.be.empty;
    expect(JSON.stringify(events)).to.not.include(claims.sub);
    const exported = await users.export(USER.id);
    const [mine] = (exported.consents as Record<string, unknown>[]).filter((one) => one.client_id === id);
    expect(mine).to.include({ client_id: id, sub: claims.sub });
    expect(await users.findBySubject(id, claims.sub)).to.equal(USER.id);
    expect(await users.findBySubject('web-app', USER.id)).to.equal(USER.id);
    const unknown = await users.findBySubject(id, `${claims.sub}x`).catch((error: Error) => error);
    expect(unknown).to.have.property('statusCode', 404);
    const found = await runCli(['user', 'show', '--sub', claims.sub, '--client', id, '--json'], {
      env: { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer, OAUTH_FEATURES: FEATURES },
    });
    expect(JSON.parse(found.stdout)).to.include({ user_id: USER.id });
  });

  it('outlive restarts, new signing keys and another key-encryption key', async () => {
    const { rp } = await pairwiseApp();
    const before = await subAt(rp);
    await app.services.keys.rotate({ algs: ['RS256'], now: true }, AUTHOR);
    const [sealedBefore] = await app.services.stores.subjectKeys.list();
    await register(app, { client_id: 'plain' });
    const report = await app.services.keys.reseal({ newKey: true }, AUTHOR);
    expect(report.resealed).to.include({ subject_keys: 1 });
    expect((await app.services.stores.subjectKeys.list())[0]?.sealed).to.not.equal(sealedBefore?.sealed);
    expect(await subAt(rp)).to.equal(before);
    await app.restart();
    expect(await subAt(rp)).to.equal(before);
    expect(await app.services.stores.subjectKeys.list()).to.have.length(1);
  });

  describe('of several addresses', () => {
    const uris = ['https://a.example/cb', 'https://b.example/cb'];
    const draft = (settings: Record<string, unknown> = {}) =>
      app.services.clients.create(
        {
          client_name: 'x',
          redirect_uris: uris,
          ...PAIRWISE,
          sector_identifier_uri: sectors.uri,
          ...settings,
        } as never,
        AUTHOR,
      );

    it('belong to the host of a document that lists them all', async () => {
      sectors.answer = { status: 200, body: JSON.stringify(uris) };
      const one = await pairwiseApp({ redirect_uris: uris, sector_identifier_uri: sectors.uri }, 'a.example');
      one.rp.redirectUri = uris[0] ?? '';
      const two = await pairwiseApp({ redirect_uris: uris, sector_identifier_uri: sectors.uri }, 'b.example');
      two.rp.redirectUri = uris[1] ?? '';
      const asked = sectors.asked;
      const sub = await subAt(one.rp);
      expect(await subAt(two.rp)).to.equal(sub);
      // Read at registration, not at logins, nor for changes that have nothing to do with it.
      sectors.answer = { status: 500, body: '' };
      await app.services.clients.update(one.id, { client_name: 'Renamed' }, AUTHOR);
      await app.restart();
      expect(await subAt(one.rp)).to.equal(sub);
      expect(sectors.asked).to.equal(asked);
      const more = { redirect_uris: [...uris, 'https://c.example/cb'] };
      expect(await problemsOf(app.services.clients.update(one.id, more, AUTHOR))).to.include('sector');
      sectors.answer = { status: 200, body: JSON.stringify(more.redirect_uris) };
      await app.services.clients.update(one.id, more, AUTHOR);
      // Once each, before anything was locked.
      expect(sectors.asked).to.equal(asked + 2);
    });

    it('are the same on a device, which has a document in any case', async () => {
      const key = await makeClientKey();
      keysOfDevice.body = JSON.stringify(jwksOf(key));
      const { uri: jwks_uri } = keysOfDevice;
      sectors.answer = { status: 200, body: JSON.stringify([...uris, jwks_uri]) };
      const web = await pairwiseApp({ redirect_uris: uris, sector_identifier_uri: sectors.uri }, 'a.example');
      web.rp.redirectUri = uris[0] ?? '';
      const client_id = 'pairwise-tv';
      const device = {
        ...TV,
        ...PAIRWISE,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri,
        sector_identifier_uri: sectors.uri,
      };
      await register(app, { client_secret: undefined, ...device, client_id });
      const byKey = async () => byAssertion(await signed(key, assertionClaims(client_id, app.issuer)));
      const started = await begin(app.issuer, { client_id, ...(await byKey()) });
      await letIn(new Agent(), app.issuer, started.user_code);
      const { body } = await poll(app.issuer, started.device_code, { client_id, ...(await byKey()) });
      const sub = await subAt(web.rp);
      expect(decodeJwt(String(body.id_token)).sub).to.equal(sub);
      const { consents } = await app.services.users.export(USER.id);
      const [mine] = (consents as Record<string, unknown>[]).filter((one) => one.client_id === client_id);
      expect(mine).to.include({ sub });
      for (const grant_types of [[DEVICE_CODE], ['authorization_code', DEVICE_CODE]]) {
        const incomplete = { grant_types, redirect_uris: uris.slice(0, 1), sector_identifier_uri: undefined };
        const problems = await problemsOf(draft(incomplete));
        for (const name of ['sector_identifier_uri', 'jwks_uri', 'token_endpoint_auth_method'])
          expect(problems).to.include(name);
      }
      const elsewhere = { jwks_uri: 'https://elsewhere.example/tv.json' };
      expect(await problemsOf(app.services.clients.update(client_id, elsewhere, AUTHOR))).to.include(
        'jwks_uri',
      );
    });

    const bad: Record<string, { status: number; body: string }> = {
      'one that lists only some': { status: 200, body: JSON.stringify(uris.slice(0, 1)) },
      'one that is not there': { status: 404, body: JSON.stringify(uris) },
      'one that is elsewhere': { status: 302, body: JSON.stringify(uris) },
      'one that is no JSON': { status: 200, body: '<html>' },
      'one that is no list': { status: 200, body: JSON.stringify({ uris }) },
      'one that lists other things': { status: 200, body: JSON.stringify([...uris, 7]) },
      'one that is too large': { status: 200, body: JSON.stringify([...uris, 'x'.repeat(70_000)]) },
    };
    for (const [name, answer] of Object.entries(bad)) {
      it(`refuses ${name}`, async () => {
        sectors.answer = answer;
        const asked = sectors.asked;
        expect(await problemsOf(draft())).to.include('sector_identifier_uri');
        expect(sectors.asked).to.equal(asked + 1);
      });
    }

    it('refuses one at a private address', async () => {
      const work = draft({ sector_identifier_uri: 'https://10.0.0.1/apps.json' });
      expect(await problemsOf(work)).to.include('could not load');
    });

    it('need such a document, at an address that can be one', async () => {
      expect(await problemsOf(draft({ sector_identifier_uri: undefined }))).to.include(
        'sector_identifier_uri',
      );
      for (const uri of ['http://a.example/s', 'ftp://a.example/s', `${sectors.uri}#x`])
        expect(await problemsOf(draft({ sector_identifier_uri: uri })), uri).to.include(
          'sector_identifier_uri',
        );
      const native = { application_type: 'native', token_endpoint_auth_method: 'none' };
      const uriOfApp = { redirect_uris: ['com.example.app:/cb'], sector_identifier_uri: undefined };
      expect(await problemsOf(draft({ ...native, ...uriOfApp }))).to.include('native');
      expect(await problemsOf(draft({ subject_type: 'public' }))).to.include('pairwise');
      const service = {
        redirect_uris: [],
        grant_types: ['client_credentials'],
        sector_identifier_uri: undefined,
      };
      expect(await problemsOf(draft(service))).to.include('subject_type');
      expect(await problemsOf(draft({ subject_type: 'ephemeral' }))).to.include('subject_type');
    });
  });

  describe('of a client that has users', () => {
    it('stay: neither type nor sector changes under them', async () => {
      const { id, rp } = await pairwiseApp();
      const { clients } = app.services;
      const elsewhere = { redirect_uris: ['https://elsewhere.example/cb'] };
      await clients.update(id, { subject_type: 'public' }, AUTHOR);
      await clients.update(id, PAIRWISE, AUTHOR);
      await subAt(rp);
      for (const patch of [{ subject_type: 'public' }, { subject_type: null }, elsewhere])
        expect(await problemsOf(clients.update(id, patch, AUTHOR))).to.include('users');
      await clients.update(id, { redirect_uris: [rp.redirectUri, `${rp.redirectUri}/more`] }, AUTHOR);
      const described = { client_id: id, redirect_uris: [rp.redirectUri], post_logout_redirect_uris: [] };
      expect(await problemsOf(register(app, described))).to.include('users');
      await logIn(await relyingParty(app), new Agent());
      expect(await problemsOf(clients.update('web-app', PAIRWISE, AUTHOR))).to.include('users');
    });
  });

  it('off, are neither advertised nor registered, and a client that has them is not served', async () => {
    const off = await startApp();
    try {
      const metadata = (await relyingParty(off)).config.serverMetadata();
      expect(metadata.subject_types_supported).to.deep.equal(['public']);
      const work = off.services.clients.create(
        { client_name: 'x', redirect_uris: ['https://x.example/'], ...PAIRWISE } as never,
        AUTHOR,
      );
      expect(await problemsOf(work)).to.include('OAUTH_FEATURES');
      expect(await off.services.stores.subjectKeys.list()).to.deep.equal([]);
      // One that was registered while it was on.
      const { clients } = off.services.stores;
      const stored = await clients.findStored('web-app');
      if (!stored) throw new Error('no client');
      await clients.save({ ...stored, client_id: 'was-on', metadata: { ...stored.metadata, ...PAIRWISE } });
      const page = await new Agent().request(authorizeUrl(off.issuer, { client_id: 'was-on' }));
      expect(page.status).to.equal(400);
    } finally {
      await off.close();
    }
  });
});
