// A store that is lost while the authorization endpoint answers: no code and no token gets out, by whatever way.
import { expect } from 'chai';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { Agent, type Page } from '../support/agent.js';
import { authorizeUrl, signIn, startApp, type TestApp, WEB_CLIENT } from '../support/app.js';
import { failing } from '../support/failing-stores.js';
import { register } from '../support/relying-party.js';

const TYPES = ['id_token', 'id_token token', 'code id_token token'];
const MODES = ['fragment', 'form_post', 'jwt'];

describe('an authorization request that loses', () => {
  const state = { isDown: false, up: new Set<string>() };
  const stores = failing(createMemoryStores({ now: () => new Date() }), state);
  let app: TestApp;
  const agent = new Agent();

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'jarm,implicit' }, overrides: { stores } });
    await register(app, {
      client_id: WEB_CLIENT.client_id,
      grant_types: ['authorization_code', 'implicit'],
      response_types: TYPES.concat('code'),
    });
    await signIn(agent, app.issuer, authorizeUrl(app.issuer));
  });
  after(() => app.close());
  afterEach(() => {
    state.isDown = false;
  });

  const ask = (response_type: string, response_mode: string): Promise<Page> =>
    agent.get(authorizeUrl(app.issuer, { response_type, response_mode, prompt: 'none', nonce: 'n' }));

  it('nothing gets its tokens', async () => {
    for (const type of TYPES) {
      for (const mode of MODES) {
        const { status, location = '', text } = await ask(type, mode);
        expect(status, `${type} ${mode}`).to.be.oneOf([200, 303]);
        expect(location + text).to.match(/id_token=|name="id_token"|response=/);
      }
    }
  });

  for (const name of ['clients', 'users', 'sessions', 'grants', 'consents', 'artifacts', 'audit']) {
    it(`its ${name} gets 503 and nothing else`, async () => {
      for (const type of TYPES) {
        // Nothing is stored of an ID token.
        if (name === 'artifacts' && type === 'id_token') continue;
        for (const mode of MODES) {
          state.up = new Set(Object.keys(stores).filter((store) => store !== name));
          state.isDown = true;
          const { status, location, text } = await ask(type, mode);
          state.isDown = false;
          expect([status, location], `${type} ${mode}`).to.deep.equal([503, undefined]);
          expect(text).to.include('<code id="error-code">temporarily_unavailable</code>');
          expect(text).not.to.match(/eyJ|access_token=|name="(code|id_token|access_token|response)"/);
        }
      }
    });
  }
});
