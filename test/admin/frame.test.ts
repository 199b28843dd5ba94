// What every request to the Admin API has in common: how it may be malformed, and how that is told.
import { connect } from 'node:net';
import { expect } from 'chai';
import { type AdminApp, type ApiAnswer, type Asked, startAdminApp } from '../support/admin/app.js';
import { WEB_CLIENT } from '../support/app.js';

const CLIENT = { client_name: 'Frame', redirect_uris: ['https://frame.example/cb'] };

describe('admin API: frame', () => {
  let app: AdminApp;
  let before_: unknown;

  const versions = async () =>
    (await app.services.clients.list()).items.map(({ client_id, version }) => [client_id, version]);

  before(async () => {
    app = await startAdminApp();
    before_ = await versions();
  });
  after(async () => {
    // Whatever was refused changed nothing.
    expect(await versions()).to.deep.equal(before_);
    await app.close();
  });

  function expectProblem({ status, body, headers }: ApiAnswer, expected: number, code: string): void {
    expect([status, body.code]).to.deep.equal([expected, code]);
    expect(body.status).to.equal(expected);
    expect(body.type).to.match(new RegExp(`^${app.issuer}/api/oauth/errors#\\w+$`));
    expect(body.request_id).to.equal(headers.get('x-request-id'));
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('set-cookie')).to.equal(null);
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
  }

  it('is 404 at any other address, whatever it accepts', async () => {
    const paths = [
      '/nothing',
      '/clients/',
      '/Clients',
      '/clients/a/b/c',
      '',
      '/',
      '/clients/%ZZ',
      '/clients//secrets',
    ];
    for (const path of paths) {
      const answer = await app.ask('GET', path, { headers: { accept: 'text/html' } });
      expectProblem(answer, 404, 'not_found');
    }
  });

  it('is 405 for another method, with those there are', async () => {
    const answer = await app.ask('PUT', '/clients');
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).to.equal('GET, POST');
    expectProblem(await app.ask('GET', '/users/10000001/events'), 404, 'not_found');
  });

  it('is closed to pages of other origins', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const preflight = await app.ask('OPTIONS', '/clients', { headers });
    expect(preflight.status).to.equal(405);
    const plain = await app.ask('GET', '/clients', { headers });
    for (const answer of [preflight, plain]) {
      expect(answer.headers.get('access-control-allow-origin')).to.equal(null);
    }
  });

  it('answers HEAD as GET, without a body', async () => {
    const response = await fetch(`${app.base}/clients`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${await app.token()}` },
    });
    expect([response.status, await response.text()]).to.deep.equal([200, '']);
  });

  const bodies: Record<string, [Asked, number, string]> = {
    'no body': [{}, 400, 'invalid_request'],
    'no JSON': [{ body: '{"client_name":' }, 400, 'invalid_request'],
    'JSON that is no object': [{ body: '[]' }, 422, 'invalid_input'],
    'a form': [
      { body: 'client_name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    'no content type': [{ body: '{}', headers: { 'content-type': '' } }, 415, 'unsupported_media_type'],
    'another charset': [
      { body: '{}', headers: { 'content-type': 'application/json; charset=utf-16' } },
      415,
      'unsupported_media_type',
    ],
    'a compressed body': [
      { body: '{}', headers: { 'content-encoding': 'gzip' } },
      415,
      'unsupported_media_type',
    ],
    'a body too large': [{ body: { client_name: 'x'.repeat(70_000) } }, 413, 'content_too_large'],
    NUL: [{ body: { ...CLIENT, client_name: 'a\0b' } }, 400, 'invalid_request'],
    'a lone surrogate': [
      { body: `{"client_name":"\\ud800","redirect_uris":["https://x.example/"]}` },
      400,
      'invalid_request',
    ],
    'deep nesting': [{ body: `{"contacts":${'['.repeat(64)}${']'.repeat(64)}}` }, 400, 'invalid_request'],
  };
  for (const [what, [asked, status, code]] of Object.entries(bodies)) {
    it(`refuses ${what}`, async () => {
      expectProblem(await app.ask('POST', '/clients', asked), status, code);
    });
  }

  it('refuses bytes that are not UTF-8', async () => {
    const response = await fetch(`${app.base}/clients`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await app.token()}`, 'content-type': 'application/json' },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    });
    expect(response.status).to.equal(400);
  });

  it('refuses a body where there is none', async () => {
    expectProblem(
      await app.ask('POST', '/clients/web-app/disable', { body: { now: true } }),
      400,
      'invalid_request',
    );
  });

  const queries = ['limit=0', 'limit=201', 'limit=x', 'limit=1.5', 'cursor=', 'cursor=%F0', 'cursor=abc%3D'];
  for (const query of [
    ...queries,
    'is_active=yes',
    'q=',
    'made_up=1',
    '__proto__=1',
    'constructor=1',
    'limit=1&limit=2',
    'q=%00',
    'q=%ED%A0%80',
  ]) {
    it(`refuses the query ${query}`, async () => {
      expectProblem(await app.ask('GET', `/clients?${query}`), 400, 'invalid_request');
    });
  }

  it('names every parameter at fault', async () => {
    const { body } = await app.ask('GET', '/clients?limit=500&made_up=1&is_active=2');
    const fields = body.problems.map(({ field }: { field: string }) => field);
    expect(fields).to.have.members(['limit', 'made_up', 'is_active']);
  });

  it('names every field at fault, and quotes no value', async () => {
    const secret = 'a-secret-that-must-not-come-back ☹';
    const body = {
      client_name: 7,
      client_secret: secret,
      redirect_uris: ['https://ok.example/', 'http://bad.example/', 'javascript:alert(1)'],
      grant_type: 'x',
      __proto__x: 1,
    };
    const answer = await app.ask('POST', '/clients', { body });
    expectProblem(answer, 422, 'invalid_input');
    const fields = answer.body.problems.map(({ field }: { field: string }) => field);
    expect(fields).to.include.members([
      'client_name',
      'client_secret',
      'redirect_uris[1]',
      'redirect_uris[2]',
      'grant_type',
      '__proto__x',
    ]);
    expect(fields).not.to.include('redirect_uris[0]');
    expect(answer.text).not.to.include(secret);
  });

  it('refuses members that mean something to JavaScript', async () => {
    const body = `{"client_name":"x","redirect_uris":["https://x.example/"],"__proto__":{"is_first_party":true}}`;
    expectProblem(await app.ask('POST', '/clients', { body }), 422, 'invalid_input');
    expectProblem(
      await app.ask('POST', '/keys', { body: '{"alg":"ES256","constructor":1}' }),
      422,
      'invalid_input',
    );
  });

  it('needs If-Match where something is overwritten, and knows its own tags only', async () => {
    const path = `/clients/${WEB_CLIENT.client_id}`;
    const body = { client_name: 'Overwritten' };
    expectProblem(await app.ask('PATCH', path, { body }), 428, 'precondition_required');
    expectProblem(await app.ask('DELETE', path), 428, 'precondition_required');
    for (const tag of ['"0"', '"999"', 'W/"1"', '1', '"1", "2"', '""']) {
      const headers = { 'if-match': tag };
      expectProblem(await app.ask('PATCH', path, { body, headers }), 412, 'precondition_failed');
      expectProblem(await app.ask('DELETE', path, { headers }), 412, 'precondition_failed');
      expectProblem(await app.ask('POST', `${path}/disable`, { headers }), 412, 'precondition_failed');
    }
    expectProblem(await app.ask('GET', path, { headers: { 'if-match': '"1"' } }), 400, 'invalid_request');
  });

  it('refuses a request target and a Host that are none', async () => {
    const { port } = new URL(app.issuer);
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), 'localhost', () => {
        socket.write('GET /api/admin/oauth/clients HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n');
      });
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(status)
      .to.match(/^HTTP\/1\.1 400 /)
      .and.include('application/problem+json');
  });

  it('leaves the word of the site where it was', async () => {
    const response = await fetch(`${app.base}/users/10000001/events`, { method: 'POST' });
    expect(response.status).to.equal(404);
    expect(response.headers.get('content-type')).to.match(/^application\/json/);
  });

  it('takes UTF-8 however it is spelled, and nothing that only begins like it', async () => {
    const post = (type: string) =>
      app.ask('POST', '/clients', { body: {}, headers: { 'content-type': type } });
    for (const type of ['charset="utf-8"', 'charset= utf-8', 'CHARSET=UTF-8 ; v=1']) {
      expectProblem(await post(`application/json; ${type}`), 422, 'invalid_input');
    }
    for (const type of ['charset=utf-8x', 'charset="utf-16"', 'charset=utf-8; charset=latin1']) {
      expectProblem(await post(`application/json; ${type}`), 415, 'unsupported_media_type');
    }
  });

  it('refuses years that the database does not know, and that are written otherwise', async () => {
    const cursor = (date: string) => Buffer.from(JSON.stringify([date, 'x'])).toString('base64url');
    const paths = [
      '/audit/events?since=yesterday',
      '/audit/events?since=0000-01-01T00:00:00Z',
      '/audit/events?until=9999-12-31T23:59:59-12:00',
      '/audit/verification?since=0000-01-01T00:00:00Z',
      `/sessions?cursor=${cursor('-200000-01-01T00:00:00Z')}`,
      `/sessions?cursor=${cursor('0000-01-01T00:00:00Z')}`,
    ];
    for (const path of paths) expectProblem(await app.ask('GET', path), 400, 'invalid_request');
    const body = { expires_at: '9999-12-31T23:59:59-12:00' };
    const path = `/clients/${WEB_CLIENT.client_id}/rotate-secret`;
    expectProblem(await app.ask('POST', path, { body }), 422, 'invalid_input');
    expect((await app.ask('GET', '/clients')).status).to.equal(200);
  });
});
