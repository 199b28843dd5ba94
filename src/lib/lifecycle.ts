// Owns: closing what was opened, in reverse order, once.

/** Something that must be closed. */
export interface Closable {
  close(): Promise<void>;
}

export interface Lifecycle extends Closable {
  /** Registers `resource` and hands it back. */
  add<T extends Closable>(resource: T): T;
  /** Registers a function to run at close. */
  onClose(close: () => Promise<void>): void;
}

/** Closes every registered resource in reverse order; a second close waits for the first. */
export function createLifecycle(): Lifecycle {
  const closers: Array<() => Promise<void>> = [];
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'closing failed');
  }

  return {
    add(resource) {
      closers.push(() => resource.close());
      return resource;
    },
    onClose(close) {
      closers.push(close);
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
