// Registration tokens: how often, how long and for what they are good; and nothing without one, or while it is off.
import { expect } from 'chai';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { failing } from '../support/failing-stores.js';
import { movableClock } from '../support/relying-party.js';
import {
  type Answer,
  AUTHOR,
  ask,
  clientCount,
  endpoint,
  manage,
  newToken,
  REDIRECT,
  registered,
  send,
  startRegistrationApp,
  updateOf,
} from './support.js';

const BODY = { redirect_uris: [REDIRECT] };

const outcome = ({ status, body }: Answer) => [status, body.error];

const discovery = async ({ issuer }: TestApp) =>
  (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>;

describe('registration tokens', () => {
  let app: TestApp;
  const clock = movableClock();

  before(async () => {
    app = await startRegistrationApp({ overrides: { clock } });
  });
  afterEach(() => clock.set(0));
  after(() => app.close());

  it('are what the endpoint needs, which discovery names', async () => {
    expect((await discovery(app)).registration_endpoint).to.equal(endpoint(app));
    const before = await clientCount(app);
    const bad: (string | undefined)[] = [undefined, 'x', 'x'.repeat(500)];
    for (const token of bad) {
      const answer = await ask(app, BODY, { token });
      expect(outcome(answer)).to.deep.equal([401, 'invalid_token']);
      expect(answer.headers.get('www-authenticate')).to.match(/^Bearer realm="registration"/);
    }
    const { registration_access_token: token } = await registered(app);
    expect(outcome(await ask(app, BODY, { token }))).to.deep.equal([401, 'invalid_token']);
    expect(await clientCount(app)).to.equal(before + 1);
  });

  it('are good once, however many try at once', async () => {
    const token = await newToken(app);
    const before = await clientCount(app);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(app, BODY, { token })));
    expect(answers.map(outcome).filter(([status]) => status === 201)).to.have.lengthOf(1);
    expect(answers.map(outcome).filter(([, error]) => error === 'invalid_token')).to.have.lengthOf(11);
    expect(await clientCount(app)).to.equal(before + 1);
  });

  it('are good as often as they were made for', async () => {
    const token = await newToken(app, { uses: 3 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => ask(app, BODY, { token })));
    expect(answers.filter(({ status }) => status === 201)).to.have.lengthOf(3);
  });

  it('end with their time, and when they are revoked; what was registered stays', async () => {
    const timed = await newToken(app, { lifetime: 60 });
    clock.set(61);
    expect(outcome(await ask(app, BODY, { token: timed }))).to.deep.equal([401, 'invalid_token']);
    clock.set(0);
    const { token, record } = await app.services.registrationTokens.create({ label: 'x', uses: 2 }, AUTHOR);
    const { body } = await ask(app, BODY, { token });
    await app.services.registrationTokens.revoke(record.id, AUTHOR);
    expect(outcome(await ask(app, BODY, { token }))).to.deep.equal([401, 'invalid_token']);
    expect((await manage('GET', body)).status).to.equal(200);
  });

  it('are recorded when made, used and revoked', async () => {
    const { token, record } = await app.services.registrationTokens.create({ label: 'Traced' }, AUTHOR);
    const { body } = await ask(app, BODY, { token });
    await app.services.registrationTokens.revoke(record.id, AUTHOR);
    const { items } = await app.services.auditTrail.search({ limit: 3 });
    expect(items.map(({ type, actor }) => [type, actor])).to.deep.equal([
      ['registration_token.revoked', AUTHOR.actor],
      ['client.created', `registration-token:${record.id}`],
      ['registration_token.created', AUTHOR.actor],
    ]);
    expect(items[1]).to.deep.include({ clientId: body.client_id });
    expect(items[1]?.details).to.deep.include({ registration: { policy: 'default', token: record.id } });
  });

  it('cannot be made for a policy that is not there', async () => {
    const refused = await app.services.registrationTokens.create({ label: 'x', policy: 'nope' }, AUTHOR).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refused).to.include('default, partners, rotating');
  });

  it('are taken by the janitor once they have expired', async () => {
    const { record } = await app.services.registrationTokens.create({ label: 'old', lifetime: 60 }, AUTHOR);
    const ids = async () => (await app.services.registrationTokens.list()).map(({ id }) => id);
    expect(await ids()).to.include(record.id);
    clock.set(600);
    await app.services.janitor.runOnce();
    expect(await ids()).not.to.include(record.id);
  });
});

describe('registration while a store is down', () => {
  it('answers 503, and nothing is half done: the token is as good as before', async () => {
    const state = { isDown: false, up: new Set<string>() };
    const stores = failing(createMemoryStores({ now: () => new Date() }), state);
    const app = await startRegistrationApp({ overrides: { stores } });
    try {
      const token = await newToken(app);
      const client = await registered(app);
      const before = await clientCount(app);
      // One part after the other is away.
      const parts = ['registrationTokens', 'registrations', 'clients', 'audit', 'unitOfWork'];
      for (const part of parts) {
        state.up = new Set(Object.keys(stores).filter((name) => name !== part));
        state.isDown = true;
        const answers = [
          await ask(app, BODY, { token }),
          ...(part === 'registrationTokens' ? [] : [await manage('PUT', client, { body: updateOf(client) })]),
          ...(part === 'registrationTokens' ? [] : [await manage('DELETE', client)]),
        ];
        state.isDown = false;
        for (const answer of answers) {
          expect(outcome(answer), part).to.deep.equal([503, 'temporarily_unavailable']);
          expect(answer.headers.get('retry-after')).to.equal('2');
        }
      }
      expect(await clientCount(app)).to.equal(before);
      expect((await manage('GET', client)).status).to.equal(200);
      expect((await ask(app, BODY, { token })).status).to.equal(201);
    } finally {
      await app.close();
    }
  });
});

describe('registration that is off', () => {
  it('is not there, is not advertised, and no token is made for it', async () => {
    const app = await startApp();
    try {
      expect(await discovery(app)).not.to.have.property('registration_endpoint');
      expect((await send('POST', endpoint(app), { token: 'x', body: BODY })).status).to.equal(404);
      expect((await send('GET', `${endpoint(app)}/web-app`, { token: 'x' })).status).to.equal(404);
      const refused = await app.services.registrationTokens.create({ label: 'x' }, AUTHOR).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refused).to.include('OAUTH_FEATURES');
    } finally {
      await app.close();
    }
  });
});
