// Events of transactions that overlap and end in any order, sealed meanwhile by several at once whose connections
// break: each that was committed is in exactly one block.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import pg from 'pg';
import type { Services } from '../../src/app.js';
import { MINUTE, openTrail, type TrailRig } from '../support/production/audit.js';
import { openFaultProxy } from '../support/production/fault-proxy.js';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const INSERT = "INSERT INTO oauth_audit_event (at, type, actor) VALUES (now(), $1, 'system') RETURNING id";

describe('sealing the audit trail on PostgreSQL', () => {
  let rig: TrailRig;

  beforeEach(async () => {
    rig = await openTrail();
  });

  afterEach(() => rig.close());

  const committed = async () =>
    (await rig.backend.query<{ id: string }>('SELECT id FROM oauth_audit_event ORDER BY id')).map(
      ({ id }) => id,
    );
  const sealed = async () =>
    (
      await rig.backend.query<{ id: string }>(
        'SELECT unnest(event_ids) AS id FROM oauth_audit_block ORDER BY 1',
      )
    ).map(({ id }) => id);

  /** Everything committed is in one block, and the chain is whole. */
  async function expectWhole(): Promise<void> {
    expect((await rig.verify()).problems).to.deep.equal([]);
    expect(await sealed()).to.deep.equal(await committed());
  }

  async function withOwner<T>(work: (owner: pg.Client) => Promise<T>): Promise<T> {
    const owner = new pg.Client({ connectionString: rig.backend.env.DATABASE_URL });
    await owner.connect();
    try {
      return await work(owner);
    } finally {
      await owner.end();
    }
  }

  it('takes an event that is committed after events with higher ids were sealed', async () => {
    const services = await rig.open(0);
    await withOwner(async (owner) => {
      await owner.query('BEGIN');
      await owner.query(INSERT, ['late']);
      await rig.seal(services, {}, {});
      await withOwner(async (other) => {
        await other.query('BEGIN');
        await other.query(INSERT, ['never']);
        await other.query('ROLLBACK');
      });
      await rig.seal(services, {});
      expect(await sealed()).to.deep.equal(['2', '3', '5']);
      // Under way still: no finding.
      expect((await rig.verify()).problems).to.deep.equal([]);
      await owner.query('COMMIT');
    });
    expect((await services.auditTrail.seal()).events).to.equal(1);
    expect((await services.auditTrail.seal()).events).to.equal(0);
    expect(await sealed()).to.deep.equal(['1', '2', '3', '5']);
    await expectWhole();
  });

  it('misses nothing and seals nothing twice while many write and two seal', async () => {
    const sealers = await Promise.all([rig.open(0), rig.open(0)]);
    const pools = [0, 1].map(
      () => new pg.Pool({ connectionString: rig.backend.env.DATABASE_URL, max: 6 }),
    ) as [pg.Pool, pg.Pool];
    let isWriting = true;
    const write = async (n: number) => {
      const client = await (pools[n % 2] as pg.Pool).connect();
      for (let i = 0; i < 40; i += 1) {
        await client.query('BEGIN');
        await client.query(INSERT, [`${n}`]);
        if (i % 4 === 0) await delay((n * 7 + i * 3) % 25);
        await client.query(INSERT, [`${n}`]);
        await client.query(i % 5 === 4 ? 'ROLLBACK' : 'COMMIT');
      }
      client.release();
    };
    const sealOn = async ({ auditTrail }: Services, wait: boolean) => {
      for (let count = 0; ; count += 1) {
        const isLast = !isWriting;
        await auditTrail.seal({ wait });
        if (isLast) return count;
      }
    };
    const sealing = sealers.map((services, n) => sealOn(services, n === 0));
    await Promise.all(Array.from({ length: 12 }, (_, n) => write(n)));
    isWriting = false;
    await Promise.all(sealing);
    await Promise.all(pools.map((pool) => pool.end()));
    expect(await committed()).to.have.length(12 * 40 * 2 * 0.8);
    await expectWhole();
    const blocks = await rig.backend.query<{ seq: string }>('SELECT seq FROM oauth_audit_block ORDER BY seq');
    expect(blocks.length).to.be.above(3);
    // Late ones were really there.
    const [late] = await rig.backend.query<{ count: number }>(
      `SELECT count(*)::int FROM oauth_audit_block b JOIN oauth_audit_block before ON before.seq = b.seq - 1
       WHERE b.event_ids[1] < before.last_id`,
    );
    expect(late?.count).to.be.above(0);
  });

  it('is whole whenever the connection breaks, also when the answer to COMMIT is lost', async () => {
    const proxy = await openFaultProxy(rig.backend.env.DATABASE_URL);
    const services = await rig.open(0, { DATABASE_URL: proxy.url });
    const direct = await rig.open(0);
    let failures = 0;
    try {
      await rig.seal(services, {});
      for (let bytes = 1; bytes < 1_500; bytes += 60) {
        await direct.stores.audit.append([{ at: new Date(), type: 'test', actor: 'system' }]);
        proxy.cutAfter(bytes);
        await services.auditTrail.seal().catch(() => {
          failures += 1;
        });
        await proxy.heal();
      }
    } finally {
      await services.close();
      await proxy.close();
    }
    expect(failures).to.be.above(5);
    await expectWhole();
  });

  it('is whole whenever a process that seals is killed', async () => {
    for (let ms = 500; ms < 2_000; ms += 250) {
      await rig.backend.query(
        `INSERT INTO oauth_audit_event (at, type, actor)
         SELECT now(), 'test', 'system' FROM generate_series(1, 5000)`,
      );
      const child = spawn(process.execPath, [CLI, 'audit', 'verify'], { env: rig.env, stdio: 'ignore' });
      const ended = once(child, 'close');
      await delay(ms);
      child.kill('SIGKILL');
      await ended;
    }
    await expectWhole();
  });

  it('waits for nobody when it need not, and holds nobody up that writes', async () => {
    const services = await rig.open(0);
    await rig.seal(services, {});
    await withOwner(async (owner) => {
      await owner.query('BEGIN');
      await owner.query('SELECT pg_advisory_xact_lock($1)', [0x6c327561]);
      await services.stores.audit.append([{ at: new Date(), type: 'test', actor: 'system' }]);
      expect(await services.auditTrail.seal({ wait: false })).to.deep.equal({ events: 0, head: undefined });
      await owner.query('ROLLBACK');
    });
    expect((await services.auditTrail.seal({ wait: false })).events).to.equal(1);
    await expectWhole();
  });

  it('works off what was there before the first block, thousands at a time', async () => {
    await rig.backend.query(
      `INSERT INTO oauth_audit_event (at, type, actor, details)
       SELECT now() - n * interval '1 second', 'old', 'system', jsonb_build_object('n', n)
       FROM generate_series(1, 12000) AS n`,
    );
    const services = await rig.open(0);
    expect((await services.auditTrail.seal({ atMost: 3_000 })).events).to.equal(3_000);
    const { events, blocks, problems } = await rig.verify();
    expect({ events, blocks, problems }).to.deep.equal({ events: 12_000, blocks: 12, problems: [] });
    await expectWhole();
  });

  it('cannot keep a person in an event that it passed by', async () => {
    const past = await rig.open(20 * MINUTE);
    // Far ahead of the sequence: those after it have lower ids, and are late for every block.
    await withOwner((owner) =>
      owner.query(
        `INSERT INTO oauth_audit_event (id, at, type, actor) VALUES (13000, now(), 'test', 'system')`,
      ),
    );
    await past.auditTrail.seal();
    const { stores, auditTrail } = await rig.open(0);
    await stores.audit.append([{ at: new Date(), type: 'test', actor: 'user:10000009', userId: '10000009' }]);
    expect((await auditTrail.seal()).events).to.equal(0);
    expect(await auditTrail.pseudonymise('10000009', '~abcdefg')).to.equal(1);
    const events = await rig.backend.query("SELECT id FROM oauth_audit_event WHERE user_id = '10000009'");
    expect(events).to.deep.equal([]);
  });
});
