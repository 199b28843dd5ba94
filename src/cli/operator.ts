// Owns: opening the services for a command, also while the server runs, and who it is that calls them.
import { userInfo } from 'node:os';
import type { Services } from '../app.js';
import type { Author } from '../audit/service.js';
import { loadConfig } from '../config/load.js';
import { AppError, StoreUnavailableError } from '../lib/errors.js';
import { describeFailure } from '../lib/failure-text.js';
import { randomToken } from '../lib/ids.js';
import { createLifecycle } from '../lib/lifecycle.js';
import { toStoreError } from '../store/postgres/errors.js';
import type { Terminal } from './command.js';

/** The person at the terminal, as the audit trail names them. */
function operator(): string {
  try {
    return `operator:${userInfo()
      .username.replace(/[^\w.@-]/g, '_')
      .slice(0, 64)}`;
  } catch {
    return 'operator:cli';
  }
}

/** What to say of an error at opening: that nobody answers is no mistake of this program. */
function reachable(error: unknown): unknown {
  const isAway = toStoreError(error) instanceof StoreUnavailableError;
  if (error instanceof AppError || !isAway) return error;
  return new AppError('database_unreachable', 503, describeFailure(error), { cause: error });
}

export interface OperatorOptions {
  /** The command signs, seals or opens something: keys are read, and made where there are none yet. */
  withKeys?: boolean;
  /** The command changes nothing: a database that is not there or not up to date is an error. */
  readOnly?: boolean;
}

/**
 * Runs `work` with every service, on the database the configuration names; the embedded one is shared with the
 * server that has it open. Everything is closed again afterwards.
 * @throws ConfigError; AppError when the database cannot be used
 */
export async function withServices<T>(
  terminal: Pick<Terminal, 'env' | 'clock'>,
  { withKeys = false, readOnly = false }: OperatorOptions,
  work: (services: Services, author: Author) => Promise<T>,
): Promise<T> {
  const env = terminal.env();
  const config = loadConfig({ ...env, LOG_LEVEL: env.LOG_LEVEL || 'silent' });
  // Loaded only here: help and mistakes in arguments are told without waiting for the whole provider.
  const [{ createServices }, { openStores }] = await Promise.all([
    import('../app.js'),
    import('../store/open.js'),
  ]);
  const lifecycle = createLifecycle();
  try {
    const stores = lifecycle.add(
      await openStores(config, { shareRunning: true, readOnly }).catch((error) => {
        throw reachable(error);
      }),
    );
    const overrides = { stores, clock: terminal.clock, withoutKeys: !withKeys, sendsNothing: true };
    const services = lifecycle.add(await createServices(config, overrides));
    return await work(services, { actor: operator(), requestId: `cli-${randomToken(9)}` });
  } finally {
    await lifecycle.close();
  }
}
