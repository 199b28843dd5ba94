// Giving JWT access tokens back (RFC 7009).
import { expect } from 'chai';
import { startApp, type TestApp, USER } from '../support/app.js';
import {
  API,
  BATCH,
  introspect,
  ORDERS_APP,
  obtainByBatch,
  obtainFor,
  revoke,
  STRANGER,
  seedResourceServers,
} from '../support/resource-server.js';

describe('revocation of JWT access tokens', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
    await seedResourceServers(app);
  });
  after(() => app.close());

  const isActive = async (token: string) => (await introspect(app, token)).body.active;

  for (const hint of [undefined, 'access_token', 'refresh_token', 'nonsense']) {
    it(`finds one whatever the hint: ${hint}`, async () => {
      const token = await obtainByBatch(app);
      const { status, text } = await revoke(app, token, BATCH, hint);
      expect([status, text]).to.deep.equal([200, '']);
      expect(await isActive(token)).to.equal(false);
    });
  }

  it('of another client does nothing to it, and says as much as of one that is none', async () => {
    const { access } = await obtainFor(app);
    for (const token of [access, await obtainByBatch(app)]) {
      expect((await revoke(app, token, STRANGER)).status).to.equal(200);
      expect(await isActive(token)).to.equal(true);
    }
  });

  it('that is forged is a success that changes nothing', async () => {
    const { access } = await obtainFor(app);
    const [head = '', body = ''] = access.split('.');
    expect((await revoke(app, `${head}.${body}.AAAA`)).status).to.equal(200);
    expect(await isActive(access)).to.equal(true);
  });

  it('is not for ID tokens, which nothing can take back', async () => {
    const { id } = await obtainFor(app);
    const { status, body } = await revoke(app, id);
    expect([status, body.error]).to.deep.equal([400, 'unsupported_token_type']);
  });

  it('is recorded, with who did it and what for', async () => {
    const { access } = await obtainFor(app);
    await revoke(app, access);
    const events = await app.services.stores.audit.list({ clientId: ORDERS_APP.client_id, limit: 5 });
    const event = events.find(({ type }) => type === 'token.revoked');
    expect(event).to.include({ actor: 'client:orders-app', userId: USER.id });
    expect(event?.details).to.deep.equal({ kind: 'AccessToken', resource: API });
    expect(JSON.stringify(events)).to.not.include(access.slice(-20));
  });

  it('keeps no more of a token than its digest, and not longer than it would have lived', async () => {
    const token = await obtainByBatch(app);
    await revoke(app, token, BATCH);
    const { revokedTokens } = app.services.stores;
    expect(await revokedTokens.countExpired(new Date(Date.now() + 901_000), 1_000)).to.be.at.least(1);
    expect(await revokedTokens.countExpired(new Date(), 1_000)).to.equal(0);
  });

  it('of the same token many times at once is one revocation', async () => {
    const token = await obtainByBatch(app);
    const answers = await Promise.all(Array.from({ length: 10 }, () => revoke(app, token, BATCH)));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(10).fill(200));
    expect(await isActive(token)).to.equal(false);
  });
});
