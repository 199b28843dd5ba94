// AppAuth for JavaScript on a desktop: the system's browser and a loopback redirect on any port (RFC 8252 section 7.3).
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { projectPath } from '../../src/lib/paths.js';
import { freePort, startApp, type TestApp } from '../support/app.js';
import { register } from '../support/relying-party.js';
import { browse, newPerson } from './support.js';

/** Resolves with what the "browser" was asked to open. */
async function opened(file: string, said: () => string): Promise<string> {
  for (let tries = 0; tries < 400; tries += 1) {
    const url = await readFile(file, 'utf8').catch(() => '');
    if (url.endsWith('\n')) return url.trim();
    await delay(100);
  }
  throw new Error(`no browser was opened; the app said: ${said()}`);
}

describe('AppAuth', () => {
  let app: TestApp;
  let folder: string;

  before(async () => {
    app = await startApp();
    folder = await mkdtemp(join(tmpdir(), 'l2u-browser-'));
    await register(app, {
      client_id: 'native-app',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      post_logout_redirect_uris: [],
    });
  });
  after(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('logs in through the browser, refreshes and revokes', async () => {
    // What AppAuth opens an address with on Linux; a machine without a desktop has none.
    const browser = join(folder, 'xdg-open');
    const visited = join(folder, 'visited');
    await writeFile(browser, `#!/bin/sh\necho "$1" > '${visited}'\n`);
    await chmod(browser, 0o755);
    const port = await freePort();
    const program = projectPath('test', 'relying-parties', 'appauth-app.mjs');
    const child = spawn(process.execPath, [program, app.issuer, 'native-app', String(port)], {
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));

    const back = await browse(newPerson(), await opened(visited, () => output));
    expect(back.url).to.include(`http://127.0.0.1:${port}/callback?`);
    expect(await ended, output).to.equal(0);
    // Revoking a refresh token ends what hangs on the same grant.
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).to.deep.equal({
      hasIdToken: true,
      isNew: true,
      isRevoked: true,
      userinfo: 'refused',
    });
  });
});
