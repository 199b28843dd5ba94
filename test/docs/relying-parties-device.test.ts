// The device in docs/relying-parties.md, run as it is printed.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectPath } from '../../src/lib/paths.js';
import { Agent } from '../support/agent.js';
import { startApp, type TestApp, USER } from '../support/app.js';
import { DEVICE_FEATURES, letIn, TV } from '../support/device.js';
import { register } from '../support/relying-party.js';

describe('docs/relying-parties.md: a device', () => {
  let app: TestApp;
  let folder: string;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: DEVICE_FEATURES } });
    await register(app, TV);
    folder = await mkdtemp(join(projectPath('dist'), 'guide-'));
    const guide = await readFile(projectPath('docs', 'relying-parties.md'), 'utf8');
    const [, example] = /```js file=device\.mjs\n([\s\S]*?)```/.exec(guide) ?? [];
    await writeFile(join(folder, 'device.mjs'), example ?? '');
  });
  after(async () => {
    await app.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('shows a code, is let in on a phone, and greets its user', async () => {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, ['device.mjs'], {
      cwd: folder,
      env: { PATH, ISSUER: app.issuer, CLIENT_ID: TV.client_id },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const shown = new Promise<RegExpExecArray>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const found = /open (\S+) and enter (\S+)/.exec(output);
        if (found) resolve(found);
      });
    });
    const early = ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${output}`)));
    early.catch(() => {});
    const [, address, code = ''] = await Promise.race([shown, early]);
    expect(address).to.equal(`${app.issuer}/device`);
    await letIn(new Agent(), app.issuer, code);
    expect(await ended).to.equal(0);
    expect(output).to.include(`Hello, ${USER.name}`);
  });
});
