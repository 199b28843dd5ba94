// Registration in docs/relying-parties.md and docs/operations.md, run as it is printed.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { registrationPoliciesOf } from '../../src/config/registration.js';
import { projectPath } from '../../src/lib/paths.js';
import { FEATURES, startRegistrationApp } from '../registration/support.js';
import type { TestApp } from '../support/app.js';
import { runInProcess } from '../support/cli.js';

const doc = (name: string) => readFile(projectPath('docs', name), 'utf8');

describe('the documents: registration', () => {
  let app: TestApp;
  let folder: string;

  before(async () => {
    app = await startRegistrationApp();
    // Below the project, so that `openid-client` is found.
    const cache = projectPath('node_modules', '.cache');
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, 'guide-'));
  });
  after(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  const commandsOf = async (): Promise<string[]> => {
    const section = (await doc('operations.md')).split('\n## Clients that register themselves\n')[1] ?? '';
    const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
    return block.split('\n').filter((line) => line !== '');
  };

  /** The words of a shell command that quotes with " only. */
  const words = (command: string) =>
    [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

  async function run(command: string): Promise<string> {
    const args = words(command.replace('npm run cli -- ', ''));
    const env = { DATA_DIR: app.dataDir, OAUTH_FEATURES: FEATURES };
    const { code, stdout, stderr } = await runInProcess(args, { env });
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  function runProgram(token: string): Promise<string> {
    const env = { PATH: process.env.PATH ?? '', ISSUER: app.issuer, REGISTRATION_TOKEN: token };
    const child = spawn(process.execPath, ['register.mjs'], { cwd: folder, env });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${code}: ${output}`))));
    });
  }

  it('an operator makes a token, a program registers itself with it, and the operator ends that', async () => {
    const [create = '', list = '', revoke = ''] = await commandsOf();
    const [, token = ''] = /\n {2}([\w-]{43})\n$/.exec(await run(create)) ?? [];
    const [, program = ''] =
      /```js file=register\.mjs\n([\s\S]*?)```/.exec(await doc('relying-parties.md')) ?? [];
    await writeFile(join(folder, 'register.mjs'), program);
    const [, id = ''] = /^(\S+) is Tea, Cake & Co\n$/.exec(await runProgram(token)) ?? [];
    const client = await app.services.clients.get(id);
    expect(client).to.deep.include({
      client_name: 'Tea, Cake & Co',
      redirect_uris: ['https://tea.example/callback'],
      scope: 'openid email offline_access',
    });
    expect(client.secrets).to.have.lengthOf(1);
    expect(await run(list)).to.include(id);
    await run(revoke.replace('CLIENT', id));
    const { items } = await app.services.registrations.list();
    expect(items.find(({ client_id }) => client_id === id)).to.include({ is_manageable: false });
  });

  it('names every member of a policy', async () => {
    const text = await doc('operations.md');
    for (const name of Object.keys(registrationPoliciesOf().get('default') ?? {})) {
      expect(text).to.match(new RegExp(`^\\|.*\`${name}\``, 'm'));
    }
  });
});
