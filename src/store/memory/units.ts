// Owns: units of work in memory: which one the current flow belongs to, what it holds, how to undo it.
import { createFlowValue } from '../../lib/flow.js';
import type { UnitOfWork } from '../ports/index.js';
import { createLocks } from './locks.js';

interface Unit {
  begun: boolean;
  ended: boolean;
  /** By lock name; a promise, so that concurrent calls of one unit share one acquisition. */
  held: Map<string, Promise<() => void>>;
  undo: Array<() => void>;
}

export interface MemoryUnits extends UnitOfWork {
  /** Inside a unit: begins it and keeps everybody else from `name` until it ends. Outside: nothing. */
  hold(name: string): Promise<void>;
  /** Runs `work` while nobody else has `name`; inside a unit that lasts until the unit ends. */
  exclusively<T>(name: string, work: () => T): Promise<T>;
  /** Registers how to undo a write, if it belongs to a unit that has begun. */
  onUndo(undo: () => void): void;
}

export function createMemoryUnits(): MemoryUnits {
  const locks = createLocks();
  const storage = createFlowValue<Unit>();

  /** A flow may outlive its unit; from then on its calls are ordinary. */
  function currentUnit(): Unit | undefined {
    const unit = storage.current();
    return unit?.ended ? undefined : unit;
  }

  async function holdFor(unit: Unit, name: string): Promise<void> {
    unit.begun = true;
    let held = unit.held.get(name);
    if (!held) {
      held = locks.acquire(name);
      unit.held.set(name, held);
    }
    await held;
  }

  function end(unit: Unit, keep: boolean): void {
    unit.ended = true;
    if (!keep) for (const undo of unit.undo.reverse()) undo();
    for (const held of unit.held.values()) void held.then((release) => release());
  }

  return {
    async run(work, { atOnce = false } = {}) {
      if (currentUnit()) throw new Error('a unit of work cannot run inside another');
      const unit: Unit = { begun: atOnce, ended: false, held: new Map(), undo: [] };
      let keep = false;
      try {
        const { commit, value, last } = await storage.run(unit, work);
        if (commit && last) await storage.run(unit, last);
        keep = commit;
        return value;
      } finally {
        end(unit, keep);
      }
    },

    async hold(name) {
      const unit = currentUnit();
      if (unit) await holdFor(unit, name);
    },

    async exclusively(name, work) {
      const unit = currentUnit();
      if (unit) {
        await holdFor(unit, name);
        return work();
      }
      const release = await locks.acquire(name);
      try {
        return work();
      } finally {
        release();
      }
    },

    onUndo(undo) {
      const unit = currentUnit();
      if (unit?.begun) unit.undo.push(undo);
    },
  };
}
