// The service as a process: what it has answered is there after kill -9, and it stops dropping nobody.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { obtainTokens, refresh, SECRET, userinfo } from '../support/app.js';
import {
  freePort,
  type ServiceProcess,
  seededDataDir,
  spawnService,
  startService,
} from '../support/child.js';
import { FORM } from '../support/raw-http.js';

const LOGINS = 200;
const TABS = 4;

describe('the service as a process', function () {
  // Hundreds of logins and half a dozen starts, on a machine that may be busy with other tests.
  this.timeout(240_000);

  let dataDir: string;
  let port: number;
  let service: ServiceProcess;

  before(async () => {
    dataDir = await seededDataDir();
    port = await freePort();
    service = await startService(dataDir, port);
  });

  after(async () => {
    service.process.kill('SIGKILL');
    await service.ended;
    await rm(dataDir, { recursive: true, force: true });
  });

  async function killAndRestart(): Promise<void> {
    service.process.kill('SIGKILL');
    await service.ended;
    service = await startService(dataDir, port);
  }

  it(`keeps the refresh tokens of ${LOGINS} logins when it is killed in the middle of more`, async () => {
    const { issuer } = service;
    const received: { access: string; token: string }[] = [];
    let killed: Promise<void> | undefined;

    async function logInAgainAndAgain(): Promise<void> {
      const agent = new Agent();
      while (!killed) {
        const { access_token: access = '', refresh_token: token = '' } = await obtainTokens(issuer, agent);
        received.push({ access, token });
        if (received.length >= LOGINS) killed ??= killAndRestart();
      }
    }
    const workers = Array.from({ length: TABS }, () => logInAgainAndAgain());
    // The logins that the kill interrupts fail, as they must.
    const outcomes = await Promise.allSettled(workers);
    await killed;
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' && received.length < LOGINS) throw outcome.reason;
    }

    expect(received.length).to.be.at.least(LOGINS);
    const lost: string[] = [];
    for (let start = 0; start < received.length; start += TABS) {
      const some = received.slice(start, start + TABS).map(async ({ access, token }, n) => {
        if ((await userinfo(issuer, access)).status !== 200) lost.push(`access token ${start + n}`);
        if ((await refresh(issuer, token)).status !== 200) lost.push(`refresh token ${start + n}`);
      });
      await Promise.all(some);
    }
    expect(lost).to.deep.equal([]);
  });

  it('keeps rotations when it is killed right after answering them', async () => {
    const { issuer } = service;
    const agent = new Agent();
    const { refresh_token: first = '' } = await obtainTokens(issuer, agent);
    let token = first;
    for (let n = 0; n < 3; n += 1) {
      const { status, body } = await refresh(issuer, token);
      expect(status).to.equal(200);
      token = body.refresh_token ?? '';
      await killAndRestart();
    }
    const { status, body } = await refresh(issuer, token);
    expect(status).to.equal(200);
    expect((await userinfo(issuer, body.access_token ?? '')).status).to.equal(200);
  });

  it('refuses to start a second time on the same data, says why, and leaves the first alone', async () => {
    const { issuer } = service;
    const tokens = await obtainTokens(issuer, new Agent());
    const second = spawnService(dataDir, await freePort());
    expect(await second.ended).to.equal(1);
    expect(second.output()).to.match(/data folder is in use by process \d+/);
    expect(second.output()).to.include(String(service.process.pid));
    expect(second.output()).not.to.match(/\n\s+at /);
    expect((await userinfo(issuer, tokens.access_token ?? '')).status).to.equal(200);
    expect((await refresh(issuer, tokens.refresh_token ?? '')).status).to.equal(200);
    expect((await obtainTokens(issuer, new Agent())).access_token).to.be.a('string');
  });

  it('refuses to start on a port that is taken, with a message', async () => {
    const folder = await seededDataDir();
    const second = spawnService(folder, port);
    expect(await second.ended).to.equal(1);
    expect(second.output()).to.match(/EADDRINUSE/);
    await rm(folder, { recursive: true, force: true });
  });

  it('answers what is under way at SIGTERM, takes nothing new and ends with 0', async () => {
    const { refresh_token: token = '' } = await obtainTokens(service.issuer, new Agent());
    const body = `grant_type=refresh_token&refresh_token=${token}&client_id=web-app&client_secret=${SECRET}`;
    const head = `POST /api/oauth/token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`;
    const sockets = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write(
          `${head}content-type: ${FORM['content-type']}\r\ncontent-length: ${body.length}\r\n\r\n`,
        );
        socket.write(body.slice(0, 20));
        const chunks: Buffer[] = [];
        socket.on('data', (chunk) => chunks.push(chunk));
        return { socket, chunks };
      }),
    );
    // One whole exchange after the others: what they have sent has been read by then.
    expect((await fetch(`${service.issuer}/readyz`)).status).to.equal(200);
    service.process.kill('SIGTERM');
    await service.wrote('"stopping"');

    const late = await fetch(`${service.issuer}/readyz`).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect(late).to.be.oneOf(['refused', 503]);

    for (const { socket } of sockets) socket.write(body.slice(20));
    await Promise.all(sockets.map(({ socket }) => once(socket, 'close')));
    for (const { chunks } of sockets) {
      expect(Buffer.concat(chunks).toString())
        .to.match(/^HTTP\/1\.1 200 /)
        .and.to.include('"refresh_token"');
    }
    expect(await service.ended).to.equal(0);
    expect(service.output()).not.to.match(/\n\s+at |"level":"(error|fatal)"/);

    service = await startService(dataDir, port);
    expect((await refresh(service.issuer, token)).status).to.equal(200);
  });
});
