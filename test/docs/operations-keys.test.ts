// docs/operations.md, "Keys": its commands do what it says, in the order in which it gives them.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { projectPath } from '../../src/lib/paths.js';
import { startApp, type TestApp } from '../support/app.js';
import { runInProcess } from '../support/cli.js';

const guide = readFileSync(projectPath('docs', 'operations.md'), 'utf8');
const section = /\n## Keys\n([\s\S]*?)\n## /.exec(guide)?.[1] ?? '';
/** The blocks of commands, in their order. */
const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) =>
  [...(match[1] ?? '').matchAll(/^npm run cli -- (key .*?)(?:\s+#.*)?$/gm)].map((line) => line[1] ?? ''),
);

interface Key {
  kid: string;
  alg: string;
  purpose: string;
  state: string;
}

describe('the commands of docs/operations.md, "Keys"', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp();
  });
  afterEach(() => app.close());

  const run = (line: string) => runInProcess(line.split(' '), { env: { DATA_DIR: app.dataDir } });
  async function keys(...states: string[]): Promise<Key[]> {
    const all = JSON.parse((await run('key list --json')).stdout).keys as Key[];
    return all.filter(({ state }) => states.includes(state));
  }
  async function succeed(line: string): Promise<void> {
    const { code, stdout, stderr } = await run(line);
    expect(code, `${line}: ${stdout}${stderr}`).to.equal(0);
  }

  it('are there', () => {
    expect(blocks.map(({ length }) => length)).to.deep.equal([5, 2, 1, 5]);
  });

  it('rotate in peace', async () => {
    const [daily = []] = blocks;
    for (const line of daily.slice(0, 3)) await succeed(line);
    expect((await keys('announced')).map(({ alg }) => alg)).to.have.members([
      'RS256',
      'ES256',
      'EdDSA',
      'HMAC',
    ]);
    const [rs256] = (await keys('active')).filter(({ alg }) => alg === 'RS256');
    // Announced a moment ago: the command says until when the present key signs.
    const { code, stderr } = await run(`${daily[4]}`.replace('KID', rs256?.kid ?? ''));
    expect(code).to.equal(4);
    expect(stderr).to.include('signs until');
  });

  it('revoke a key that has leaked', async () => {
    const [leaked] = await keys('active');
    for (const line of blocks[1] ?? []) await succeed(line.replace('KID', leaked?.kid ?? ''));
    expect((await keys('gone')).map(({ kid }) => kid)).to.deep.equal([leaked?.kid]);
    expect(await keys('active')).to.have.length(4);
  });

  it('replace the key-encryption key', async () => {
    for (const line of blocks[2] ?? []) await succeed(line);
  });

  it('rotate everything', async () => {
    const before = await keys('active');
    await succeed('key generate --alg ES256');
    for (const line of blocks[3] ?? []) {
      if (!line.includes('KID')) await succeed(line);
      else {
        for (const { kid } of await keys('retired', 'announced')) await succeed(line.replace('KID', kid));
      }
    }
    const after = await keys('active');
    expect(after.map(({ alg }) => alg)).to.have.members(['RS256', 'ES256', 'EdDSA', 'HMAC']);
    const gone = (await keys('gone')).map(({ kid }) => kid);
    expect(gone).to.include.members(before.map(({ kid }) => kid));
    expect(await keys('retired', 'announced')).to.deep.equal([]);
  });
});
