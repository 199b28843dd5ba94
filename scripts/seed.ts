// npm run seed -- FILE: clients and users from a file, also while the server runs.
import { seedCommand } from '../src/cli/seed/command.js';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { createLifecycle } from '../src/lib/lifecycle.js';

const env = processEnvironment();
const config = () => loadConfig({ ...env, LOG_LEVEL: env.LOG_LEVEL || 'silent' });

async function open({ dryRun }: { dryRun: boolean }) {
  // Loaded only here: a mistake in the arguments or the file is told without waiting for the whole provider.
  const { createServices } = await import('../src/app.js');
  const { openStores } = await import('../src/store/open.js');
  const { createUserService } = await import('../src/users/service.js');
  const lifecycle = createLifecycle();
  try {
    const stores = lifecycle.add(await openStores(config(), { shareRunning: true, readOnly: dryRun }));
    const services = lifecycle.add(await createServices(config(), { stores, withoutKeys: true }));
    const { clients, hasher, audit, clock } = services;
    const users = createUserService({ users: stores.users, hasher, audit, clock });
    return { clients, users, unitOfWork: stores.unitOfWork, close: () => lifecycle.close() };
  } catch (error) {
    await lifecycle.close().catch(() => {});
    throw error;
  }
}

process.exitCode = await seedCommand(process.argv.slice(2), {
  env,
  usersBelongToSite: () => config().databaseUrl !== undefined,
  open,
  stdout: process.stdout,
  stderr: process.stderr,
});
