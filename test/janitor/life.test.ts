// When the janitor runs by itself, that it never runs twice at once, and how it stops.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { ago, artifactsLeft, createScene, DAY, type Scene, seedArtifacts } from './support.js';

/** Waits until `condition` holds, 5 s at most. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition() && performance.now() < deadline) await delay(2);
  expect(condition(), 'waited 5 s').to.equal(true);
}

const runs = ({ calls }: Scene) => calls.filter(({ kind }) => kind === 'audit_events').length;

describe('the janitor', () => {
  it('does nothing before it is started', async () => {
    const scene = await createScene({ intervalMs: 1 });
    await delay(30);
    expect(scene.calls).to.deep.equal([]);
  });

  it('runs again and again once started, also after a failure', async () => {
    const scene: Scene = await createScene({
      intervalMs: 2,
      intercept: (_, real) => async (cutoff, batch) => {
        if (scene.calls.length === 1) throw new StoreUnavailableError();
        return real(cutoff, batch);
      },
    });
    await seedArtifacts(scene.stores, 1, ago(DAY));
    scene.janitor.start();
    await until(() => runs(scene) >= 3);
    await scene.janitor.close();
    expect(scene.logs.map(({ level }) => level)).to.deep.equal(['warning', 'info']);
    expect(await artifactsLeft(scene.stores)).to.equal(0);
  });

  it('never runs by itself with an interval of 0, but when asked', async () => {
    const scene = await createScene({ intervalMs: 0 });
    scene.janitor.start();
    await delay(30);
    expect(scene.calls).to.deep.equal([]);
    expect((await scene.janitor.runOnce()).outcome).to.equal('done');
  });

  it('never has two runs at once: who asks during one gets that one', async () => {
    let [now, most] = [0, 0];
    const scene = await createScene({
      intervalMs: 1,
      intercept: (_, real) => async (cutoff, batch) => {
        now += 1;
        most = Math.max(most, now);
        await delay(2);
        now -= 1;
        return real(cutoff, batch);
      },
    });
    scene.janitor.start();
    scene.janitor.start();
    for (let i = 0; i < 5; i += 1) {
      const [one, other] = await Promise.all([scene.janitor.runOnce(), scene.janitor.runOnce()]);
      expect(one).to.equal(other);
      await delay(3);
    }
    await scene.janitor.close();
    expect(most).to.equal(1);
  });

  it('waits at close for the batch under way, and begins no other', async () => {
    let ended = 0;
    const scene = await createScene({
      batch: 1,
      intervalMs: 1,
      intercept: (_, real) => async (cutoff, batch) => {
        await delay(40);
        const count = await real(cutoff, batch);
        ended += 1;
        return count;
      },
    });
    await seedArtifacts(scene.stores, 10, ago(DAY));
    const running = scene.janitor.runOnce();
    await until(() => scene.calls.length === 2);
    await scene.janitor.close();
    expect([scene.calls.length, ended]).to.deep.equal([2, 2]);
    expect(await running).to.deep.include({ outcome: 'stopped', deleted: { artifacts: 2 } });
    expect(await artifactsLeft(scene.stores)).to.equal(8);
    // And for good.
    expect((await scene.janitor.runOnce()).outcome).to.equal('stopped');
    scene.janitor.start();
    await delay(20);
    expect(scene.calls).to.have.length(2);
  });

  it('does not sit out its pause at close', async () => {
    let pausing = false;
    const scene = await createScene({
      pause: async (_, signal) => {
        pausing = true;
        await delay(60_000, undefined, { signal }).catch(() => {});
      },
    });
    const running = scene.janitor.runOnce();
    await until(() => pausing);
    await scene.janitor.close();
    expect((await running).outcome).to.equal('stopped');
  });

  it('stops between batches when the caller says so, and another goes on where it was', async () => {
    const stop = new AbortController();
    const scene: Scene = await createScene({
      batch: 2,
      intercept: (_, real) => async (cutoff, batch) => {
        if (scene.calls.length === 2) stop.abort();
        return real(cutoff, batch);
      },
    });
    await seedArtifacts(scene.stores, 7, ago(DAY));
    const { outcome, deleted } = await scene.janitor.runOnce({ signal: stop.signal });
    expect([outcome, deleted]).to.deep.equal(['stopped', { artifacts: 4 }]);
    expect((await scene.janitor.runOnce()).deleted.artifacts).to.equal(3);
  });
});
