// The API in docs/relying-parties.md, run as it is printed.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectPath } from '../../src/lib/paths.js';
import { startApp, type TestApp, USER } from '../support/app.js';
import { API, ORDERS_API, obtainFor, revoke, seedResourceServers } from '../support/resource-server.js';

describe('docs/relying-parties.md: an API', () => {
  let app: TestApp;
  let folder: string;
  let child: ChildProcess;
  let address: string;

  before(async () => {
    app = await startApp();
    await seedResourceServers(app);
    // Inside the project, by whose name the verifier is imported.
    folder = await mkdtemp(join(projectPath('dist'), 'guide-'));
    const guide = await readFile(projectPath('docs', 'relying-parties.md'), 'utf8');
    const [, example] = /```js file=api\.mjs\n([\s\S]*?)```/.exec(guide) ?? [];
    await writeFile(join(folder, 'api.mjs'), example ?? '');
    const { client_id: CLIENT_ID, client_secret: CLIENT_SECRET } = ORDERS_API;
    const { PATH = '' } = process.env;
    child = spawn(process.execPath, ['api.mjs'], {
      cwd: folder,
      env: { PATH, ISSUER: app.issuer, AUDIENCE: API, CLIENT_ID, CLIENT_SECRET },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    address = await new Promise((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        const [, url] = /Listening on (\S+)/.exec(chunk.toString()) ?? [];
        if (url) resolve(url);
      });
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
  });
  after(async () => {
    child?.kill();
    await app.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const ask = async (token?: string) =>
    fetch(address, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  it('lets in whoever has a token for it, until that is taken back', async () => {
    const { access, refresh } = await obtainFor(app);
    const answer = await ask(access);
    expect([answer.status, await answer.json()]).to.deep.equal([200, { ordersOf: USER.id }]);
    await revoke(app, refresh);
    const refused = await ask(access);
    expect(refused.status).to.equal(401);
    expect(refused.headers.get('www-authenticate')).to.include('invalid_token');
  });

  it('lets in nobody else, and says what is missing', async () => {
    expect((await ask()).status).to.equal(401);
    const { access } = await obtainFor(app, { scope: 'openid orders.write' });
    const refused = await ask(access);
    expect(refused.status).to.equal(403);
    expect(refused.headers.get('www-authenticate')).to.include('scope="orders.read"');
  });
});
