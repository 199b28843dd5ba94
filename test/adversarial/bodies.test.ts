// Request bodies that are too large, of the wrong kind, slow, or never end.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { SECRET, startApp, type TestApp } from '../support/app.js';
import { FORM, send, sendBytes, sendForm } from '../support/raw-http.js';

const PROGRAM = ['token', 'revoke', 'introspect'].map((name) => `/api/oauth/${name}`);
const CREDENTIALS = `client_id=web-app&client_secret=${SECRET}`;

describe('a request body', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  const KB = 1024;
  const form = (bytes: number) => `${CREDENTIALS}&token=${'a'.repeat(bytes)}`.slice(0, bytes);
  // Many short fields, so that only the size of the whole can be at fault.
  const fields = (bytes: number) => `${CREDENTIALS}&${'a=b&'.repeat(bytes / 4)}`.slice(0, bytes);

  for (const target of [...PROGRAM, '/api/oauth/userinfo', '/interaction/some-uid/login', '/unknown']) {
    it(`of more than 64 KB is answered with 413 at ${target}`, async () => {
      for (const type of [
        'application/x-www-form-urlencoded',
        'application/json',
        'multipart/form-data; boundary=a',
      ]) {
        const answer = await send(app.issuer, {
          method: 'POST',
          target,
          headers: { 'content-type': type, accept: 'text/html' },
          body: form(64 * KB + 1),
        });
        expect(answer.status, type).to.equal(413);
        if (target.startsWith('/api')) {
          expect(JSON.parse(answer.text), type).to.have.any.keys(['error', 'error_description']);
        }
      }
    });
  }

  it('in chunks of more than 64 KB is answered with 413', async () => {
    const chunk = `${(70 * KB).toString(16)}\r\n${form(70 * KB)}\r\n0\r\n\r\n`;
    const head = 'POST /api/oauth/introspect HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n';
    const type = `content-type: ${FORM['content-type']}\r\ntransfer-encoding: chunked\r\n\r\n`;
    const { status } = await sendBytes(app.issuer, Buffer.from(head + type + chunk));
    expect(status).to.equal(413);
  });

  it('of exactly 64 KB is taken', async () => {
    const { status } = await sendForm(app.issuer, '/api/oauth/introspect', fields(64 * KB));
    expect(status).to.equal(400); // Not too large, only repeating a field.
  });

  it('that is no form is answered with 400 at the token endpoint', async () => {
    for (const [type, body] of [
      ['application/json', '{"grant_type":"authorization_code"}'],
      ['text/plain', 'grant_type=authorization_code'],
      ['multipart/form-data; boundary=a', '--a\r\n\r\n--a--'],
      ['', 'grant_type=authorization_code'],
    ]) {
      const { status, text } = await send(app.issuer, {
        method: 'POST',
        target: '/api/oauth/token',
        headers: type ? { 'content-type': type } : {},
        body: body ?? '',
      });
      expect(status, type).to.equal(400);
      expect(JSON.parse(text), type).to.include({ error: 'invalid_request' });
    }
  });

  it('in an unknown encoding is answered without breaking', async () => {
    for (const encoding of ['gzip', 'br', 'bogus']) {
      const { status } = await sendForm(app.issuer, '/api/oauth/token', 'not compressed at all', {
        'content-encoding': encoding,
      });
      expect(status, encoding).to.be.within(400, 415);
    }
    for (const charset of ['utf-16', 'bogus', 'utf-7']) {
      const { status } = await sendForm(app.issuer, '/api/oauth/token', `grant_type=a&${CREDENTIALS}`, {
        'content-type': `application/x-www-form-urlencoded; charset=${charset}`,
      });
      expect(status, charset).to.be.within(400, 415);
    }
  });

  it('that breaks off harms nobody and is no error of ours', async () => {
    const { port } = new URL(app.issuer);
    const type = `content-type: ${FORM['content-type']}\r\n`;
    const head = `POST /api/oauth/token HTTP/1.1\r\nhost: localhost\r\n${type}`;
    for (const rest of [
      'content-length: 1000\r\n\r\ngrant_type=',
      'transfer-encoding: chunked\r\n\r\n10\r\ngrant',
      'transfer-encoding: chunked\r\n\r\nnot-a-size\r\n',
      'content-length: 10\r\nexpect: 100-continue\r\n\r\n',
    ]) {
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(head + rest, resolve));
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    expect((await send(app.issuer, { target: '/readyz' })).status).to.equal(200);
    expect(app.logs.filter((line) => /"level":"(error|fatal)"/.test(line))).to.deep.equal([]);
  });

  it('that is broken leaves nothing of itself in the log', async () => {
    const type = `content-type: ${FORM['content-type']}\r\ntransfer-encoding: chunked\r\n`;
    const head = `POST /api/oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${type}`;
    const chunk = `${CREDENTIALS.length.toString(16)}\r\n${CREDENTIALS}\r\n`;
    await sendBytes(app.issuer, Buffer.from(`${head}\r\n${chunk}not-a-size\r\n`)).catch(() => undefined);
    const logs = app.logs.join('\n');
    expect(logs).not.to.include(SECRET);
    // Bytes as numbers are no better.
    expect(logs).not.to.include([...Buffer.from(SECRET)].join(','));
  });

  it('that arrives slowly holds up nobody', async () => {
    const { port } = new URL(app.issuer);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const grant = 'grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Frp.example%2F';
    const body = `${grant}&${CREDENTIALS}`;
    const head = `POST /api/oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`;
    socket.write(`${head}content-type: ${FORM['content-type']}\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body.slice(0, 10));
    expect((await send(app.issuer, { target: '/readyz' })).status).to.equal(200);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.write(body.slice(10));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).to.include('invalid_grant');
  });
});
