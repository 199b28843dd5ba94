// npm run demo: the provider and a relying party, with a user and two clients, on this machine only.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { secretInDataFolder } from '../src/config/data-folder.js';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { listen, stopSignal } from '../src/http/listen.js';
import { AppError } from '../src/lib/errors.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { hashOf, randomToken } from '../src/lib/ids.js';
import { createLifecycle } from '../src/lib/lifecycle.js';
import { startServices } from '../src/start.js';
import { DEMO_USER, demoClients, RP_PORT, RP_URL } from './demo-data.js';

const lifecycle = createLifecycle();
const stopping = stopSignal();

async function start(): Promise<void> {
  const env = { LOG_LEVEL: 'warn', ...processEnvironment() };
  const config = loadConfig(env);
  if (!config.isLoopback || config.databaseUrl !== undefined) {
    throw new AppError(
      'unfit_for_demo',
      500,
      'the demo is for a loopback issuer and the embedded database: unset OAUTH_ISSUER and DATABASE_URL',
    );
  }
  const starting = startServices(config);
  starting.catch(() => {});
  // Loaded while the database opens.
  const { startRelyingParty } = await import('../examples/relying-party/server.js');
  const services = await starting;
  lifecycle.onClose(() => services.close());

  const { dataDir } = config;
  const password = await secretInDataFolder(dataDir, 'demo-password', () => randomToken(9));
  const clientSecret = await secretInDataFolder(dataDir, 'demo-client-secret');
  // Comparing hashes on every start would cost more than all the rest: remember what was seeded.
  const seeded = `demo-seeded-${hashOf(JSON.stringify([DEMO_USER, demoClients(clientSecret), password]))}`;
  const isThere = (await services.stores.clients.find('demo-web')) !== undefined;
  if (!isThere || !existsSync(join(dataDir, seeded))) {
    const { seedDemo } = await import('./demo-seed.js');
    await seedDemo(services, password, clientSecret);
    await secretInDataFolder(dataDir, seeded);
  }

  lifecycle.add(await listen(services.http, config));
  services.startBackground();
  lifecycle.add(
    await startRelyingParty({
      port: RP_PORT,
      issuer: config.issuer,
      web: { clientId: 'demo-web', clientSecret },
      spa: { clientId: 'demo-spa' },
    }),
  );
  process.stdout.write(
    `
  Open       ${RP_URL}
  User       ${DEMO_USER.email}
  Password   ${password}

  Provider   ${config.issuer}   (data in ${config.dataDir})
  Ctrl-C ends both.

`,
  );
}

try {
  await start();
  await stopping;
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
} finally {
  await lifecycle.close();
}
