import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { ConfigError } from '../../src/lib/errors.js';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';
import {
  type EmbeddedServer,
  openEmbeddedServer,
  StartTimeoutError,
} from '../../src/store/postgres/embedded/embedded-server.js';
import { FolderLockedError, openFolderLock } from '../../src/store/postgres/embedded/folder-lock.js';
import { exited, line, moduleUrl, newDataDir, newFolder, removeFolders, runInChild } from './support.js';

/** A process that opens the folder, inserts without end and says each row that was acknowledged. */
const INSERTER = `
  import { openEmbeddedServer } from '${moduleUrl('embedded-server')}';
  import pg from 'pg';
  const server = await openEmbeddedServer({ dataDir: process.argv[1], fsync: process.argv[2] === 'fsync' });
  const pool = new pg.Pool({ ...server.connection, max: 4 });
  await pool.query('create table if not exists acked (id bigint primary key, body text)');
  const { rows } = await pool.query('select coalesce(max(id), 0)::int as n from acked');
  let next = rows[0].n;
  const insert = async () => {
    for (;;) {
      const id = ++next;
      await pool.query('insert into acked values ($1, $2)', [id, 'x'.repeat(200)]);
      process.stdout.write('row ' + id + '\\n');
    }
  };
  await Promise.all([insert(), insert(), insert(), insert()]);
`;

describe('embedded server', function () {
  this.timeout(120_000);
  let open: EmbeddedServer[] = [];

  async function start(dataDir: string, options = {}): Promise<EmbeddedServer> {
    const server = await openEmbeddedServer({ dataDir, ...options });
    open.push(server);
    return server;
  }

  async function ask(dataDir: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client(embeddedConnection(dataDir));
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  afterEach(async () => {
    await Promise.all(open.map((server) => server.close()));
    open = [];
  });
  after(removeFolders);

  it('makes a private folder on its first start, and keeps the data over a restart', async () => {
    const dataDir = join(await newFolder(), 'data');
    const first = await start(dataDir);
    for (const folder of [dataDir, first.socketDir, join(dataDir, 'pg')]) {
      expect((await stat(folder)).mode & 0o777).to.equal(0o700);
    }
    await ask(dataDir, "create table kept (a text); insert into kept values ('still here')");
    await first.close();
    await start(dataDir);
    expect(await ask(dataDir, 'select a from kept')).to.deep.equal([{ a: 'still here' }]);
  });

  it('begins again when its first start was cut short', async () => {
    const dataDir = await newFolder();
    const child = runInChild(INSERTER, [dataDir]);
    // Long enough for initdb to be at work, not for it to be done.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill('SIGKILL');
    await exited(child);
    await start(dataDir);
    expect(await ask(dataDir, 'select 1 as a')).to.deep.equal([{ a: 1 }]);
  });

  it('commits to the disk unless told otherwise', async () => {
    const [durable, quick] = [await newDataDir(), await newDataDir()];
    await start(durable);
    await start(quick, { fsync: false });
    const settings = "select current_setting('fsync') as a, current_setting('synchronous_commit') as b";
    expect(await ask(durable, settings)).to.deep.equal([{ a: 'on', b: 'on' }]);
    expect(await ask(quick, settings)).to.deep.equal([{ a: 'off', b: 'on' }]);
    expect(await ask(durable, 'show wal_sync_method')).to.deep.equal([{ wal_sync_method: 'fsync' }]);
  });

  it('is refused while another has the folder open, which can be asked all the same', async () => {
    const dataDir = await newDataDir();
    await start(dataDir);
    const error = await openEmbeddedServer({ dataDir }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(FolderLockedError);
    expect(await ask(dataDir, 'select 1 as a')).to.deep.equal([{ a: 1 }]);
  });

  it('gives the lock back when the database does not open', async () => {
    const dataDir = await newFolder();
    await writeFile(join(dataDir, 'pg'), 'not a folder');
    expect(await openEmbeddedServer({ dataDir }).catch(() => 'failed')).to.equal('failed');
    await (await openFolderLock(join(dataDir, 'run'))).close();
  });

  it('keeps the lock after a time-out until the database is closed', async () => {
    const dataDir = await newDataDir();
    const error = await openEmbeddedServer({ dataDir, startTimeoutMs: 1 }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(StartTimeoutError);
    expect(await openEmbeddedServer({ dataDir }).catch((reason: unknown) => reason)).to.be.instanceOf(
      FolderLockedError,
    );
    for (let attempt = 0; ; attempt += 1) {
      const lock = await openFolderLock(join(dataDir, 'run')).catch(() => undefined);
      if (lock) return lock.close();
      expect(attempt).to.be.lessThan(200);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('names DATA_DIR when its path is too long for a socket', async () => {
    const dataDir = join(await newFolder(), 'x'.repeat(90));
    const error = await openEmbeddedServer({ dataDir }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    expect(String(error)).to.contain('DATA_DIR');
  });

  it('rolls back and says goodbye at close', async () => {
    const dataDir = await newDataDir();
    const server = await start(dataDir);
    await ask(dataDir, 'create table unfinished (a int)');
    const client = new pg.Client(server.connection);
    await client.connect();
    await client.query('begin; insert into unfinished values (1)');
    const told = once(client, 'error');
    client.on('error', () => undefined); // the first is ours, then `pg` says that the connection is gone
    await Promise.all([server.close(), server.close()]);
    expect((await told)[0]).to.include({ code: '57P01' });
    await start(dataDir);
    expect(await ask(dataDir, 'select count(*)::int as n from unfinished')).to.deep.equal([{ n: 0 }]);
  });

  it('closes right after a pool was ended, without an error in it', async () => {
    const server = await start(await newDataDir());
    const pool = new pg.Pool({ ...server.connection, max: 3 });
    const errors: Error[] = [];
    pool.on('error', (error) => errors.push(error));
    await Promise.all([1, 2, 3].map(() => pool.query({ name: 'named', text: 'select 1' })));
    await pool.end();
    await server.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(errors).to.deep.equal([]);
  });

  for (const mode of ['fsync', 'no fsync']) {
    it(`has every acknowledged row after kill -9 during inserts (${mode})`, async () => {
      const dataDir = await newDataDir();
      const acknowledged: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const child = runInChild(INSERTER, [dataDir, mode]);
        let text = '';
        child.stdout?.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        await line(child, 'row');
        await new Promise((resolve) => setTimeout(resolve, 700 + 300 * round));
        child.kill('SIGKILL');
        await exited(child);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const rows = text.split('\n').slice(0, -1);
        acknowledged.push(...rows.map((row) => Number(row.split(' ')[1])));
        const server = await start(dataDir);
        const present = new Set(
          (await ask(dataDir, 'select id::int from acked')).map((row) => Object(row).id),
        );
        expect(acknowledged.filter((id) => !present.has(id))).to.deep.equal([]);
        await server.close();
      }
      expect(acknowledged.length).to.be.greaterThan(100);
    });
  }
});
