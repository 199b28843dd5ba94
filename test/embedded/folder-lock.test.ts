import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../src/lib/errors.js';
import { FolderLockedError, openFolderLock } from '../../src/store/postgres/embedded/folder-lock.js';
import { openGuardSocket } from '../../src/store/postgres/embedded/guard-socket.js';
import { exited, line, moduleUrl, newFolder, removeFolders, runInChild } from './support.js';

const LOCK = moduleUrl('folder-lock');

// The console.log in these programs, which run as processes of their own, is their report: `line` and `exited` read it.

/** A process that takes the lock, says so and stays. */
const HOLDER = `
  import { openFolderLock } from '${LOCK}';
  await openFolderLock(process.argv[1]);
  console.log('held');
  setInterval(() => {}, 1000);
`;

/** A process that tries for the lock and, while it holds it, is the only one that may make the marker. */
const RACER = `
  import { openFolderLock, FolderLockedError } from '${LOCK}';
  import { open, unlink } from 'node:fs/promises';
  const [folder, marker, mode] = process.argv.slice(1);
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let held = 0;
  for (let attempt = 0; attempt < 40; attempt++) {
    try {
      const lock = await openFolderLock(folder);
      const file = await open(marker, 'wx').catch((error) => {
        console.log('VIOLATION', error.code);
        process.exit(3);
      });
      held += 1;
      await sleep(Math.random() * 4);
      await file.close();
      await unlink(marker);
      // Dying without release is what the lock is for.
      if (mode === 'die' && Math.random() < 0.3) {
        console.log('held', held);
        process.kill(process.pid, 'SIGKILL');
      }
      await lock.close();
    } catch (error) {
      if (!(error instanceof FolderLockedError)) { console.log('FAILED', error.stack); process.exit(4); }
    }
    await sleep(Math.random() * 3);
  }
  console.log('held', held);
`;

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('was not rejected'),
    (error: unknown) => error,
  );
}

describe('lock of the data folder', () => {
  after(removeFolders);

  it('refuses a second process while the first lives, and names it', async () => {
    const folder = await newFolder();
    const holder = runInChild(HOLDER, [folder]);
    await line(holder, 'held');
    const error = await rejectionOf(openFolderLock(folder));
    expect(error).to.be.instanceOf(FolderLockedError);
    expect((error as FolderLockedError).ownerPid).to.equal(holder.pid);
    holder.kill('SIGKILL');
    await exited(holder);
  });

  it('refuses a second lock of the same process', async () => {
    const folder = await newFolder();
    const lock = await openFolderLock(folder);
    expect(await rejectionOf(openFolderLock(folder))).to.be.instanceOf(FolderLockedError);
    await lock.close();
  });

  it('refuses while the owner is stopped and cannot answer', async () => {
    const folder = await newFolder();
    const holder = runInChild(HOLDER, [folder]);
    await line(holder, 'held');
    holder.kill('SIGSTOP');
    expect(await rejectionOf(openFolderLock(folder))).to.be.instanceOf(FolderLockedError);
    holder.kill('SIGKILL');
    await exited(holder);
  });

  it('is free again after kill -9 of the owner', async () => {
    const folder = await newFolder();
    const holder = runInChild(HOLDER, [folder]);
    await line(holder, 'held');
    holder.kill('SIGKILL');
    await exited(holder);
    const lock = await openFolderLock(folder);
    await lock.close();
  });

  it('can be released and taken many times, leaving nothing to pile up', async () => {
    const folder = await newFolder();
    for (let round = 0; round < 50; round += 1) await (await openFolderLock(folder)).close();
    const lock = await openFolderLock(folder);
    expect(await readdir(join(folder, 'owners'))).to.deep.equal(['owner.51']);
    expect((await readdir(folder)).length).to.equal(2);
    await lock.close();
    await lock.close();
  });

  it('keeps the folder private', async () => {
    const folder = join(await newFolder(), 'run');
    const lock = await openFolderLock(folder);
    expect((await stat(folder)).mode & 0o777).to.equal(0o700);
    await lock.close();
  });

  it('takes an owner file cut short by a power failure for a dead owner', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'owners'));
    await writeFile(join(folder, 'owners', 'owner.7'), '{"guard":"gua');
    const lock = await openFolderLock(folder);
    expect(await readdir(join(folder, 'owners'))).to.deep.equal(['owner.8']);
    await lock.close();
  });

  it('leaves the guards of live contenders alone when it sweeps', async () => {
    const folder = await newFolder();
    const contender = await openGuardSocket(folder);
    const lock = await openFolderLock(folder);
    expect(await readdir(folder)).to.include(contender.name);
    await contender.close();
    await lock.close();
  });

  it('names DATA_DIR when the path is too long for a socket', async () => {
    const folder = join(await newFolder(), 'x'.repeat(90));
    const error = await rejectionOf(openFolderLock(folder));
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as Error).message).to.contain('DATA_DIR');
  });

  it('has one holder at any time among 30 contenders of one process', async () => {
    const folder = await newFolder();
    let holders = 0;
    let most = 0;
    let taken = 0;
    const contend = async () => {
      for (let attempt = 0; attempt < 60; attempt += 1) {
        const lock = await openFolderLock(folder).catch((error: unknown) => {
          if (error instanceof FolderLockedError) return undefined;
          throw error;
        });
        if (!lock) continue;
        holders += 1;
        taken += 1;
        most = Math.max(most, holders);
        await new Promise((resolve) => setImmediate(resolve));
        holders -= 1;
        await lock.close();
      }
    };
    await Promise.all(Array.from({ length: 30 }, contend));
    expect(most).to.equal(1);
    expect(taken).to.be.greaterThan(5);
  });

  for (const mode of ['release', 'die']) {
    it(`has one holder at any time when 20 processes race for a dead owner's (${mode})`, async function () {
      this.timeout(180_000);
      for (let round = 0; round < 4; round += 1) {
        const folder = await newFolder();
        const dead = runInChild(HOLDER, [folder]);
        await line(dead, 'held');
        dead.kill('SIGKILL');
        await exited(dead);
        const marker = join(await newFolder(), 'marker');
        const racers = Array.from({ length: 20 }, () => runInChild(RACER, [folder, marker, mode]));
        const said = await Promise.all(racers.map((racer) => line(racer, '').finally(() => exited(racer))));
        expect(said.filter((text) => !text.startsWith('held'))).to.deep.equal([]);
        const total = said.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0);
        expect(total).to.be.greaterThan(3);
        await (await openFolderLock(folder)).close();
      }
    });
  }
});
