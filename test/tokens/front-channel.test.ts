// Access tokens for a resource that come from the authorization endpoint: JWTs, which are stored nowhere, are as mortal as
// others.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { Agent } from '../support/agent.js';
import { authorizeUrl, REDIRECT_URI, signIn, startApp, type TestApp, USER } from '../support/app.js';
import { register } from '../support/relying-party.js';
import {
  API,
  introspect,
  OPAQUE_API,
  ORDERS_APP,
  revoke,
  seedResourceServers,
} from '../support/resource-server.js';
import { walk } from '../support/walk.js';

describe('access tokens for a resource, from the authorization endpoint', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'implicit' } });
    await seedResourceServers(app);
    await register(app, {
      ...ORDERS_APP,
      scope: 'openid profile orders.read opaque.read',
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code id_token token', 'id_token token'],
    });
  });
  afterEach(() => app.close());

  async function ask(params: Record<string, string>, resources: string[], agent = new Agent()) {
    const base = { client_id: ORDERS_APP.client_id, scope: 'openid orders.read', nonce: 'n', ...params };
    const url = new URL(authorizeUrl(app.issuer, base));
    for (const resource of resources) url.searchParams.append('resource', resource);
    const back = await signIn(agent, app.issuer, url.href);
    expect(`${back.origin}${back.pathname}${back.search}`).to.equal(REDIRECT_URI);
    return Object.fromEntries(new URLSearchParams(back.hash.slice(1)));
  }

  const isActive = async (token = '') => (await introspect(app, token)).body.active;

  it('are for it alone, and die with their grant, by whatever hand', async () => {
    const ends: Record<string, (token: string, agent: Agent) => Promise<unknown>> = {
      'given back': (token) => revoke(app, token),
      'logged out': (_token, agent) => walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`),
      'consent withdrawn': () =>
        app.services.consents.withdraw({ userId: USER.id, clientId: ORDERS_APP.client_id, actor: 'system' }),
      'user gone': () => app.services.userEnding.end(USER.id, 'deleted', { actor: 'site' }),
    };
    for (const [name, end] of Object.entries(ends)) {
      for (const response_type of ['id_token token', 'code id_token token']) {
        const agent = new Agent();
        const { access_token: token = '' } = await ask({ response_type }, [API], agent);
        expect(decodeJwt(token)).to.include({ aud: API, sub: USER.id, scope: 'orders.read' });
        expect(await isActive(token), name).to.equal(true);
        await end(token, agent);
        expect(await isActive(token), `${name}: ${response_type}`).to.equal(false);
      }
    }
  });

  it('say when and how well the user has authenticated, as those of the token endpoint do', async () => {
    for (const response_type of ['id_token token', 'code id_token token']) {
      const { access_token: access = '', id_token: id = '' } = await ask({ response_type }, [API]);
      const { acr, auth_time } = decodeJwt(id);
      expect(decodeJwt(access), response_type).to.include({ acr, auth_time });
      expect((await introspect(app, access)).body).to.include({ acr: 'urn:link2ur:acr:password', auth_time });
    }
  });

  it('are for one resource: with two nothing comes but an error', async () => {
    const params = { response_type: 'code id_token token', scope: 'openid orders.read opaque.read' };
    const answer = await ask(params, [API, OPAQUE_API]);
    expect(answer).to.include({ error: 'invalid_target', state: 'the-state' });
    expect(answer).not.to.have.any.keys('code', 'id_token', 'access_token');
  });
});
