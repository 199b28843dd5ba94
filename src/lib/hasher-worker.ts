// Owns: the bcrypt work itself, inside a worker thread. Does not: decide what may be hashed (hasher does).
import bcrypt from 'bcryptjs';

/** One piece of work; the synchronous calls of bcryptjs are the fastest and block only this thread. */
export type HasherTask =
  | { kind: 'hash'; value: string; cost: number }
  | { kind: 'compare'; value: string; hash: string };

/** The hash of the value, or whether the value matches the hash. */
export default function work(task: HasherTask): string | boolean {
  return task.kind === 'hash'
    ? bcrypt.hashSync(task.value, task.cost)
    : bcrypt.compareSync(task.value, task.hash);
}
