// Owns: values that belong to one asynchronous flow: a request, a unit of work.
import { AsyncLocalStorage } from 'node:async_hooks';

interface Frame {
  slot: symbol;
  value: unknown;
  outer: Frame | undefined;
}

/**
 * One for the whole process: until Node 24 every promise costs something for every storage there is. Slots keep
 * its users apart, so two services in one process do not meet here either.
 */
const storage = new AsyncLocalStorage<Frame>();

export interface FlowValue<T> {
  /** Runs `work` and all that it starts with `value` as the current one. */
  run<R>(value: T, work: () => R): R;
  current(): T | undefined;
}

/** A new kind of value; nobody else's `current` sees it. */
export function createFlowValue<T>(): FlowValue<T> {
  const slot = Symbol('flow value');
  return {
    run: (value, work) => storage.run({ slot, value, outer: storage.getStore() }, work),
    current() {
      let frame = storage.getStore();
      while (frame && frame.slot !== slot) frame = frame.outer;
      return frame?.value as T | undefined;
    },
  };
}
