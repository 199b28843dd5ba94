// A part of the protocol is switched off while apps need it: they are there for nobody then, and nothing else breaks.
import { expect } from 'chai';
import { createServices, type Services } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { listen } from '../../src/http/listen.js';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  postToken,
  REDIRECT_URI,
  SECRET,
  signIn,
  startApp,
  type TestApp,
  USER,
  userinfo,
} from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { register } from '../support/relying-party.js';
import { introspect, ORDERS_APP, obtainFor, seedResourceServers } from '../support/resource-server.js';
import { walk } from '../support/walk.js';

const FEATURES = 'pairwise,hs256,implicit,validate_token';
const AUTHOR = { actor: 'operator:test' };

const APPS: Record<string, Record<string, unknown>> = {
  'by-sector': { subject_type: 'pairwise', redirect_uris: [REDIRECT_URI] },
  'by-secret': { id_token_signed_response_alg: 'HS256' },
  'by-address': {
    grant_types: ['authorization_code', 'implicit'],
    response_types: ['code', 'id_token'],
  },
};

describe('features that are switched off', () => {
  let app: TestApp;
  const agent = new Agent();
  const tokens = new Map<string, Record<string, string>>();
  let access: string;
  let refresh: string;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: FEATURES } });
    await seedResourceServers(app);
    for (const [client_id, settings] of Object.entries(APPS)) {
      const backchannel_logout_uri = 'https://rp.example/logged-out';
      await register(app, { client_id, backchannel_logout_uri, ...settings });
      const back = await signIn(agent, app.issuer, authorizeUrl(app.issuer, { client_id }));
      const as = { client_id, client_secret: SECRET };
      const { body } = await exchangeCode(app.issuer, back.searchParams.get('code') ?? '', as);
      tokens.set(client_id, body);
    }
    await app.services.clients.update(ORDERS_APP.client_id, { subject_type: 'pairwise' }, AUTHOR);
    ({ access, refresh } = await obtainFor(app));
    await signIn(agent, app.issuer, authorizeUrl(app.issuer));
  });
  after(() => app.close());

  /** The same data at the same address, with all of them off. */
  const whileOff = (work: (services: Services) => Promise<void>) =>
    app.restart({
      while: async () => {
        const config = loadConfig({
          PORT: new URL(app.issuer).port,
          DATA_DIR: app.dataDir,
          LOG_LEVEL: 'silent',
          OAUTH_FEATURES: 'validate_token',
        });
        const services = await createServices(config);
        const listener = await listen(services.http, config);
        try {
          await work(services);
        } finally {
          await listener.close();
          await services.close();
        }
      },
    });

  const worth = async (token = '') => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${app.issuer}/api/oauth/validate_access_token`, { headers });
    return ((await answer.json()) as { status: string }).status;
  };

  it('take the tokens of their apps with them, and give them back', async () => {
    await whileOff(async () => {
      for (const [name, { access_token: token = '', id_token: id }] of tokens) {
        const { status, headers } = await userinfo(app.issuer, token);
        expect(status, name).to.equal(401);
        expect(headers.get('www-authenticate'), name).to.include('invalid_token');
        expect([await worth(token), await worth(id)], name).to.not.include('valid');
      }
      const { status, body } = await introspect(app, access);
      expect([status, body]).to.deep.equal([200, { active: false }]);
      expect(await worth(access)).to.equal('revoked');
      const fields = { grant_type: 'refresh_token', refresh_token: refresh, ...ORDERS_APP };
      expect((await postToken(app.issuer, fields)).body.error).to.equal('invalid_client');
    });
    expect((await introspect(app, access)).body).to.include({ active: true });
    for (const [name, { access_token: token = '' }] of tokens)
      expect((await userinfo(app.issuer, token)).status, name).to.equal(200);
  });

  it('leave logins at other apps, the connected apps, the export and the logout as they are', async () => {
    await whileOff(async ({ users }) => {
      for (const client_id of Object.keys(APPS)) {
        const refused = await agent.follow(authorizeUrl(app.issuer, { client_id }), app.issuer);
        expect([refused.status, refused.location], client_id).to.deep.equal([400, undefined]);
      }
      expect((await askSilently(agent, app.issuer)).get('error')).to.equal(null);
      const list = await agent.follow(`${app.issuer}/account/apps`, app.issuer);
      for (const client_id of Object.keys(APPS))
        expect(list.text).to.include(`data-client-id="${client_id}"`);
      expect((await users.export(USER.id)).consents)
        .to.be.an('array')
        .with.length.greaterThan(3);
      const { page } = await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      expect(page.status).to.equal(200);
      expect((await askSilently(agent, app.issuer)).get('error')).to.equal('login_required');
    });
  });
});
