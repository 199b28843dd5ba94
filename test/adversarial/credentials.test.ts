// Secrets and passwords that are wrong in every way, and answers that do not say how.
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { Agent, formIn } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER, WEB_CLIENT } from '../support/app.js';
import { openLogin } from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';
import { sendForm } from '../support/raw-http.js';

const LONGEST = 'x'.repeat(60).padEnd(72, '0123456789');

describe('credentials', () => {
  let app: TestApp;
  let inspector: Inspector;

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
    const long = { ...WEB_CLIENT, client_id: 'long', client_secret: LONGEST };
    await app.services.clients.apply(clientInputSchema.parse(long), 'operator:test');
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  function ask(fields: Record<string, string>, headers: Record<string, string> = {}) {
    const body = new URLSearchParams({ token: 'x', ...fields }).toString();
    return sendForm(app.issuer, '/api/oauth/introspect', body, headers);
  }

  function basic(id: string, secret: string) {
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }

  it('of 72 bytes are compared to the last byte', async () => {
    expect((await ask({}, basic('long', LONGEST))).status).to.equal(200);
    for (const wrong of [
      `${LONGEST}x`,
      LONGEST.slice(0, -1),
      `${LONGEST.slice(0, -1)}!`,
      `${LONGEST}${LONGEST}`,
    ]) {
      expect((await ask({}, basic('long', wrong))).status, `${wrong.length}`).to.equal(401);
    }
  });

  it('of a megabyte are refused before anything is computed', async () => {
    const { status } = await ask({ client_id: 'web-app', client_secret: 'a'.repeat(1024 * 1024) });
    expect(status).to.equal(413);
    expect((await ask({}, basic('web-app', 'a'.repeat(12_000)))).status).to.be.oneOf([400, 401, 431]);
  });

  it('longer than bcrypt can tell apart cannot be registered', () => {
    const client = { ...WEB_CLIENT, client_secret: 'x'.repeat(73) };
    expect(clientInputSchema.safeParse(client).success).to.equal(false);
    expect(clientInputSchema.safeParse({ ...client, client_secret: '\u00e9'.repeat(37) }).success).to.equal(
      false,
    );
  });

  it('of an unknown client and wrong ones of a known client are answered alike', async () => {
    for (const how of ['post', 'basic']) {
      const [known, unknown] = await Promise.all(
        ['web-app', 'no-such-client'].map((id) =>
          how === 'basic'
            ? ask({}, basic(id, 'wrong-secret'))
            : ask({ client_id: id, client_secret: 'wrong-secret' }),
        ),
      );
      expect(known?.status).to.equal(401);
      expect(unknown?.status).to.equal(401);
      expect(unknown?.text).to.equal(known?.text);
      const names = (headers: Record<string, string> = {}) => Object.keys(headers).sort();
      expect(names(unknown?.headers)).to.deep.equal(names(known?.headers));
      expect(unknown?.headers['www-authenticate']).to.equal(known?.headers['www-authenticate']);
    }
  });

  it('of an unknown user and a wrong password are answered with the same page', async () => {
    const fail = async (username: string) => {
      const agent = new Agent();
      const form = formIn(await openLogin(agent, app.issuer), 'login-form');
      const page = await agent.submit(form, { username, password: 'wrong' });
      const uid = new URL(form.action).pathname.split('/')[2] ?? '';
      const { csrf = '' } = form.fields;
      const text = page.text.replaceAll(uid, 'UID').replaceAll(csrf, 'CSRF').replaceAll(username, 'NAME');
      return { status: page.status, text };
    };
    const known = await fail(USER.email);
    expect(known.status).to.equal(400);
    expect(await fail('nobody@example.com')).to.deep.equal(known);
    await inspector.change('UPDATE users SET is_active = false WHERE id = $1', ['10000002']);
    expect(await fail('ann@example.com')).to.deep.equal(known);
    await inspector.change('UPDATE users SET is_active = true WHERE id = $1', ['10000002']);
  });

  it('in two places at once are refused', async () => {
    const both = await ask({ client_id: 'web-app', client_secret: SECRET }, basic('web-app', SECRET));
    expect(both.status).to.equal(400);
    const mixed = await ask({ client_id: 'spa' }, basic('web-app', SECRET));
    expect(mixed.status).to.equal(400);
  });

  it('may not come in the query', async () => {
    const query = `client_id=web-app&client_secret=${SECRET}&token=x`;
    const { status } = await sendForm(app.issuer, `/api/oauth/introspect?${query}`, 'token=x');
    expect(status).to.be.oneOf([400, 401]);
  });

  async function storedHash(): Promise<string> {
    const [row] = await inspector.query<{ secret_hash: string }>(
      'SELECT secret_hash FROM oauth_client_secret WHERE client_id = $1',
      ['web-app'],
    );
    return row?.secret_hash ?? '';
  }

  it('stolen as a hash are no secret', async () => {
    const hash = await storedHash();
    expect(hash).to.match(/^\$2[aby]\$1\d\$/);
    expect((await ask({ client_id: 'web-app', client_secret: hash })).status).to.equal(401);
    expect((await ask({}, basic('web-app', hash))).status).to.equal(401);
  });

  it('stolen as a hash sign no assertion, nor does the secret itself', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    for (const audience of [
      app.issuer,
      `${app.issuer}/api/oauth/introspect`,
      `${app.issuer}/api/oauth/token`,
    ]) {
      const claims = {
        iss: 'web-app',
        sub: 'web-app',
        aud: audience,
        jti: `${Math.random()}`,
        iat: now,
        exp: now + 60,
      };
      const keys: [alg: string, key: string | undefined][] = [
        ['HS256', await storedHash()],
        ['HS256', SECRET],
        ['HS512', await storedHash()],
        ['none', undefined],
      ];
      for (const [alg, key] of keys) {
        const input = `${encode({ alg })}.${encode(claims)}`;
        const digest = alg === 'HS512' ? 'sha512' : 'sha256';
        const signature = key === undefined ? '' : createHmac(digest, key).update(input).digest('base64url');
        const { status, text } = await ask({
          client_id: 'web-app',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: `${input}.${signature}`,
        });
        expect(status, alg).to.be.oneOf([400, 401]);
        expect(text).to.match(/invalid_(client|request)/);
      }
    }
  });

  it('are offered in no way that a hash could serve', async () => {
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const discovery = (await response.json()) as Record<string, unknown>;
    const text = JSON.stringify(discovery);
    expect(text).not.to.match(/client_secret_jwt|"HS\d{3}"|"none"\]?,?"?alg|A\d{3}KW|"dir"/);
    for (const [name, value] of Object.entries(discovery)) {
      if (name.endsWith('_auth_methods_supported')) {
        expect(value).to.have.members([
          'client_secret_basic',
          'client_secret_post',
          'private_key_jwt',
          'none',
        ]);
      }
      if (/signing_alg_values_supported$/.test(name)) expect(value).not.to.include('none');
    }
  });

  it('verified once do not open the door to others', async () => {
    expect((await ask({}, basic('web-app', SECRET))).status).to.equal(200);
    for (const wrong of [`${SECRET} `, SECRET.toUpperCase(), SECRET.slice(1), '', 'undefined', 'null']) {
      expect((await ask({}, basic('web-app', wrong))).status, wrong).to.be.oneOf([400, 401]);
    }
    expect((await ask({}, basic('long', SECRET))).status).to.equal(401);
  });
});
