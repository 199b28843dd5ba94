import { expect } from 'chai';
import pg from 'pg';
import {
  type EmbeddedServer,
  openEmbeddedServer,
} from '../../src/store/postgres/embedded/embedded-server.js';
import { newDataDir, removeFolders } from './support.js';

describe('protocol server under load', function () {
  this.timeout(120_000);
  let server: EmbeddedServer;
  let pools: pg.Pool[] = [];

  before(async () => {
    server = await openEmbeddedServer({
      dataDir: await newDataDir(),
      fsync: false,
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

  it('answers 5 pooled connections x 2000 mixed queries rightly', async () => {
    const pool = newPool(5);
    await pool.query('create table mixed (id int primary key, worker int, body text)');
    const worker = async (w: number) => {
      let rows = 0;
      for (let i = 0; i < 2000; i += 1) {
        const id = w * 10_000 + i;
        switch (i % 5) {
          case 0:
            expect((await pool.query('select $1::int as a', [id])).rows).to.deep.equal([{ a: id }]);
            break;
          case 1: {
            const { rows: got } = await pool.query('select $1::text as a, $2::int as b, $3::text as c', [
              'x',
              id,
              `${id}`,
            ]);
            expect(got).to.deep.equal([{ a: 'x', b: id, c: `${id}` }]);
            break;
          }
          case 2:
            expect((await pool.query(`select ${id} as plain`)).rows).to.deep.equal([{ plain: id }]);
            break;
          case 3: {
            const name = `two-${i % 3}`;
            const text = `select $1::int + $2::int + ${i % 3} as sum`;
            expect((await pool.query({ name, text, values: [id, 2] })).rows).to.deep.equal([
              { sum: id + 2 + (i % 3) },
            ]);
            break;
          }
          default: {
            const client = await pool.connect();
            try {
              await client.query('begin');
              await client.query('insert into mixed values ($1, $2, $3)', [id, w, `b${id}`]);
              const { rows: own } = await client.query('select body from mixed where id = $1', [id]);
              expect(own).to.deep.equal([{ body: `b${id}` }]);
              const keep = i % 2 === 0;
              await client.query(keep ? 'commit' : 'rollback');
              if (keep) rows += 1;
            } finally {
              client.release();
            }
          }
        }
      }
      const { rows: found } = await pool.query('select count(*)::int as n from mixed where worker = $1', [w]);
      expect(found).to.deep.equal([{ n: rows }]);
    };
    await Promise.all([0, 1, 2, 3, 4].map(worker));
  });

  it('loses no update of 8 connections that lock a row first', async () => {
    const pool = newPool(8);
    await pool.query('create table counter (n int); insert into counter values (0)');
    const worker = async () => {
      for (let i = 0; i < 50; i += 1) {
        const client = await pool.connect();
        await client.query('begin');
        const { rows } = await client.query('select n from counter for update');
        await client.query('update counter set n = $1', [rows[0].n + 1]);
        await client.query('commit');
        client.release();
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect((await pool.query('select n from counter')).rows).to.deep.equal([{ n: 400 }]);
  });
});
