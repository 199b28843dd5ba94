// Owns: telling what has changed: to this process's caches at once, to other processes by whatever bus there is.
import { createFlowValue } from '../../lib/flow.js';
import type { Closable } from '../../lib/lifecycle.js';
import type { UnitOfWork } from '../ports/index.js';

/** The kinds of records that are remembered; keys are in use for as long as they are not known to have changed. */
export type Kind = 'client' | 'user' | 'grant' | 'session' | 'consent' | 'key' | 'resource';

export interface Change {
  kind: Kind;
  id: string;
}

/** Carries changes between processes. What it loses is made up for by how short anything is remembered. */
export interface ChangeBus extends Closable {
  publish(changes: readonly Change[]): Promise<void>;
  /** `onGap` is called whenever changes may have been missed. */
  subscribe(onChange: (change: Change) => void, onGap: () => void): void;
}

export interface Changes extends UnitOfWork {
  /** Something was written: it is forgotten here now, and everywhere when the unit it belongs to ends. */
  note(...changes: Change[]): Promise<void>;
  /** Whether this flow is in a unit of work. */
  isInUnit(): boolean;
  /** Whether this flow's unit has written it: then only the database knows how it looks there. */
  isWrittenHere(change: Change): boolean;
  /** Something was read in passing, which this flow's unit will ask for. */
  keep(change: Change, record: object): void;
  /** What was kept for this flow's unit. */
  kept(change: Change): object | undefined;
}

const KINDS = new Set<string>([
  'client',
  'user',
  'grant',
  'session',
  'consent',
  'key',
  'resource',
] satisfies Kind[]);

/** The changes in a message; what is none (a newer version's, say) is passed over. */
export function parseChanges(text: string): Change[] {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return [];
    return list.filter(
      (change): change is Change => KINDS.has(change?.kind) && typeof change.id === 'string',
    );
  } catch {
    return [];
  }
}

const nameOf = ({ kind, id }: Change) => `${kind} ${id}`;

export function createChanges({
  unitOfWork,
  bus,
  forget,
}: {
  unitOfWork: UnitOfWork;
  bus: Pick<ChangeBus, 'publish'> | undefined;
  forget(change: Change): void;
}): Changes {
  const units = createFlowValue<{ written: Map<string, Change>; kept: Map<string, object> }>();

  async function tell(changes: readonly Change[]): Promise<void> {
    changes.forEach(forget);
    // Nobody waits in vain for a bus that is away: what it would have told is known within a second anyway.
    if (changes.length > 0) await bus?.publish(changes).catch(() => {});
  }

  return {
    async note(...changes) {
      const unit = units.current();
      if (!unit) return tell(changes);
      changes.forEach(forget);
      for (const change of changes) unit.written.set(nameOf(change), change);
    },
    isInUnit: () => units.current() !== undefined,
    isWrittenHere: (change) => units.current()?.written.has(nameOf(change)) ?? false,
    keep: (change, record) => void units.current()?.kept.set(nameOf(change), record),
    kept: (change) => units.current()?.kept.get(nameOf(change)),
    async run(work, options) {
      const written = new Map<string, Change>();
      try {
        return await units.run({ written, kept: new Map() }, () => unitOfWork.run(work, options));
      } finally {
        await tell([...written.values()]);
      }
    },
  };
}
