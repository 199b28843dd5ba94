// Owns: proof that a process lives. Does not: decide who may own a folder (folder-lock.ts does).
import { rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { randomToken } from '../../../lib/ids.js';
import type { Closable } from '../../../lib/lifecycle.js';
import { isErrno } from './errno.js';
import { checkSocketPath } from './socket-path.js';

const GUARD_NAME = /^guard\.[\w-]+\.sock$/;
const PROBE_TIMEOUT_MS = 2_000;
const ATTEMPTS = 20;

/** A listening socket that answers for as long as its process lives; the kernel closes it on death. */
export interface GuardSocket extends Closable {
  /** The name of its file inside the folder. */
  readonly name: string;
}

/** Whether `name` is one that `openGuardSocket` gives. */
export function isGuardName(name: string): boolean {
  return GUARD_NAME.test(name);
}

/**
 * Opens a guard socket in `folder`. It does not keep the process alive.
 *
 * Binding and listening are two system calls. Between them a connect is refused as if the owner were dead,
 * and a sweeper would remove the guard of a process about to own the folder. So the socket listens under a
 * temporary name first: a file called `guard.*` has always been listening, and once refused is dead for ever.
 */
export async function openGuardSocket(folder: string): Promise<GuardSocket> {
  for (let attempt = 1; ; attempt += 1) {
    const id = randomToken(9);
    const name = `guard.${id}.sock`;
    const path = join(folder, name);
    const server = await listen(checkSocketPath(join(folder, `tmp.${id}.sock`)));
    try {
      await rename(join(folder, `tmp.${id}.sock`), checkSocketPath(path));
    } catch (error) {
      await stop(server);
      // The owner swept our temporary name away just now: nothing is lost, begin again.
      if (isErrno(error, 'ENOENT') && attempt < ATTEMPTS) continue;
      throw error;
    }
    let closing: Promise<void> | undefined;
    return {
      name,
      close() {
        closing ??= stop(server).then(() => rm(path, { force: true }));
        return closing;
      },
    };
  }
}

/**
 * Whether the process behind the guard socket at `path` lives. Works across containers that share a volume
 * and a kernel. Only a refusal proves death; a full backlog, a missing permission or silence does not.
 */
export function isGuardAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const settle = (alive: boolean) => {
      probe.destroy();
      resolve(alive);
    };
    probe.on('connect', () => settle(true));
    probe.on('error', (error) => settle(!isErrno(error, 'ECONNREFUSED') && !isErrno(error, 'ENOENT')));
    probe.setTimeout(PROBE_TIMEOUT_MS, () => settle(true));
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
    });
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
