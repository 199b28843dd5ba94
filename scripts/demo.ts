// npm run demo: the provider, a stand-in for the Link²Ur site and a relying party, with a user and two clients, on
// this machine only.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../src/app.js';
import { secretInDataFolder } from '../src/config/data-folder.js';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { listen, stopSignal } from '../src/http/listen.js';
import { AppError } from '../src/lib/errors.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { hashOf, randomToken } from '../src/lib/ids.js';
import { createLifecycle } from '../src/lib/lifecycle.js';
import { startServices } from '../src/start.js';
import { DEMO_USER, demoClients, RP_PORT, RP_URL, SITE_URL } from './demo-data.js';
import { DEMO_HELP, type DemoLogin, DemoUsageError, parseDemoArguments } from './demo-options.js';
import { planDemoSite } from './demo-site.js';

const lifecycle = createLifecycle();
const stopping = stopSignal();

/** Whatever else is configured, the demo says itself how people log in. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(processEnvironment()).filter(([name]) => !name.startsWith('LINK2UR_'));
  return { LOG_LEVEL: 'warn', ...Object.fromEntries(others) };
}

/** Makes the demo's user and clients as they are to be, unless they are. */
async function seed(services: Services, password: string, clientSecret: string): Promise<void> {
  const { config, stores } = services;
  // Comparing hashes on every start would cost more than all the rest: remember what was seeded. The stored
  // hash is part of it, so that a user who was deleted, or has another password, is put right again.
  const seeded = async () => {
    const user = await stores.users.find(DEMO_USER.id);
    const state = [DEMO_USER, demoClients(clientSecret), password, user?.hashedPassword];
    return `demo-seeded-${hashOf(JSON.stringify(state))}`;
  };
  const hasClients = (await stores.clients.find('demo-web')) !== undefined;
  if (hasClients && existsSync(join(config.dataDir, await seeded()))) return;
  const { seedDemo } = await import('./demo-seed.js');
  await seedDemo(services, password, clientSecret);
  await secretInDataFolder(config.dataDir, await seeded());
}

async function start(login: DemoLogin): Promise<void> {
  const plannedSite = planDemoSite(login);
  const config = loadConfig({ ...environment(), LOGIN_STRATEGY: login, ...plannedSite?.settings });
  if (!config.isLoopback || config.databaseUrl !== undefined) {
    throw new AppError(
      'unfit_for_demo',
      500,
      'the demo is for a loopback issuer and the embedded database: unset OAUTH_ISSUER and DATABASE_URL',
    );
  }
  if (login === 'session' && new URL(config.issuer).hostname !== new URL(SITE_URL).hostname) {
    const why = `the site's session cookie reaches the provider only on the host of ${SITE_URL}`;
    throw new AppError('unfit_for_demo', 500, `${why}: unset OAUTH_ISSUER, or use --login ticket`);
  }
  const starting = startServices(config);
  starting.catch(() => {});
  // Loaded while the database opens.
  const [{ startRelyingParty }, startSite] = await Promise.all([
    import('../examples/relying-party/server.js'),
    plannedSite?.load(),
  ]);
  const services = await starting;
  lifecycle.onClose(() => services.close());

  const password = await secretInDataFolder(config.dataDir, 'demo-password', () => randomToken(9));
  const clientSecret = await secretInDataFolder(config.dataDir, 'demo-client-secret');
  await seed(services, password, clientSecret);

  lifecycle.add(await listen(services.http, config));
  services.startBackground();
  if (startSite) lifecycle.add(await startSite(config));
  lifecycle.add(
    await startRelyingParty({
      port: RP_PORT,
      issuer: config.issuer,
      web: { clientId: 'demo-web', clientSecret },
      spa: { clientId: 'demo-spa' },
    }),
  );
  const site = plannedSite ? `\n  Site       ${SITE_URL}   (where you log in; strategy "${login}")` : '';
  process.stdout.write(
    `
  Open       ${RP_URL}   (an app to log in to)
  User       ${DEMO_USER.email}
  Password   ${password}
${site}
  Provider   ${config.issuer}   (data in ${config.dataDir})
  Ctrl-C ends all of it.

`,
  );
}

try {
  const { login, help } = parseDemoArguments(process.argv.slice(2));
  if (help) {
    process.stdout.write(DEMO_HELP);
  } else {
    await start(login);
    await stopping;
  }
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = error instanceof DemoUsageError ? 2 : 1;
} finally {
  await lifecycle.close();
}
