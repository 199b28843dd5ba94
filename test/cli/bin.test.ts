// The `bin` of the package: the command line as a program of its own, called from anywhere and by any name.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectPath } from '../../src/lib/paths.js';

const run = promisify(execFile);

describe('the link2ur-op program', () => {
  let folder: string;
  let bin: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'l2u-bin-'));
    const { bin: bins } = JSON.parse(await readFile(projectPath('package.json'), 'utf8'));
    bin = projectPath(bins['link2ur-op']);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  // Only PATH, for the shebang to find node.
  const options = () => ({ cwd: folder, env: { PATH: process.env.PATH } });

  it('runs from another folder', async () => {
    const { stdout } = await run(bin, ['--help'], options());
    expect(stdout)
      .to.match(/^Usage: /)
      .and.include('user forget');
  });

  it('runs through a symbolic link, as npm installs it', async () => {
    const link = join(folder, 'link2ur-op');
    await symlink(bin, link);
    const { stdout } = await run(link, ['config', 'check', '--json'], options());
    expect(JSON.parse(stdout)).to.include({ ok: true });
  });

  it('ends with the code of the command', async () => {
    const failure = await run(bin, ['nonsense'], options()).catch((error: { code: number }) => error);
    expect(failure).to.include({ code: 2 });
  });
});
