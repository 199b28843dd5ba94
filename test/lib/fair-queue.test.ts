import { expect } from 'chai';
import { TooManyRequestsError } from '../../src/lib/errors.js';
import { createFairQueue } from '../../src/lib/fair-queue.js';

/** Tasks that finish when told to, and a record of the order they started in. */
function createTasks() {
  const started: string[] = [];
  const finishers = new Map<string, () => void>();
  return {
    started,
    task: (name: string) => () => {
      started.push(name);
      return new Promise<string>((resolve) => {
        finishers.set(name, () => resolve(name));
      });
    },
    async finish(name: string) {
      finishers.get(name)?.();
      await new Promise(setImmediate);
    },
  };
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('fair queue', () => {
  it('runs no more tasks at once than it may', async () => {
    const queue = createFairQueue({ concurrency: 2, perKey: 10, total: 10 });
    const { started, task, finish } = createTasks();
    for (const name of ['a1', 'a2', 'a3']) void queue.run('a', task(name));
    expect(started).to.deep.equal(['a1', 'a2']);
    await finish('a2');
    expect(started).to.deep.equal(['a1', 'a2', 'a3']);
  });

  it('lets a newcomer go before everything a flood has queued', async () => {
    const queue = createFairQueue({ concurrency: 1, perKey: 50, total: 100 });
    const { started, task, finish } = createTasks();
    for (let i = 1; i <= 40; i += 1) void queue.run('flood', task(`a${i}`));
    void queue.run('newcomer', task('b1'));
    await finish('a1');
    expect(started).to.deep.equal(['a1', 'b1']);
    await finish('b1');
    expect(started.at(-1)).to.equal('a2');
  });

  it('takes keys in turns and the tasks of one key in order', async () => {
    const queue = createFairQueue({ concurrency: 1, perKey: 9, total: 30 });
    const { started, task, finish } = createTasks();
    void queue.run('x', task('busy'));
    for (const key of ['a', 'b', 'c']) for (const i of [1, 2, 3]) void queue.run(key, task(key + i));
    for (let i = 0; i < 10; i += 1) await finish(started.at(-1) ?? '');
    expect(started.slice(1)).to.deep.equal(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3']);
  });

  it('gives each key its turn when several places become free', async () => {
    const queue = createFairQueue({ concurrency: 2, perKey: 9, total: 30 });
    const { started, task, finish } = createTasks();
    void queue.run('x', task('x1'));
    void queue.run('y', task('y1'));
    for (const name of ['a1', 'a2', 'b1']) void queue.run(name.charAt(0), task(name));
    await finish('x1');
    await finish('y1');
    expect(started.slice(2)).to.deep.equal(['a1', 'b1']);
  });

  it('is not starved by keys that keep appearing', async () => {
    const queue = createFairQueue({ concurrency: 1, perKey: 9, total: 30 });
    const { started, task, finish } = createTasks();
    void queue.run('x', task('busy'));
    void queue.run('patient', task('patient1'));
    void queue.run('patient', task('patient2'));
    for (let i = 0; i < 6; i += 1) {
      void queue.run(`new${i}`, task(`new${i}`));
      await finish(started.at(-1) ?? '');
    }
    expect(started).to.include.members(['patient1', 'patient2']);
  });

  it('refuses at once when a key has too much waiting, and still takes other keys', async () => {
    const queue = createFairQueue({ concurrency: 1, perKey: 2, total: 10 });
    const { started, task, finish } = createTasks();
    for (const name of ['a1', 'a2', 'a3']) void queue.run('a', task(name));
    const error = await rejectionOf(queue.run('a', task('a4')));
    expect(error).to.be.instanceOf(TooManyRequestsError).with.property('retryAfter', 1);
    void queue.run('b', task('b1'));
    for (let i = 0; i < 4; i += 1) await finish(started.at(-1) ?? '');
    expect(started).to.have.members(['a1', 'a2', 'a3', 'b1']);
  });

  it('refuses at once when too much waits in all, and takes more once that is done', async () => {
    const queue = createFairQueue({ concurrency: 1, perKey: 2, total: 2 });
    const { started, task, finish } = createTasks();
    for (const key of ['a', 'b', 'c']) void queue.run(key, task(key));
    expect(await rejectionOf(queue.run('d', task('d')))).to.be.instanceOf(TooManyRequestsError);
    await finish('a');
    void queue.run('e', task('e'));
    for (let i = 0; i < 3; i += 1) await finish(started.at(-1) ?? '');
    expect(started).to.deep.equal(['a', 'b', 'c', 'e']);
  });

  it('hands on what a task returns or throws, and goes on after a failure', async () => {
    const queue = createFairQueue({ concurrency: 1, perKey: 5, total: 5 });
    const failing = queue.run('a', () => Promise.reject(new Error('rejected')));
    const throwing = queue.run('a', () => {
      throw new Error('thrown');
    });
    const working = queue.run('a', async () => 42);
    expect(await rejectionOf(failing)).to.have.property('message', 'rejected');
    expect(await rejectionOf(throwing)).to.have.property('message', 'thrown');
    expect(await working).to.equal(42);
  });
});
