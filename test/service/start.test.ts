// Starting: what goes wrong is told and ends the process; what was interrupted is made good.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import pg from 'pg';
import { loadConfig } from '../../src/config/load.js';
import { openConnection, openStores } from '../../src/store/open.js';
import { copyOfTemplate } from '../support/app.js';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Runs a compiled script to its end (30 s at most); its exit code and everything it printed. */
function run(script: string, args: string[], env: Record<string, string>) {
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = spawn(process.execPath, [join(DIST, script), ...args], { env: { PATH: '', ...env } });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += String(chunk);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

describe('starting', () => {
  const folders: string[] = [];

  async function folder(make: () => Promise<string>): Promise<string> {
    const path = await make();
    folders.push(path);
    return path;
  }

  after(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))));

  it('ends with a message, not a hanging process, when the key file is damaged', async () => {
    const dataDir = await folder(copyOfTemplate);
    await writeFile(join(dataDir, 'key-encryption-key'), 'garbage\n');
    const { code, output } = await run('src/main.js', [], { DATA_DIR: dataDir, PORT: '39911' });
    expect(code).to.equal(1);
    expect(output).to.include('DATA_DIR');
    expect(output).not.to.match(/\n\s+at /);
  });

  it('lists every problem of the configuration and does not start', async () => {
    const env = { OAUTH_ISSUER: 'http://api.link2ur.com/', PORT: 'x' };
    const { code, output } = await run('src/main.js', [], env);
    expect(code).to.equal(1);
    for (const name of ['OAUTH_ISSUER', 'PORT', 'KEY_ENCRYPTION_KEY']) expect(output).to.include(name);
  });

  it('makes good a first start that was killed in the middle of a migration', async () => {
    const dataDir = await folder(copyOfTemplate);
    const { connection, close } = await openConnection(loadConfig({ DATA_DIR: dataDir }));
    const client = new pg.Client(connection);
    await client.connect();
    // A migration is applied whole or not at all: killed, it has left nothing but the note that it began.
    const { rows } = await client.query(
      `SELECT format('DROP TABLE %I CASCADE', tablename) AS sql FROM pg_tables WHERE tablename LIKE 'oauth_%'
       UNION ALL SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) FROM pg_proc WHERE proname LIKE 'oauth_%'`,
    );
    for (const { sql } of rows) await client.query(sql);
    await client.query('UPDATE _prisma_migrations SET finished_at = NULL');
    await client.end();
    await close();

    const stores = await openStores(loadConfig({ DATA_DIR: dataDir }));
    await stores.check();
    await stores.close();
  });

  it('writes nothing in a dry run, not even a database or keys', async () => {
    const dataDir = await folder(() => mkdtemp(join(tmpdir(), 'l2u-dry-')));
    const file = join(dataDir, 'seed.yaml');
    await writeFile(
      file,
      'clients:\n  - client_id: a\n    client_name: A\n    redirect_uris: [https://a.example/cb]\n',
    );
    const { code, output } = await run('scripts/seed.js', [file, '--dry-run'], { DATA_DIR: dataDir });
    expect(code).to.equal(1);
    expect(output).to.include('db:deploy');
    expect(await readdir(dataDir)).to.deep.equal(['seed.yaml']);
  });
});
