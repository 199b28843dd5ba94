// Keys by the Admin API.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';

interface Key {
  kid: string;
  alg: string;
  state: string;
}

describe('admin API: keys', () => {
  let app: AdminApp;

  before(async () => {
    app = await startAdminApp();
  });
  after(() => app.close());

  const list = async () => (await app.ask('GET', '/keys')).body.items as Key[];
  const published = async () => {
    const { keys } = (await (await fetch(`${app.issuer}/api/oauth/jwks`)).json()) as { keys: Key[] };
    return keys.map(({ kid }) => kid);
  };

  it('are listed without their private parts', async () => {
    const { text } = await app.ask('GET', '/keys');
    expect((await list()).map(({ alg }) => alg)).to.include.members(['RS256', 'ES256', 'EdDSA']);
    const parts = /"(d|p|q|dp|dq|qi|k)"|private|sealed/i;
    expect(text).not.to.match(parts);
  });

  it('are announced, and withdrawn', async () => {
    const made = await app.ask('POST', '/keys', { body: { alg: 'ES256' } });
    expect([made.status, made.body.state]).to.deep.equal([201, 'announced']);
    const again = await app.ask('POST', '/keys', { body: { alg: 'ES256' } });
    expect([again.status, again.body.code]).to.deep.equal([409, 'conflict']);
    const { status, body } = await app.ask('POST', `/keys/${made.body.kid}/retire`);
    expect([status, body.items[0].state]).to.deep.equal([200, 'gone']);
    const events = await app.services.stores.audit.list({ limit: 20 });
    expect(
      events.some(({ type, actor }) => /^key\./.test(type) && actor === 'client:admin-service'),
    ).to.equal(true);
  });

  it('are rotated, and revoked at once', async () => {
    const rotated = await app.ask('POST', '/keys/rotate', { body: { algs: ['ES256'] } });
    expect(rotated.status).to.equal(200);
    expect(rotated.body.items[0]).to.include({ alg: 'ES256', state: 'announced' });
    const active = (await list()).find(({ alg, state }) => alg === 'ES256' && state === 'active')?.kid ?? '';
    const revoked = await app.ask('POST', `/keys/${active}/revoke`);
    expect(revoked.status).to.equal(200);
    expect(revoked.body.unverifiable_seconds).to.be.a('number');
    // The instance takes other keys into use in its own time, which is short.
    while ((await published()).includes(active)) await delay(50);
    const again = await app.ask('POST', `/keys/${active}/revoke`);
    expect([again.status, again.body.code]).to.deep.equal([409, 'conflict']);
  });

  it('are left alone by requests that make no sense', async () => {
    const before = await list();
    for (const body of [{}, { alg: 7 }, { alg: 'HS256' }, { alg: 'ES256', now: true }]) {
      expect((await app.ask('POST', '/keys', { body })).status, JSON.stringify(body)).to.equal(422);
    }
    for (const body of [
      { algs: [] },
      { algs: 'ES256' },
      { now: 'yes' },
      { algs: ['none'] },
      { made_up: 1 },
    ]) {
      expect((await app.ask('POST', '/keys/rotate', { body })).status, JSON.stringify(body)).to.equal(422);
    }
    for (const verb of ['retire', 'revoke']) {
      expect((await app.ask('POST', `/keys/nothing/${verb}`)).status).to.equal(404);
      const token = await app.token('admin:keys:read admin:clients:write');
      const kid = before[0]?.kid ?? '';
      expect((await app.ask('POST', `/keys/${kid}/${verb}`, { token })).status).to.equal(403);
    }
    expect(await list()).to.deep.equal(before);
  });
});
