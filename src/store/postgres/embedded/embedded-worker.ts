// Owns: the thread the embedded database runs in. Does not: decide anything; embedded-thread.ts starts it.
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../../lib/errors.js';
import { openEmbeddedServer } from './embedded-server.js';

/** What the thread tells. An error's class does not survive the way between threads; what it says does. */
export type ThreadMessage =
  | { type: 'ready' }
  | { type: 'closed' }
  | { type: 'fatal'; message: string }
  | { type: 'failed'; message: string; code?: string; statusCode?: number; detail?: string };

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

function describe(error: unknown): Omit<Extract<ThreadMessage, { type: 'failed' }>, 'type'> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AppError)) {
    const { code } = error as { code?: unknown };
    return typeof code === 'string' ? { message, code } : { message };
  }
  const { code, statusCode, detail } = error;
  return { message, code, statusCode, ...(detail === undefined ? {} : { detail }) };
}

try {
  const { dataDir } = workerData as { dataDir: string };
  const onError = (error: unknown) => tell({ type: 'fatal', ...describe(error) });
  const server = await openEmbeddedServer({ dataDir, onError });
  parentPort?.once('message', () => {
    server
      .close()
      .then(() => tell({ type: 'closed' }))
      .catch((error) => tell({ type: 'failed', ...describe(error) }))
      .finally(() => parentPort?.close());
  });
  tell({ type: 'ready' });
} catch (error) {
  tell({ type: 'failed', ...describe(error) });
}
