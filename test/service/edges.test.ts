// The edge of the service: request targets, forms' addresses, answers for programs, what is logged.
import { expect } from 'chai';
import pg from 'pg';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';
import { Agent, formIn } from '../support/agent.js';
import { authorizeUrl, startApp, type TestApp } from '../support/app.js';
import { send } from '../support/raw-http.js';

describe('the edge', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  it('takes no host from a request target in absolute form', async () => {
    const target = 'http://evil.example/.well-known/openid-configuration';
    const answer = await send(app.issuer, { target });
    expect(answer.status).to.equal(200);
    expect(answer.text).not.to.include('evil.example');
  });

  it('leads back to the question when the address of a form is opened', async () => {
    const agent = new Agent();
    const page = await agent.follow(authorizeUrl(app.issuer), app.issuer);
    const failed = await agent.submit(formIn(page, 'login-form'), { username: 'nobody', password: 'wrong' });
    const again = await agent.follow(failed.url, app.issuer);
    expect(again.status).to.equal(200);
    expect(again.text).to.include('id="login-form"');
  });

  it('answers programs in JSON with error_uri whatever they accept, also before the endpoint is reached', async () => {
    for (const [method, body] of [
      ['POST', 'code=%00'],
      ['GET', undefined],
    ] as const) {
      const response = await fetch(`${app.issuer}/api/oauth/token`, {
        method,
        headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        ...(body === undefined ? {} : { body }),
      });
      expect(response.headers.get('content-type')).to.match(/^application\/json/);
      expect((await response.json()) as object).to.include.keys('error', 'error_description', 'error_uri');
    }
  });

  it('accepts a form field in UTF-8 that is not percent-encoded', async () => {
    const response = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=refresh_token&refresh_token=é張&client_id=spa',
    });
    expect(((await response.json()) as { error: string }).error).to.equal('invalid_grant');
  });

  it('writes no uid of an interaction to the log or into a table', async () => {
    const agent = new Agent();
    const page = await agent.follow(authorizeUrl(app.issuer), app.issuer);
    const uid = new URL(page.url).pathname.split('/')[2] ?? '';
    await agent.get(`${page.url}/`);
    await agent.get(`${page.url}/login`);
    await agent.get(`${page.url}?x=%00`);
    expect(app.logs.join('')).not.to.include(uid);
    const client = new pg.Client(embeddedConnection(app.dataDir));
    await client.connect();
    const { rows } = await client.query('SELECT a::text AS row FROM oauth_artifact a');
    await client.end();
    expect(rows.length).to.be.greaterThan(0);
    expect(JSON.stringify(rows)).not.to.include(uid);
  });
});
