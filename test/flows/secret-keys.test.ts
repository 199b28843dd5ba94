// Client secrets that are keys: client_secret_jwt, ID tokens signed HS256, and every way to get them wrong.
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { base64url, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER, userinfo } from '../support/app.js';
import { assertionClaims, byAssertion } from '../support/client-keys.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import {
  logIn,
  movableClock,
  oauthError,
  refusal,
  register,
  relyingParty,
} from '../support/relying-party.js';
import * as endpoint from '../support/token-endpoint.js';

const AUTHOR = { actor: 'operator:test', ip: undefined, requestId: undefined };
const JWT_APP = 'jwt-app';
const HS_APP = 'hs-app';
const LONG = `${SECRET}-${'x'.repeat(72 - SECRET.length - 1)}`;
const FEATURES = 'par,dpop,private_key_jwt,client_secret_jwt,hs256,validate_token,introspection_jwt';

const bytes = (text: string) => new TextEncoder().encode(text);

const hmac = (claims: JWTPayload, key: string | Uint8Array, header: Record<string, unknown> = {}) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', ...header })
    .sign(typeof key === 'string' ? bytes(key) : key);

describe('client secrets as keys', () => {
  let app: TestApp;
  const clock = movableClock();

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: FEATURES }, overrides: { clock } });
    await register(app, { client_id: JWT_APP, token_endpoint_auth_method: 'client_secret_jwt' });
    await register(app, { client_id: HS_APP, id_token_signed_response_alg: 'HS256' });
  });
  after(() => app.close());
  afterEach(() => clock.set(0));

  const send = (assertion: string, fields: Record<string, string> = {}) =>
    endpoint.sendForm(app, endpoint.byCode('x', { ...byAssertion(assertion), ...fields }), {});
  const claims = (others: Record<string, unknown> = {}, id = JWT_APP) =>
    assertionClaims(id, app.issuer, others);
  const expectError = (answer: endpoint.Answer, error: string, status?: number) =>
    endpoint.expectTokenError(app, answer, error, status);
  /** Authenticated, its code is what is wrong. */
  const expectLetIn = async (assertion: string) => expectError(await send(assertion), 'invalid_grant');
  const expectRefused = async (assertion: string) =>
    expectError(await send(assertion), 'invalid_client', 401);
  const verdict = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${app.issuer}/api/oauth/validate_access_token`, { headers });
    return ((await answer.json()) as { status: string }).status;
  };
  const refusedBy = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ValidationError);
    return JSON.stringify((error as ValidationError).problems);
  };

  it('are advertised', async () => {
    const { config } = await relyingParty(app);
    const metadata = config.serverMetadata();
    expect(metadata.token_endpoint_auth_methods_supported).to.include('client_secret_jwt');
    expect(metadata.token_endpoint_auth_signing_alg_values_supported).to.include.members([
      'HS256',
      'HS384',
      'HS512',
    ]);
    expect(metadata.id_token_signing_alg_values_supported).to.have.members([
      'RS256',
      'ES256',
      'EdDSA',
      'HS256',
    ]);
    const others = ['introspection_signing_alg_values_supported', 'userinfo_signing_alg_values_supported'];
    for (const name of others) expect(JSON.stringify(metadata[name] ?? [])).to.not.include('HS');
  });

  it('stand nowhere in clear, nor in what operators are shown', async () => {
    const { clients, stores } = app.services;
    const { secret = '' } = await clients.create(
      {
        client_name: 'x',
        redirect_uris: ['https://x.example/'],
        token_endpoint_auth_method: 'client_secret_jwt',
      },
      AUTHOR,
    );
    expect(secret).to.match(/^[\w-]{64}$/);
    const sealed = await stores.clients.listSealedSecrets();
    expect(sealed).to.have.length(3);
    const shown = JSON.stringify([
      await stores.clients.list({}, { limit: 100 }),
      await clients.list(),
      await stores.audit.list({ limit: 100 }),
      app.logs,
    ]);
    expect(shown).to.not.include(secret).and.not.include(SECRET);
    const view = JSON.stringify(await clients.get(JWT_APP));
    expect(view).to.include('"sealed":true').and.not.include('v1.');
  });

  describe('client_secret_jwt', () => {
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
      it(`logs in, refreshes, introspects and revokes with ${alg}`, async () => {
        const clientId = `app-${alg.toLowerCase()}`;
        const method = {
          token_endpoint_auth_method: 'client_secret_jwt',
          token_endpoint_auth_signing_alg: alg,
        };
        await register(app, { client_id: clientId, client_secret: LONG, ...method });
        const auth = client.ClientSecretJwt(LONG, {
          [client.modifyAssertion]: (header) => {
            header.alg = alg;
          },
        });
        // openid-client signs HS256 alone; the others are signed here.
        const byHand: client.ClientAuth = async (as, { client_id }, body) => {
          const own = assertionClaims(client_id, String(as.issuer));
          const assertion = await new SignJWT(own).setProtectedHeader({ alg }).sign(bytes(LONG));
          for (const [name, value] of Object.entries(byAssertion(assertion))) body.set(name, value);
        };
        const rp = await relyingParty(app, { clientId, auth: alg === 'HS256' ? auth : byHand });
        const scope = 'openid offline_access';
        const { tokens, claims: idToken } = await logIn(rp, new Agent(), { scope, prompt: 'consent' });
        expect(idToken.sub).to.equal(USER.id);
        const refreshed = await client.refreshTokenGrant(rp.config, tokens.refresh_token ?? '');
        expect(await client.tokenIntrospection(rp.config, refreshed.access_token)).to.include({
          active: true,
        });
        await client.tokenRevocation(rp.config, refreshed.refresh_token ?? '');
        const error = await oauthError(client.refreshTokenGrant(rp.config, refreshed.refresh_token ?? ''));
        expect(error.error).to.equal('invalid_grant');
      });
    }

    it('takes any live secret while a rotation overlaps, and notes which was used', async () => {
      const id = 'rotating';
      await register(app, { client_id: id, token_endpoint_auth_method: 'client_secret_jwt' });
      const { clients, stores } = app.services;
      const { secret } = await clients.rotateSecret(id, { overlapSeconds: 600 }, AUTHOR);
      await expectLetIn(await hmac(claims({}, id), SECRET));
      await expectLetIn(await hmac(claims({}, id), secret));
      const at = (await stores.clients.findStored(id))?.secrets.map(({ id: row }) => row) ?? [];
      const deadline = Date.now() + 10_000;
      const used = async () =>
        (await stores.clients.findStored(id))?.secrets.filter(({ lastUsedAt }) => lastUsedAt !== undefined);
      while ((await used())?.length !== 2 && Date.now() < deadline)
        await new Promise((r) => setTimeout(r, 100));
      expect((await used())?.map(({ id: row }) => row)).to.have.members(at);
      clock.set(700);
      await expectRefused(
        await hmac(claims({ exp: Math.floor(clock.now().getTime() / 1000) + 60 }, id), SECRET),
      );
      await expectLetIn(
        await hmac(claims({ exp: Math.floor(clock.now().getTime() / 1000) + 60 }, id), secret),
      );
      clock.set(0);
      const [, newest = 0] = at;
      await clients.revokeSecret(id, newest, AUTHOR);
      await expectRefused(await hmac(claims({}, id), secret));
    });

    it('takes it while it is sealed anew, and after', async () => {
      const assertions = await Promise.all(Array.from({ length: 10 }, () => hmac(claims(), SECRET)));
      const [report] = await Promise.all([
        app.services.keys.reseal({ newKey: true }, AUTHOR),
        ...assertions.map(expectLetIn),
      ]);
      expect(report.resealed.client_secrets).to.be.greaterThan(1);
      await expectLetIn(await hmac(claims(), SECRET));
      await app.restart();
      await expectLetIn(await hmac(claims(), SECRET));
    });

    it('refuses what no secret of this very client has signed', async () => {
      const other = await hmac(claims(), `${SECRET}x`);
      const [head = '', body = '', mac = ''] = (await hmac(claims(), SECRET)).split('.');
      const stored = await app.services.stores.clients.findStored(JWT_APP);
      const [{ secretHash = '', sealed = '' } = {}] = stored?.secrets ?? [];
      const jwks = (await (await fetch(`${app.issuer}/api/oauth/jwks`)).json()) as { keys: unknown[] };
      const forged = [
        other,
        `${head}.${body}.${mac.slice(0, -3)}AAA`,
        `${head}.${body}.`,
        new UnsecuredJWT(claims()).encode(),
        await hmac(claims(), secretHash),
        await hmac(claims(), sealed),
        await hmac(claims(), base64url.encode(SECRET)),
        await hmac(claims(), JSON.stringify(jwks.keys[0])),
        await hmac(claims(), new Uint8Array(32)),
        await hmac(claims(), SECRET, { kid: 'x' }),
      ];
      for (const assertion of forged) await expectRefused(assertion);
      // Nor does the right secret help a client that is to authenticate otherwise.
      await expectRefused(await hmac(claims({}, HS_APP), SECRET));
      await expectRefused(await hmac(claims({}, 'spa'), SECRET));
      await expectRefused(await hmac(claims({}, 'nobody'), SECRET));
      expectError(
        await endpoint.sendForm(app, endpoint.byCode('x', { client_id: JWT_APP, client_secret: SECRET }), {}),
        'invalid_client',
        401,
      );
    });

    it('refuses a secret that is too short for what it signs', async () => {
      const id = 'short';
      await register(app, { client_id: id, token_endpoint_auth_method: 'client_secret_jwt' });
      for (const alg of ['HS384', 'HS512']) {
        const assertion = await new SignJWT(claims({}, id)).setProtectedHeader({ alg }).sign(bytes(SECRET));
        await expectRefused(assertion);
      }
      const method = { token_endpoint_auth_method: 'client_secret_jwt' };
      const refused = [
        { client_secret: 'x'.repeat(31), ...method },
        { client_secret: 'x'.repeat(47), ...method, token_endpoint_auth_signing_alg: 'HS384' },
        { client_secret: 'x'.repeat(63), ...method, token_endpoint_auth_signing_alg: 'HS512' },
      ];
      for (const one of refused) {
        const work = app.services.clients.create(
          { client_name: 'x', redirect_uris: ['https://x.example/'], ...(one as object) },
          AUTHOR,
        );
        expect(await refusedBy(work)).to.include('client_secret');
      }
      await app.services.clients.update(id, { token_endpoint_auth_signing_alg: 'HS512' }, AUTHOR);
      const given = app.services.clients.rotateSecret(id, { secret: 'y'.repeat(63) }, AUTHOR);
      expect(await refusedBy(given)).to.include('64 bytes');
    });

    it('takes one of twenty requests that come with an assertion at once', async () => {
      const assertion = await hmac(claims(), SECRET);
      const answers = await Promise.all(Array.from({ length: 20 }, () => send(assertion)));
      const codes = answers.map(({ body }) => body.error);
      expect(codes.filter((code) => code === 'invalid_grant')).to.have.length(1);
      expect(codes.filter((code) => code === 'invalid_client')).to.have.length(19);
    });

    it('holds assertions to what they must say', async () => {
      const bad = [
        { aud: 'https://other.example' },
        { exp: undefined },
        { exp: Math.floor(Date.now() / 1000) - 300 },
        { exp: Math.floor(Date.now() / 1000) + 86_400 },
        { jti: undefined },
        { iss: 'web-app' },
      ];
      for (const others of bad) await expectRefused(await hmac(claims(others), SECRET));
    });
  });

  describe('HS256', () => {
    const login = async (
      id = HS_APP,
      secret = SECRET,
      params: Record<string, string> = {},
      agent = new Agent(),
    ) => {
      const rp = await relyingParty(app, {
        clientId: id,
        auth: client.ClientSecretBasic(secret),
        metadata: { id_token_signed_response_alg: 'HS256', client_secret: secret },
      });
      return { rp, agent, ...(await logIn(rp, agent, params)) };
    };
    const isSignedWith = (token: string, secret: string) => {
      const [head = '', body = '', mac = ''] = token.split('.');
      return createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url') === mac;
    };

    it('signs the ID tokens of a client that was set to it, and of no other', async () => {
      const { tokens } = await login();
      const idToken = tokens.id_token ?? '';
      expect(decodeProtectedHeader(idToken)).to.deep.equal({ alg: 'HS256' });
      expect(isSignedWith(idToken, SECRET)).to.equal(true);
      expect(await userinfo(app.issuer, tokens.access_token)).to.have.property('status', 200);
      const other = await logIn(await relyingParty(app), new Agent());
      expect(decodeProtectedHeader(other.tokens.id_token ?? '').alg).to.equal('RS256');
    });

    it('signs with the newest secret from the moment of a rotation', async () => {
      const id = 'hs-rotating';
      await register(app, { client_id: id, id_token_signed_response_alg: 'HS256' });
      const first = await login(id);
      const { secret } = await app.services.clients.rotateSecret(id, {}, AUTHOR);
      const { tokens } = await login(id, secret);
      expect(isSignedWith(tokens.id_token ?? '', secret)).to.equal(true);
      expect(await verdict(first.tokens.id_token ?? '')).to.equal('valid');
      await app.services.clients.rotateSecret(id, { overlapSeconds: 0 }, AUTHOR);
      expect(await verdict(tokens.id_token ?? '')).to.equal('bad_signature');
    });

    it('is understood as a hint, from the client it was given to', async () => {
      const { rp, agent, tokens } = await login();
      const again = await logIn(rp, agent, { prompt: 'none', id_token_hint: tokens.id_token ?? '' });
      expect(again.claims.sub).to.equal(USER.id);
      const forged = await hmac({ ...decodeJwt(tokens.id_token ?? '') }, `${SECRET}x`);
      const url = new URL(`${app.issuer}/api/oauth/logout`);
      url.searchParams.set('id_token_hint', forged);
      expect((await agent.request(url.href)).status).to.equal(400);
      url.searchParams.set('id_token_hint', tokens.id_token ?? '');
      const page = await agent.follow(url.href, app.issuer);
      expect(page.status).to.equal(200);
      expect(page.text).to.not.include('id="logout-confirm"');
      // It is over: nobody is logged in any more.
      const { error } = await refusal(rp, agent, { prompt: 'none' });
      expect(error.error).to.equal('login_required');
    });

    it('signs logout tokens, too', async () => {
      const receiver = await openLogoutReceiver();
      try {
        const id = 'hs-logout';
        await register(app, {
          client_id: id,
          id_token_signed_response_alg: 'HS256',
          backchannel_logout_uri: receiver.uri,
        });
        const { agent, tokens } = await login(id);
        const url = new URL(`${app.issuer}/api/oauth/logout`);
        url.searchParams.set('id_token_hint', tokens.id_token ?? '');
        await agent.follow(url.href, app.issuer);
        const [token = ''] = await receiver.tokens(1);
        expect(decodeProtectedHeader(token)).to.include({ alg: 'HS256', typ: 'logout+jwt' });
        expect(isSignedWith(token, SECRET)).to.equal(true);
      } finally {
        await receiver.close();
      }
    });

    it('is told from what others sign, and from what a client makes itself with its secret', async () => {
      const { tokens } = await login();
      const good = decodeJwt(tokens.id_token ?? '');
      expect(await verdict(tokens.id_token ?? '')).to.equal('valid');
      const jwks = (await (await fetch(`${app.issuer}/api/oauth/jwks`)).json()) as { keys: { n?: string }[] };
      const accessToken = {
        ...good,
        client_id: HS_APP,
        jti: 'x',
        aud: 'https://api.example/',
        scope: 'openid',
      };
      const bad = [
        await hmac({ ...good }, `${SECRET}x`),
        await hmac({ ...good }, JSON.stringify(jwks.keys[0])),
        await hmac({ ...good }, jwks.keys[0]?.n ?? 'x'),
        // Access tokens and logout tokens are not a client's to make.
        await hmac({ ...good, client_id: HS_APP, jti: 'x' }, SECRET, { typ: 'at+jwt' }),
        await hmac({ ...accessToken, aud: HS_APP }, SECRET, { typ: 'at+jwt' }),
        await hmac({ ...good }, SECRET, { typ: 'logout+jwt' }),
        // For somebody else, or for several.
        await hmac({ ...good, aud: 'web-app' }, SECRET),
        await hmac({ ...good, aud: [HS_APP, 'web-app'] }, SECRET),
        // Its secret is a key, but for nothing but its assertions.
        await hmac({ ...good, aud: JWT_APP }, SECRET),
        await new SignJWT({ ...good }).setProtectedHeader({ alg: 'HS512' }).sign(bytes(SECRET)),
        new UnsecuredJWT({ ...good }).encode(),
      ];
      for (const [index, token] of bad.entries())
        expect(await verdict(token), `forgery ${index}`).to.equal('bad_signature');
      for (const token of bad.slice(3, 6)) {
        const body = new URLSearchParams({ token, client_id: HS_APP, client_secret: SECRET });
        const answer = await fetch(`${app.issuer}/api/oauth/introspect`, { method: 'POST', body });
        expect(await answer.json()).to.deep.equal({ active: false });
        expect((await userinfo(app.issuer, token)).status).to.equal(401);
      }
    });

    it('says nothing of a client that signs no ID tokens with its secret', async () => {
      const { tokens } = await login();
      const forJwtApp = await hmac({ ...decodeJwt(tokens.id_token ?? ''), aud: 'web-app' }, SECRET);
      expect(await verdict(forJwtApp)).to.equal('bad_signature');
    });
  });

  describe('registration', () => {
    const HS256 = { id_token_signed_response_alg: 'HS256' };
    const draft = (members: Record<string, unknown>) =>
      app.services.clients.create(
        { client_name: 'x', redirect_uris: ['https://x.example/'], ...(members as object) },
        AUTHOR,
      );

    it('is for clients that have a secret, outside of FAPI, by the right algorithm', async () => {
      expect(await refusedBy(draft({ ...HS256, token_endpoint_auth_method: 'none' }))).to.include('HS256');
      const byKey = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://x.example/jwks' };
      expect(await refusedBy(draft({ ...HS256, ...byKey }))).to.include('HS256');
      expect(await refusedBy(draft({ ...byKey, token_endpoint_auth_signing_alg: 'HS256' }))).to.include(
        'HS256',
      );
      const bySecret = { token_endpoint_auth_method: 'client_secret_jwt' };
      expect(await refusedBy(draft({ ...bySecret, token_endpoint_auth_signing_alg: 'RS256' }))).to.include(
        'private_key_jwt',
      );
      expect(await refusedBy(draft({ ...bySecret, profile: 'fapi2' }))).to.include(
        'token_endpoint_auth_method',
      );
      expect(await refusedBy(draft({ ...byKey, ...HS256, profile: 'fapi2' }))).to.include('PS256');
      expect(await refusedBy(draft({ token_endpoint_auth_signing_alg: 'HS256' }))).to.include(
        'client_secret_jwt',
      );
    });

    it('switches a client whose secrets are hashes only after a rotation that seals', async () => {
      const id = 'switching';
      await register(app, { client_id: id });
      const { clients } = app.services;
      for (const patch of [HS256, { token_endpoint_auth_method: 'client_secret_jwt' }])
        expect(await refusedBy(clients.update(id, patch, AUTHOR))).to.include('rotate-secret');
      const { secret, record } = await clients.rotateSecret(
        id,
        { sealed: true, overlapSeconds: 600 },
        AUTHOR,
      );
      expect(record).to.have.property('sealed', true);
      await clients.update(id, { token_endpoint_auth_method: 'client_secret_jwt' }, AUTHOR);
      await expectLetIn(await hmac(claims({}, id), secret));
      // The one that is known by its hash alone is no key.
      await expectRefused(await hmac(claims({}, id), SECRET));
      const next = await clients.rotateSecret(id, {}, AUTHOR);
      expect(next.record).to.have.property('sealed', true);
      await expectLetIn(await hmac(claims({}, id), next.secret));
    });

    it('keeps sealed what is a key, and nothing longer than it is one', async () => {
      const id = 'switching-back';
      const isKey = { token_endpoint_auth_method: 'client_secret_jwt' };
      const isNone = { token_endpoint_auth_method: 'client_secret_post' };
      await register(app, { client_id: id, ...isKey });
      const { clients, stores } = app.services;
      const sealed = async () =>
        (await stores.clients.listSealedSecrets()).filter(({ clientId }) => clientId === id).length;
      expect(await sealed()).to.equal(1);
      await clients.update(id, isNone, AUTHOR);
      expect(await sealed()).to.equal(0);
      expect(await refusedBy(clients.update(id, isKey, AUTHOR))).to.include('rotate-secret');
      // A newer one that is known by its hash is what the app would sign with.
      await clients.rotateSecret(id, { sealed: true }, AUTHOR);
      await clients.rotateSecret(id, {}, AUTHOR);
      expect(await refusedBy(clients.update(id, isKey, AUTHOR))).to.include('rotate-secret');
      await clients.rotateSecret(id, { sealed: true }, AUTHOR);
      await clients.update(id, isKey, AUTHOR);
      await register(app, { client_id: id, ...isNone });
      expect(await sealed()).to.equal(0);
    });

    it('by a description gives a secret that is a key, even the one that is known as a hash', async () => {
      const id = 'described';
      await register(app, { client_id: id });
      await register(app, { client_id: id, token_endpoint_auth_method: 'client_secret_jwt' });
      await expectLetIn(await hmac(claims({}, id), SECRET));
      const before = await app.services.clients.get(id);
      await register(app, { client_id: id, token_endpoint_auth_method: 'client_secret_jwt' });
      expect(await app.services.clients.get(id)).to.deep.equal(before);
    });

    it('off, is neither advertised nor registered', async () => {
      const off = await startApp();
      try {
        const metadata = JSON.stringify((await relyingParty(off)).config.serverMetadata());
        expect(metadata).to.not.include('HS256').and.not.include('client_secret_jwt');
        for (const members of [HS256, { token_endpoint_auth_method: 'client_secret_jwt' }]) {
          const work = off.services.clients.create(
            { client_name: 'x', redirect_uris: ['https://x.example/'], ...(members as object) },
            AUTHOR,
          );
          expect(await refusedBy(work)).to.include('OAUTH_FEATURES');
        }
      } finally {
        await off.close();
      }
    });
  });
});
