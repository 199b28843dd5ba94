// Tokens while the database cannot be reached: nobody is told that all is well, or that nothing is.
import { expect } from 'chai';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { failing } from '../support/failing-stores.js';
import {
  BATCH,
  introspect,
  OPAQUE_API,
  ORDERS_APP,
  obtainByBatch,
  obtainFor,
  revoke,
  seedResourceServers,
} from '../support/resource-server.js';

describe('tokens: the store is down', () => {
  // Clients are known still, as they are from memory for a moment: what comes after them must not be guessed.
  const state = { isDown: false, up: new Set(['clients', 'resourceServers']) };
  let app: TestApp;

  before(async () => {
    const stores = failing(createMemoryStores({ now: () => new Date() }), state);
    app = await startApp({
      env: { OAUTH_FEATURES: 'validate_token,introspection_jwt' },
      overrides: { stores },
    });
    await seedResourceServers(app);
  });
  after(async () => {
    state.isDown = false;
    await app.close();
  });
  afterEach(() => {
    state.isDown = false;
  });

  async function expect503(answer: Promise<{ status: number; headers: Headers; body: unknown }>) {
    const { status, headers, body } = await answer;
    expect(status).to.equal(503);
    expect(headers.get('retry-after')).to.match(/^\d+$/);
    expect(body).to.include({ error: 'temporarily_unavailable' });
  }

  it('introspection, revocation and validation answer 503 for every kind of token, and nothing has changed', async () => {
    const { access, refresh } = await obtainFor(app);
    const opaque = await obtainFor(app, { resource: OPAQUE_API, scope: 'openid opaque.read' });
    const tokens = [
      [access, ORDERS_APP],
      [refresh, ORDERS_APP],
      [opaque.access, ORDERS_APP],
      [await obtainByBatch(app), BATCH],
      [await obtainByBatch(app, OPAQUE_API, 'opaque.read'), BATCH],
      ['x'.repeat(43), BATCH],
    ] as const;
    state.isDown = true;
    for (const [token, client] of tokens) {
      await expect503(introspect(app, token, client));
      await expect503(introspect(app, token, client, { accept: 'application/token-introspection+jwt' }));
      await expect503(revoke(app, token, client));
      const validation = await fetch(`${app.issuer}/api/oauth/validate_access_token`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await expect503(
        validation.json().then((body) => ({ status: validation.status, headers: validation.headers, body })),
      );
    }
    state.isDown = false;
    for (const [token, client] of tokens.slice(0, -1)) {
      expect((await introspect(app, token, client)).body.active).to.equal(true);
    }
  });

  it('a revocation whose last step fails is not told as done, and can be repeated', async () => {
    const { access, refresh } = await obtainFor(app);
    for (const up of ['revokedTokens', 'grants', 'refreshTokens']) {
      state.up.add(up);
      state.isDown = true;
      const { status } = await revoke(app, refresh);
      state.isDown = false;
      state.up.delete(up);
      expect(status, up).to.equal(503);
    }
    expect((await revoke(app, refresh)).status).to.equal(200);
    for (const token of [access, refresh]) {
      expect((await introspect(app, token, ORDERS_APP)).body.active).to.equal(false);
    }
  });
});
