// What seals the trail by itself: when, what it leaves in the log, and what does not stop it.
import { expect } from 'chai';
import { createSealer } from '../../src/audit/sealer.js';
import { createAuditTrail } from '../../src/audit/trail.js';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { createTestClock, MINUTE } from '../janitor/support.js';
import { eventually } from '../support/production/waiting.js';

function createScene({ intervalMs = 1 } = {}) {
  const clock = createTestClock();
  const stores = createMemoryStores(clock);
  const logs: { level: string; event?: string; head?: string; message: string }[] = [];
  const trail = createAuditTrail({
    store: stores.audit,
    chain: stores.auditChain,
    keys: stores.auditKeys,
    keyEncryptionKeys: async () => [Buffer.alloc(32, 'k')],
    clock,
    retentionDays: 400,
  });
  const logger = createLogger('info', { write: (line) => logs.push(JSON.parse(line)) });
  const failures: Error[] = [];
  const failing = {
    ...trail,
    seal: (options?: Parameters<typeof trail.seal>[0]) => {
      const failure = failures.shift();
      return failure ? Promise.reject(failure) : trail.seal(options);
    },
  };
  const sealer = createSealer({ trail: failing, clock, logger, intervalMs });
  const append = () => stores.audit.append([{ at: clock.now(), type: 'test', actor: 'system' }]);
  return { clock, stores, trail, sealer, logs, failures, append };
}

describe('the sealer', () => {
  it('seals again and again once it was started, and no more once it was closed', async () => {
    const { sealer, stores, append } = createScene();
    const blocks = async () => (await stores.auditChain.lastBlock())?.seq ?? 0;
    await append();
    expect(await blocks()).to.equal(0);
    sealer.start();
    for (const seq of [1, 2]) {
      await eventually(5_000, async () => expect(await blocks()).to.equal(seq));
      await append();
    }
    await sealer.close();
    const last = await blocks();
    await append();
    await sealer.close();
    expect(await blocks()).to.equal(last);
  });

  it('leaves the head in the log, about every hour, when there is another', async () => {
    const { sealer, trail, clock, logs, append } = createScene();
    const heads = () => logs.filter(({ event }) => event === 'audit.head').map(({ head }) => head);
    const now = async () => {
      const head = await trail.head();
      return `${head?.seq}:${head?.hash}`;
    };
    await sealer.runOnce();
    expect(heads()).to.deep.equal([]);
    await append();
    await sealer.runOnce();
    const first = await now();
    expect(heads()).to.deep.equal([first]);
    await append();
    clock.advance(59 * MINUTE);
    await sealer.runOnce();
    expect(heads()).to.deep.equal([first]);
    clock.advance(MINUTE);
    await sealer.runOnce();
    const second = await now();
    expect(heads()).to.deep.equal([first, second]);
    clock.advance(61 * MINUTE);
    await sealer.runOnce();
    expect(heads()).to.deep.equal([first, second]);
  });

  it('says what failed, and goes on', async () => {
    const { sealer, failures, logs, stores, append } = createScene();
    await append();
    failures.push(new StoreUnavailableError(), new Error('something else'));
    for (let n = 0; n < 3; n += 1) await sealer.runOnce();
    expect(logs.map(({ level }) => level)).to.deep.equal(['warning', 'error', 'info']);
    expect((await stores.auditChain.lastBlock())?.eventIds).to.deep.equal([1]);
  });
});
