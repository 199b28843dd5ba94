// Discovery offers the response types that some active client may use, and no others: at most a second late, without
// asking the store each time, and without waiting for a store that cannot answer.
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { createAllowedTypes } from '../../src/provider/advertised-types.js';
import { addCaches } from '../../src/store/cache/cached-stores.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import type { Stores } from '../../src/store/ports/index.js';
import { REDIRECT_URI, startApp, type TestApp } from '../support/app.js';
import { runCli } from '../support/cli.js';
import { failing } from '../support/failing-stores.js';
import { eventually } from '../support/production/waiting.js';
import { register } from '../support/relying-party.js';

const OPERATOR = { actor: 'operator:test' };
const ENV = { OAUTH_FEATURES: 'jarm,implicit' };
const HYBRID = { grant_types: ['authorization_code', 'implicit'] };
const CODE_ALONE = {
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
};

type Metadata = Record<string, string[]>;

/** Both documents, which are the same. */
async function discover({ issuer }: TestApp): Promise<Metadata> {
  const [oidc, oauth] = await Promise.all(
    ['openid-configuration', 'oauth-authorization-server'].map(async (name) => {
      const response = await fetch(`${issuer}/.well-known/${name}`);
      expect(response.status).to.equal(200);
      expect(response.headers.get('cache-control')).to.equal('public, max-age=300');
      return (await response.json()) as Metadata;
    }),
  );
  expect(oauth).to.deep.equal(oidc);
  return oidc ?? {};
}

describe('advertised response types', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: ENV });
  });
  after(() => app.close());

  it('are code alone while no client may use another, although they are on', async () => {
    expect(await discover(app)).to.deep.include(CODE_ALONE);
  });

  it('are those of active clients, from when one is made until the last is disabled or deleted', async () => {
    const { clients } = app.services;
    await register(app, { client_id: 'one', ...HYBRID, response_types: ['code id_token'] });
    await register(app, { client_id: 'two', grant_types: ['implicit'], response_types: ['id_token'] });
    const metadata = await discover(app);
    expect(metadata.response_types_supported).to.deep.equal(['code', 'id_token', 'code id_token']);
    expect(metadata.grant_types_supported).to.have.members([...CODE_ALONE.grant_types_supported, 'implicit']);
    await clients.setActive('one', false, OPERATOR);
    expect((await discover(app)).response_types_supported).to.deep.equal(['code', 'id_token']);
    await clients.delete('two', OPERATOR);
    expect(await discover(app)).to.deep.include(CODE_ALONE);
    await clients.setActive('one', true, OPERATOR);
    expect((await discover(app)).response_types_supported).to.deep.equal(['code', 'code id_token']);
    await clients.delete('one', OPERATOR);
  });

  it('leave the response modes alone: a code may come in any', async () => {
    const { response_modes_supported: modes } = await discover(app);
    expect(modes).to.include.members(['query', 'fragment', 'form_post', 'jwt']);
  });

  it('follow what the command line changes in another process', async () => {
    const env = { DATA_DIR: app.dataDir, PORT: new URL(app.issuer).port, ...ENV };
    const cli = async (...args: string[]) => {
      const { code, stderr } = await runCli(['client', ...args], { env });
      expect(code, stderr).to.equal(0);
    };
    const types = async () => (await discover(app)).response_types_supported;
    const about = ['--name', 'Other', '--redirect-uri', REDIRECT_URI, '--response-type', 'token id_token'];
    await cli('create', 'by-cli', ...about, '--grant-type', 'implicit');
    await eventually(5_000, async () => expect(await types()).to.deep.equal(['code', 'id_token token']));
    await cli('disable', 'by-cli', '--yes');
    await eventually(5_000, async () => expect(await types()).to.deep.equal(['code']));
  });

  describe('and the store', () => {
    const state = { isDown: false, up: new Set<string>() };
    let asked = 0;
    let other: TestApp;

    /** Counts how often the store is asked for response types. */
    function counting(stores: Stores): Stores {
      const { clients } = stores;
      const responseTypes = () => {
        asked += 1;
        return clients.responseTypes();
      };
      return { ...stores, clients: { ...clients, responseTypes } };
    }

    before(async () => {
      const memory = createMemoryStores({ now: () => new Date() });
      const stores = addCaches(counting(failing(memory, state)));
      other = await startApp({ env: ENV, overrides: { stores } });
    });
    after(async () => {
      state.isDown = false;
      await other.close();
    });

    it('is asked once, however many want to know at the same moment', async () => {
      await register(other, { client_id: 'hybrid', ...HYBRID, response_types: ['code id_token'] });
      asked = 0;
      const answers = await Promise.all(Array.from({ length: 20 }, () => discover(other)));
      for (const { response_types_supported: types } of answers)
        expect(types).to.deep.equal(['code', 'code id_token']);
      expect(asked).to.equal(1);
    });

    it('when down, keeps nobody from reading what was last known', async () => {
      state.isDown = true;
      // What is remembered for a second is over.
      await eventually(5_000, async () => {
        const before = asked;
        expect((await discover(other)).response_types_supported).to.deep.equal(['code', 'code id_token']);
        expect(asked).to.be.greaterThan(before);
      });
      expect((await discover(other)).response_types_supported).to.deep.equal(['code', 'code id_token']);
      state.isDown = false;
      await other.services.clients.setActive('hybrid', false, OPERATOR);
      await eventually(5_000, async () => expect(await discover(other)).to.deep.include(CODE_ALONE));
    });

    it('that does not answer is not waited for, and not asked by everybody', async () => {
      let answer: (types: string[]) => void = () => {};
      let questions = 0;
      const allowed = createAllowedTypes({
        clients: {
          responseTypes: () => {
            questions += 1;
            return new Promise<string[]>((resolve) => {
              answer = resolve;
            });
          },
        },
      });
      expect(await Promise.all([allowed(), allowed(), allowed()])).to.deep.equal([[], [], []]);
      expect(questions).to.equal(1);
      answer(['code id_token']);
      await eventually(5_000, async () => expect(await allowed()).to.deep.equal(['code id_token']));
    });

    it('that fails is left alone for a while', async () => {
      let questions = 0;
      let now = 0;
      const allowed = createAllowedTypes({
        clients: {
          responseTypes: async () => {
            questions += 1;
            if (questions < 3) throw new StoreUnavailableError();
            return ['id_token'];
          },
        },
        monotonic: () => now,
      });
      for (let n = 0; n < 5; n += 1) expect(await allowed()).to.deep.equal([]);
      expect(questions).to.equal(1);
      now += 1_001;
      expect(await allowed()).to.deep.equal([]);
      now += 1_001;
      expect(await allowed()).to.deep.equal(['id_token']);
      expect(questions).to.equal(3);
    });
  });
});
