// Owns: running the embedded database in a thread of its own: its start overlaps with loading the rest of
// the code, and neither its queries nor its disk flushes hold up the event loop.
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../lib/errors.js';
import type { Closable } from '../../../lib/lifecycle.js';
import { type EmbeddedConnection, embeddedConnection } from './embedded-connection.js';
import type { ThreadMessage } from './embedded-worker.js';

/** The code of FolderLockedError, which arrives here as a plain AppError. */
export const FOLDER_LOCKED = 'data_folder_locked';

export interface EmbeddedThread extends Closable {
  connection: EmbeddedConnection;
}

function toError({ message, code, statusCode, detail }: Extract<ThreadMessage, { type: 'failed' }>): Error {
  if (code === undefined || statusCode === undefined) {
    return Object.assign(new Error(message), code === undefined ? {} : { code });
  }
  return new AppError(code, statusCode, message, detail === undefined ? {} : { detail });
}

/**
 * As openEmbeddedServer, in a thread of its own.
 * @param onError told once when the database has stopped for good
 * @throws AppError with code FOLDER_LOCKED when another live process has the folder open
 */
export function openEmbeddedThread({
  dataDir,
  onError = () => undefined,
}: {
  dataDir: string;
  onError?(error: unknown): void;
}): Promise<EmbeddedThread> {
  const worker = new Worker(new URL('./embedded-worker.js', import.meta.url), { workerData: { dataDir } });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let isClosing = false;

  function close(): Promise<void> {
    isClosing = true;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'failed') reject(toError(message));
      });
      worker.postMessage('close');
      exited.then(resolve);
    });
  }

  return new Promise((resolve, reject) => {
    worker.once('error', (error) => {
      reject(error);
      onError(error);
    });
    worker.once('exit', () => {
      const error = new Error('the thread of the embedded database has ended');
      reject(error);
      if (!isClosing) onError(error);
    });
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'ready') resolve({ connection: embeddedConnection(dataDir), close });
      else if (message.type === 'fatal') onError(new Error(message.message));
      else if (message.type === 'failed') {
        isClosing = true;
        reject(toError(message));
      }
    });
  });
}
