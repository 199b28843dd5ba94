// What happens to secrets and keys over HTTP: floods, restarts, hashes.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { exchangeCode, obtainTokens, postToken, startApp, type TestApp } from '../support/app.js';

describe('secrets and keys of a running provider', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  const jwks = async () => (await fetch(`${app.issuer}/api/oauth/jwks`)).json();

  it('answers others while a flood of wrong client secrets is checked', async () => {
    const finished: string[] = [];
    const flood = Array.from({ length: 24 }, async (_, index) => {
      await postToken(app.issuer, {
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_secret: `wrong-${index}`,
      });
      finished.push('wrong secret');
    });
    const bystanders = Array.from({ length: 10 }, async () => {
      await fetch(`${app.issuer}/.well-known/openid-configuration`);
      finished.push('discovery');
    });
    await Promise.all(bystanders);
    expect(finished.filter((what) => what === 'wrong secret').length).to.be.lessThan(24);
    await Promise.all(flood);
  });

  it('lets one client in while another one is flooded with wrong secrets', async () => {
    const tokens = await obtainTokens(app.issuer);
    const finished: string[] = [];
    const flood = Array.from({ length: 24 }, async (_, index) => {
      const fields = {
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: 'nobody',
        client_secret: `w-${index}`,
      };
      await postToken(app.issuer, fields);
      finished.push('wrong secret');
    });
    const { status } = await postToken(app.issuer, {
      grant_type: 'refresh_token',
      refresh_token: String(tokens.refresh_token),
    });
    expect(status).to.equal(200);
    expect(finished.length).to.be.lessThan(24);
    await Promise.all(flood);
  });

  it('answers an overfull queue of secrets with 429 and Retry-After, not with a refusal', async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        postToken(app.issuer, { ...fields, client_secret: `flood-${index}` }),
      ),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].sort()).to.deep.equal([401, 429]);
    const busy = answers.find(({ status }) => status === 429);
    expect(busy?.headers.get('retry-after')).to.equal('1');
    expect(busy?.body.error).to.equal('temporarily_unavailable');
  });

  it('keeps keys, sessions and tokens over a restart', async () => {
    const tokens = await obtainTokens(app.issuer);
    const before = await jwks();
    await app.restart();
    expect(await jwks()).to.deep.equal(before);
    const { status } = await postToken(app.issuer, {
      grant_type: 'refresh_token',
      refresh_token: String(tokens.refresh_token),
    });
    expect(status).to.equal(200);
  });

  it('keeps what it made in the data folder from other users of the machine', async () => {
    const { mode } = await stat(join(app.dataDir, 'key-encryption-key'));
    expect(mode & 0o777).to.equal(0o600);
  });

  it('stores private keys sealed only', async () => {
    const keys = await app.services.stores.keys.list();
    expect(new Set(keys.map(({ purpose }) => purpose))).to.deep.equal(new Set(['token', 'cookie']));
    for (const key of keys) {
      expect(JSON.stringify(key)).not.to.match(/"(d|p|q|dp|dq|qi)":/);
      expect(key.privateSealed).to.match(/^v1\./);
    }
  });

  it('refuses a secret longer than bcrypt can tell apart', async () => {
    const { status, body } = await exchangeCode(app.issuer, 'no-such-code', {
      client_secret: 'x'.repeat(73),
    });
    expect(status).to.equal(401);
    expect(body.error).to.equal('invalid_client');
  });
});
