// Questions and answers between the benchmark and its processes, one at a time, over Node's IPC channel.
import type { ChildProcess } from 'node:child_process';

type Reply = { value: unknown } | { failure: string };

/** Asks `child` and resolves with its answer; rejects with its failure, or when it ends before. */
export function ask<T>(child: ChildProcess, question: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = () => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (reply: Reply) => {
      done();
      if ('failure' in reply) reject(new Error(reply.failure));
      else resolve(reply.value as T);
    };
    const onExit = (code: number | null) => {
      done();
      reject(new Error(`the process ended with ${code} before it answered`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.send(question as object);
  });
}

/** In the child: answers every question with what `handle` returns. */
export function answer<Q>(handle: (question: Q) => unknown): void {
  process.on('message', async (question) => {
    let reply: Reply;
    try {
      reply = { value: await handle(question as Q) };
    } catch (error) {
      reply = { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.send?.(reply);
  });
}
