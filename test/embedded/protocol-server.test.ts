import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import {
  type EmbeddedServer,
  openEmbeddedServer,
} from '../../src/store/postgres/embedded/embedded-server.js';
import { newDataDir, removeFolders } from './support.js';

const IDLE_MS = 300;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('protocol server', function () {
  this.timeout(120_000);
  let server: EmbeddedServer;
  let pools: pg.Pool[] = [];

  before(async () => {
    server = await openEmbeddedServer({
      dataDir: await newDataDir(),
      fsync: false,
      idleInTransactionMs: IDLE_MS,
    });
  });
  afterEach(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    pools = [];
  });
  after(async () => {
    await server.close();
    await removeFolders();
  });

  function newPool(max: number): pg.Pool {
    const pool = new pg.Pool({ ...server.connection, max });
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  }

  async function newClient(): Promise<pg.Client> {
    const client = new pg.Client(server.connection);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  it('keeps one statement name with different texts on two connections apart', async () => {
    const [a, b] = await Promise.all([newClient(), newClient()]);
    for (let i = 0; i < 20; i += 1) {
      const answers = await Promise.all([
        a.query({ name: 'find', text: 'select $1::int as a', values: [i] }),
        b.query({ name: 'find', text: "select 'b' || $1::text as b, $2::int as c", values: ['x', i] }),
      ]);
      expect(answers.map(({ rows }) => rows)).to.deep.equal([[{ a: i }], [{ b: 'bx', c: i }]]);
    }
    await Promise.all([a.end(), b.end()]);
  });

  it('leaves no prepared statement behind a client that went', async () => {
    const gone = await newClient();
    await gone.query({ name: 'left', text: 'select 1' });
    const watcher = await newClient();
    const count = async () =>
      (await watcher.query('select count(*)::int as n from pg_prepared_statements')).rows[0].n;
    const before = await count();
    await gone.end();
    expect(await count()).to.equal(before - 1);
    await watcher.end();
  });

  it('rolls back what a client left open when it went, and goes on', async () => {
    const pool = newPool(2);
    await pool.query('create table left_open (a int)');
    const gone = await newClient();
    await gone.query('begin');
    await gone.query('insert into left_open values (1)');
    const others = pool.query('select count(*)::int as n from left_open');
    Object(gone).connection.stream.destroy();
    expect((await others).rows).to.deep.equal([{ n: 0 }]);
  });

  it('undoes a batch whose client went before its Sync', async () => {
    const pool = newPool(1);
    await pool.query('create table no_sync (a int)');
    const gone = await newClient();
    const { connection } = Object(gone);
    connection.parse({ text: 'insert into no_sync values (1)' });
    connection.bind({});
    connection.execute({});
    connection.flush();
    await once(connection, 'commandComplete');
    const others = pool.query('select count(*)::int as n from no_sync');
    await sleep(30);
    connection.stream.destroy();
    expect((await others).rows).to.deep.equal([{ n: 0 }]);
  });

  it('carries out what was sent before a client ended', async () => {
    const pool = newPool(1);
    await pool.query('create table said_goodbye (a int)');
    const client = await newClient();
    const sent = client.query('insert into said_goodbye values (1)').catch(() => undefined);
    await client.end();
    await sent;
    expect((await pool.query('select a from said_goodbye')).rows).to.deep.equal([{ a: 1 }]);
  });

  it('sends away a client that sits in a transaction, and serves the others', async () => {
    const pool = newPool(2);
    await pool.query('create table sitting (a int)');
    const sitter = await newClient();
    const told = once(sitter, 'error');
    await sitter.query('begin');
    await sitter.query('insert into sitting values (1)');
    const evicted = server.stats().evicted;
    expect((await pool.query('select count(*)::int as n from sitting')).rows).to.deep.equal([{ n: 0 }]);
    expect((await told)[0]).to.include({ code: '25P03', severity: 'FATAL' });
    expect(server.stats().evicted).to.equal(evicted + 1);
  });

  it('lets a client keep its transaction as long as it works in it', async () => {
    const client = await newClient();
    await client.query('begin');
    for (let i = 0; i < 4; i += 1) {
      await sleep(IDLE_MS / 2);
      await client.query('select 1');
    }
    await client.query('commit');
    await client.end();
  });

  it('lets others end and connect while somebody is in a transaction', async () => {
    const [holder, leaver] = await Promise.all([newClient(), newClient()]);
    await leaver.query({ name: 'mine', text: 'select 1' });
    await holder.query('begin');
    await leaver.end();
    await (await newClient()).end();
    expect((await holder.query('select 1 as a')).rows).to.deep.equal([{ a: 1 }]);
    await holder.query('commit');
    await holder.end();
  });

  it('keeps an SQL error in a pipelined batch to its client', async () => {
    const [bad, good] = await Promise.all([newClient(), newClient()]);
    const rounds = Array.from({ length: 200 }, async (_, i) => {
      const [failed, fine, other] = await Promise.all([
        bad.query('select 1 / $1::int', [0]).catch((error: pg.DatabaseError) => error.code),
        bad.query('select $1::int as a', [i]),
        good.query('select $1::text as b, $2::int as c', ['x', i]),
      ]);
      expect(failed).to.equal('22012');
      expect(fine.rows).to.deep.equal([{ a: i }]);
      expect(other.rows).to.deep.equal([{ b: 'x', c: i }]);
    });
    await Promise.all(rounds);
    await Promise.all([bad.end(), good.end()]);
  });

  it('refuses COPY FROM STDIN without harm', async () => {
    const [client, other] = await Promise.all([newClient(), newClient()]);
    await client.query('create table copied (a int)');
    // `pg` itself knows no COPY: it sends CopyFail, which comes on top of ours.
    const error = await client.query('copy copied from stdin').catch((reason: unknown) => reason);
    expect(String(error)).to.contain('COPY');
    const prepared = await client
      .query({ text: 'copy copied from stdin', values: [] })
      .catch((reason: unknown) => reason);
    expect(String(prepared)).to.contain('COPY');
    expect((await other.query('select 1 as a')).rows).to.deep.equal([{ a: 1 }]);
    await Promise.all([client.end(), other.end()]);
  });

  it('passes large values both ways', async () => {
    const pool = newPool(2);
    const body = 'é'.repeat(3 * 1024 * 1024);
    const { rows } = await pool.query('select $1::text as body, $2::int as n', [body, 5]);
    expect(rows[0].body === body).to.equal(true);
    const { rows: many } = await pool.query(
      'select n, repeat($1, 100) as t from generate_series(1, 20000) n',
      ['x'],
    );
    expect(many.length).to.equal(20_000);
  });

  it('does not let a client that reads nothing hold up the others', async () => {
    const raw = createConnection(join(server.socketDir, '.s.PGSQL.5432'));
    const slow = await newClient();
    Object(slow).connection.stream.pause();
    const ignored = slow
      .query("select repeat('x', 1000) from generate_series(1, 20000)")
      .catch(() => undefined);
    const pool = newPool(2);
    expect((await pool.query('select 2 as a')).rows).to.deep.equal([{ a: 2 }]);
    Object(slow).connection.stream.destroy();
    raw.destroy();
    await ignored;
  });

  it('ends the connection of a client that does not speak the protocol', async () => {
    const raw = createConnection(join(server.socketDir, '.s.PGSQL.5432'));
    raw.end('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    const [answer] = await once(raw, 'data');
    expect(String(answer)).to.contain('08P01');
    await once(raw, 'close');
  });
});
