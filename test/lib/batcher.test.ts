// Writing together what comes at once.
import { expect } from 'chai';
import { createBatcher } from '../../src/lib/batcher.js';
import { createDeferred } from '../../src/lib/deferred.js';

const settle = async (promises: Promise<unknown>[]) =>
  (await Promise.allSettled(promises)).map(({ status }) => status);

describe('a batcher', () => {
  function setUp(fail: (items: readonly string[]) => Error | undefined = () => undefined) {
    const written: (readonly string[])[] = [];
    let gate = createDeferred<void>();
    const add = createBatcher<string>(
      async (items) => {
        written.push(items);
        await gate.promise;
        const error = fail(items);
        if (error) throw error;
      },
      (error) => (error as Error).message === 'down',
    );
    const open = () => {
      gate.resolve();
      gate = { ...gate, promise: Promise.resolve() };
    };
    return { written, add, open };
  }

  it('writes the first at once and what comes meanwhile together, in order', async () => {
    const { written, add, open } = setUp();
    const all = [add(['a']), add(['b', 'c']), add(['d'])];
    open();
    await Promise.all(all);
    expect(written).to.deep.equal([['a'], ['b', 'c', 'd']]);
  });

  it('tells nobody of success before it is written', async () => {
    const { add, open } = setUp();
    let isDone = false;
    const done = add(['a']).then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).to.equal(false);
    open();
    await done;
  });

  it('lets one bad item harm nobody else', async () => {
    const { add, open } = setUp((items) => (items.includes('bad') ? new Error('no') : undefined));
    const all = [add(['a']), add(['b']), add(['bad']), add(['c'])];
    open();
    expect(await settle(all)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells everybody when it is hopeless, without trying one by one', async () => {
    const { written, add, open } = setUp(() => new Error('down'));
    const all = [add(['a']), add(['b']), add(['c'])];
    open();
    expect(await settle(all)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    expect(written).to.have.length(2);
    expect(await settle([add(['d'])])).to.deep.equal(['rejected']);
  });

  it('bounds how much is written at once', async () => {
    const { written, add, open } = setUp();
    const all = Array.from({ length: 1201 }, (_, i) => add([String(i)]));
    open();
    await Promise.all(all);
    expect(written.map(({ length }) => length)).to.deep.equal([1, 500, 500, 200]);
    expect(written.flat()).to.deep.equal(all.map((_, i) => String(i)));
  });
});
