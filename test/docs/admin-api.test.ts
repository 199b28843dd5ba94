// docs/admin-api.md keeps its word: its commands and programs run as they are printed.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ADMIN_SCOPES } from '../../src/clients/resource-servers.js';
import { projectPath } from '../../src/lib/paths.js';
import { startApp, type TestApp } from '../support/app.js';
import { runCli } from '../support/cli.js';

const guide = () => readFile(projectPath('docs', 'admin-api.md'), 'utf8');

async function snippet(pattern: RegExp): Promise<string> {
  const [, text] = pattern.exec(await guide()) ?? [];
  if (text === undefined) throw new Error(`the guide has no ${pattern} any more`);
  return text;
}

/** The words of a shell command that quotes with " only. */
const words = (command: string) =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

describe('docs/admin-api.md', () => {
  let app: TestApp;
  let folder: string;

  before(async () => {
    app = await startApp();
    folder = await mkdtemp(join(tmpdir(), 'l2u-admin-guide-'));
    const [command = ''] = (await snippet(/```sh\n([\s\S]*?)```/)).split('\n');
    const [, args] = command.split('npm run --silent cli -- ');
    const { code, stdout, stderr } = await runCli(words(args ?? ''), { env: { DATA_DIR: app.dataDir } });
    expect(code, stderr).to.equal(0);
    const { client_secret: secret } = JSON.parse(stdout) as { client_secret: string };
    expect(stderr).not.to.include(secret);
    await writeFile(join(folder, 'secret.txt'), secret, { mode: 0o600 });
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await app.close();
  });

  function run(program: string, args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH ?? '', ISSUER: app.issuer };
    const child = spawn(program, args, { cwd: folder, env });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${code}: ${output}`))));
    });
  }

  it('gets a token and a list by curl', async function () {
    const hasCurl = await run('curl', ['--version']).then(
      () => true,
      () => false,
    );
    // Not everywhere there is curl; its fetch twin below runs everywhere.
    if (!hasCurl) this.skip();
    await writeFile(join(folder, 'example.sh'), await snippet(/```sh file=example\.sh\n([\s\S]*?)```/));
    const output = await run('sh', ['-eu', 'example.sh']);
    const { items, next } = JSON.parse(output) as { items: object[]; next: string };
    expect(items).to.have.lengthOf(2);
    expect(next).to.be.a('string');
  });

  it('makes and changes a client by fetch', async () => {
    await writeFile(join(folder, 'example.mjs'), await snippet(/```js file=example\.mjs\n([\s\S]*?)```/));
    const [id = ''] = (await run(process.execPath, ['example.mjs'])).split(' ');
    expect((await app.services.clients.get(id)).client_name).to.equal('Tea & Cake');
  });

  it('names every scope', async () => {
    const text = await guide();
    for (const scope of ADMIN_SCOPES) expect(text).to.include(`\`${scope}\``);
  });
});
