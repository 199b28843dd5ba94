// Owns: writing together what several requests want written at the same moment.

interface Waiting<T> {
  items: readonly T[];
  done(): void;
  failed(reason: unknown): void;
}

/** Most items written at once. */
const MAX_ITEMS = 500;

/**
 * Returns a function that resolves once its items are written. While one `write` is under way, what comes waits
 * and then goes together. A `write` that fails is repeated caller by caller, so that one caller's bad item harms
 * nobody else, unless `isHopeless` says of the error that it would only fail again.
 */
export function createBatcher<T>(
  write: (items: readonly T[]) => Promise<void>,
  isHopeless: (error: unknown) => boolean,
): (items: readonly T[]) => Promise<void> {
  const waiting: Waiting<T>[] = [];
  let isWriting = false;

  function take(): Waiting<T>[] {
    let count = 0;
    const fits = waiting.findIndex(({ items }, index) => {
      count += items.length;
      return index > 0 && count > MAX_ITEMS;
    });
    return waiting.splice(0, fits === -1 ? waiting.length : fits);
  }

  async function writeOne(one: Waiting<T>): Promise<void> {
    try {
      await write(one.items);
      one.done();
    } catch (error) {
      one.failed(error);
    }
  }

  async function writeBatch(batch: Waiting<T>[]): Promise<void> {
    const [first] = batch;
    if (first && batch.length === 1) return writeOne(first);
    try {
      await write(batch.flatMap(({ items }) => items));
      for (const { done } of batch) done();
    } catch (error) {
      if (isHopeless(error)) for (const { failed } of batch) failed(error);
      else for (const one of batch) await writeOne(one);
    }
  }

  async function work(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) await writeBatch(take());
    isWriting = false;
  }

  return (items) =>
    new Promise<void>((done, failed) => {
      waiting.push({ items, done, failed });
      if (!isWriting) void work();
    });
}
