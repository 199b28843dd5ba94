// What is good once is good once, although two instances are shown it at the same moment.
import { expect } from 'chai';
import { SignJWT } from 'jose';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent } from '../support/agent.js';
import { authorizeUrl, REDIRECT_URI, SECRET, signIn, WEB_CLIENT } from '../support/app.js';
import {
  assertionClaims,
  byAssertion,
  type ClientKey,
  jwksOf,
  makeClientKey,
  signed,
} from '../support/client-keys.js';
import { nonceFrom, proof } from '../support/dpop.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy } from '../support/production/instances.js';
import { type Answer, askToken, newCode, send } from '../support/production/requests.js';

const ID = 'key-app';

for (const mode of MODES) {
  describe(`replays on two instances on ${mode.name}`, () => {
    let deployment: Deployment;
    let key: ClientKey;

    before(async () => {
      const features = 'par,dpop,private_key_jwt,client_secret_jwt';
      deployment = await deploy(mode, { count: 2, env: { OAUTH_FEATURES: features } });
      key = await makeClientKey();
      const { client_secret: _secret, ...rest } = WEB_CLIENT;
      const byKey = { token_endpoint_auth_method: 'private_key_jwt', jwks: jwksOf(key) };
      await deployment.services.clients.apply(
        clientInputSchema.parse({ ...rest, client_id: ID, ...byKey }),
        'operator:test',
      );
    });
    after(() => deployment?.close());

    /** 40 requests at once, every other one to the other instance. */
    function spread(request: (origin: string) => Promise<Answer>): Promise<Answer[]> {
      const origins = deployment.instances.map(({ origin }) => origin);
      return Promise.all(Array.from({ length: 40 }, (_, n) => request(origins[n % origins.length] ?? '')));
    }

    it('let a client assertion in once', async () => {
      const assertion = await signed(key, assertionClaims(ID, deployment.issuer));
      const fields = { grant_type: 'refresh_token', refresh_token: 'x', ...byAssertion(assertion) };
      const body = new URLSearchParams(fields);
      const answers = await spread((origin) => send(`${origin}/api/oauth/token`, { method: 'POST', body }));
      expect(answers.filter(({ body: { error } }) => error === 'invalid_grant')).to.have.lengthOf(1);
      expect(answers.filter(({ body: { error } }) => error === 'invalid_client')).to.have.lengthOf(39);
    });

    it('let an assertion signed with a secret in once', async () => {
      const id = 'secret-key-app';
      const described = { ...WEB_CLIENT, client_id: id, token_endpoint_auth_method: 'client_secret_jwt' };
      await deployment.services.clients.apply(clientInputSchema.parse(described), 'operator:test');
      const assertion = await new SignJWT(assertionClaims(id, deployment.issuer))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(SECRET));
      const fields = { grant_type: 'refresh_token', refresh_token: 'x', ...byAssertion(assertion) };
      const body = new URLSearchParams(fields);
      const answers = await spread((origin) => send(`${origin}/api/oauth/token`, { method: 'POST', body }));
      expect(answers.filter(({ body: { error } }) => error === 'invalid_grant')).to.have.lengthOf(1);
      expect(answers.filter(({ body: { error } }) => error === 'invalid_client')).to.have.lengthOf(39);
    });

    it('take a DPoP proof once, with nonces that both know', async () => {
      const [a, b] = deployment.instances.map(({ origin }) => origin);
      const endpoint = `${deployment.issuer}/api/oauth/token`;
      const nonce = await nonceFrom(`${a}/api/oauth/token`, key, { client_id: 'spa' });
      const dpop = await proof(key, endpoint, { nonce });
      const tokens = await send(`${b}/api/oauth/token`, {
        method: 'POST',
        headers: { dpop },
        body: new URLSearchParams({
          client_id: WEB_CLIENT.client_id,
          client_secret: SECRET,
          grant_type: 'authorization_code',
          code: await newCode(new Agent(), deployment.issuer),
          redirect_uri: REDIRECT_URI,
        }),
      });
      expect(tokens.body.token_type).to.equal('DPoP');
      const accessToken = String(tokens.body.access_token);
      const url = `${deployment.issuer}/api/oauth/userinfo`;
      const shown = await proof(key, url, { method: 'GET', accessToken, nonce });
      const headers = { authorization: `DPoP ${accessToken}`, dpop: shown };
      const answers = await spread((origin) => send(`${origin}/api/oauth/userinfo`, { headers }));
      expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(1);
      expect(answers.filter(({ status }) => status === 401)).to.have.lengthOf(39);
    });

    it('take a DPoP proof once for different codes', async () => {
      const agent = new Agent();
      const codes = [];
      for (let n = 0; n < 6; n += 1) codes.push(await newCode(agent, deployment.issuer));
      const [a] = deployment.instances.map(({ origin }) => origin);
      const nonce = await nonceFrom(`${a}/api/oauth/token`, key, { client_id: 'spa' });
      const dpop = await proof(key, `${deployment.issuer}/api/oauth/token`, { nonce });
      const answers = await Promise.all(
        codes.map((code, n) =>
          send(`${deployment.instances[n % 2]?.origin}/api/oauth/token`, {
            method: 'POST',
            headers: { dpop },
            body: new URLSearchParams({
              client_id: WEB_CLIENT.client_id,
              client_secret: SECRET,
              grant_type: 'authorization_code',
              code,
              redirect_uri: REDIRECT_URI,
            }),
          }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).to.have.lengthOf(1);
      expect(answers.filter(({ body }) => body.error === 'invalid_grant')).to.have.lengthOf(5);
    });

    it('answer a pushed request once', async () => {
      const agent = new Agent();
      await signIn(agent, deployment.issuer, authorizeUrl(deployment.issuer));
      const { body } = await send(`${deployment.instances[1]?.origin}/api/oauth/par`, {
        method: 'POST',
        body: new URLSearchParams({
          client_id: WEB_CLIENT.client_id,
          client_secret: SECRET,
          response_type: 'code',
          redirect_uri: REDIRECT_URI,
          scope: 'openid',
        }),
      });
      const query = new URLSearchParams({
        client_id: WEB_CLIENT.client_id,
        request_uri: String(body.request_uri),
      });
      const cookie = agent.cookieHeader(deployment.issuer);
      const answers = await spread((origin) =>
        send(`${origin}/api/oauth/authorize?${query}`, { headers: { cookie } }),
      );
      const codes = answers.filter(({ headers }) => headers.get('location')?.includes('code='));
      expect(codes).to.have.lengthOf(1);
      const code = new URL(codes[0]?.headers.get('location') ?? '').searchParams.get('code') ?? '';
      const tokens = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
      expect((await askToken(deployment.issuer, tokens)).status).to.equal(200);
    });
  });
}
