// Owns: what a verification finds, collected until it can be judged.
import type { AuditHead } from './sealing.js';

export type AuditProblemKind =
  /** An event is not what it was when it was put into its block. */
  | 'altered'
  /** An event of a block is gone, and was not old enough to go. */
  | 'missing'
  /** An event is in no block, and should be by now. */
  | 'added'
  /** A person was replaced in an event, though nobody was forgotten. */
  | 'redacted'
  /** A block is not what it was, or does not follow the one before it. */
  | 'block'
  /** Blocks are gone. */
  | 'missing_block'
  /** The key of a block is gone. */
  | 'key'
  /** The chain is not the one whose head was noted earlier. */
  | 'head';

export interface AuditProblem {
  kind: AuditProblemKind;
  eventId?: number | undefined;
  /** `seq` of the block. */
  block?: number | undefined;
  message: string;
}

export interface AuditVerification {
  ok: boolean;
  /** Events that are what they were. */
  events: number;
  /** Events that were old enough to be deleted, and were. */
  pruned: number;
  blocks: number;
  head?: AuditHead | undefined;
  /** The first thousand. */
  problems: AuditProblem[];
  problemCount: number;
}

const MAX_PROBLEMS = 1_000;

interface Absent {
  id: number;
  block: number;
  at: Date;
}

export interface Findings {
  report(problem: AuditProblem): void;
  /** An event of a block is not there. */
  absent(event: Absent): void;
  /** An event is there that its block passed over: it may have been committed late, and be in a later one. */
  passedOver(ids: number[], seen: { block: number; at: Date }): void;
  /** Ids of a block: whoever passed over them was right. */
  accounted(ids: number[]): void;
  /** `pseudonym` stands in an event. */
  replaced(pseudonym: string | undefined, event: { id: number; block: number }): void;
  /** The trail itself says that the person behind `pseudonym` was forgotten. */
  forgotten(pseudonym: string): void;
  /** What happened before `moment` may be gone. */
  mayBeGone(moment: Date): void;
  isOldEnough(at: Date): boolean;
  /** Judges what could not be judged before. `settled`: what was passed over since may still be under way. */
  conclude(settled: Date): Pick<AuditVerification, 'problems' | 'problemCount' | 'pruned'>;
}

export function createFindings(): Findings {
  const problems: AuditProblem[] = [];
  let problemCount = 0;
  let pruned = 0;
  let cutoff = new Date(0);
  const absentEvents: Absent[] = [];
  const unaccounted = new Map<number, { block: number; at: Date }>();
  const replacedBy = new Map<string, { id: number; block: number }[]>();
  const forgottenAs = new Set<string>();

  const isOldEnough = (at: Date) => at < cutoff;
  function report(problem: AuditProblem): void {
    problemCount += 1;
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  }
  function judgeAbsent({ id, block, at }: Absent): void {
    if (isOldEnough(at)) {
      pruned += 1;
      return;
    }
    const message = `event ${id} of ${at.toISOString()} is missing (block ${block})`;
    report({ kind: 'missing', eventId: id, block, message });
  }

  return {
    report,
    isOldEnough,
    absent(event) {
      if (isOldEnough(event.at)) pruned += 1;
      else absentEvents.push(event);
    },
    passedOver(ids, seen) {
      for (const id of ids) unaccounted.set(id, seen);
    },
    accounted(ids) {
      for (const id of ids) unaccounted.delete(id);
    },
    replaced(pseudonym, event) {
      if (pseudonym === undefined) {
        const message = `event ${event.id} was changed as if a person in it had been forgotten, and names nobody`;
        report({ kind: 'redacted', eventId: event.id, block: event.block, message });
        return;
      }
      replacedBy.set(pseudonym, [...(replacedBy.get(pseudonym) ?? []).slice(0, 9), event]);
    },
    forgotten(pseudonym) {
      forgottenAs.add(pseudonym);
    },
    mayBeGone(moment) {
      if (moment > cutoff) cutoff = moment;
    },
    conclude(settled) {
      for (const event of absentEvents) judgeAbsent(event);
      for (const [id, { block, at }] of unaccounted) {
        if (at >= settled) continue;
        const message = `event ${id} is in no block: it was added later`;
        report({ kind: 'added', eventId: id, block, message });
      }
      for (const [pseudonym, events] of replacedBy) {
        if (forgottenAs.has(pseudonym)) continue;
        for (const { id, block } of events) {
          const message = `event ${id} names ${pseudonym}, but no user.forgotten event does`;
          report({ kind: 'redacted', eventId: id, block, message });
        }
      }
      return { problems, problemCount, pruned };
    },
  };
}
