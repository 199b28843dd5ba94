// npm run demo: the provider and a relying party, with a user and two clients, on this machine only.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startRelyingParty } from '../examples/relying-party/server.js';
import type { Services } from '../src/app.js';
import { clientInputSchema } from '../src/clients/input.js';
import { secretInDataFolder } from '../src/config/data-folder.js';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { listen, stopSignal } from '../src/http/listen.js';
import { AppError } from '../src/lib/errors.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { hashOf, randomToken } from '../src/lib/ids.js';
import { createLifecycle } from '../src/lib/lifecycle.js';
import { startServices } from '../src/start.js';

const RP_PORT = 3002;
const RP_URL = `http://localhost:${RP_PORT}`;
const ACTOR = 'operator:demo';
const SCOPE = 'openid profile email phone offline_access';

const DEMO_USER = {
  id: '10000001',
  name: '张三',
  email: 'demo@link2ur.example',
  isVerified: true,
  isActive: true,
};

const demoClients = (clientSecret: string) => [
  {
    client_id: 'demo-web',
    client_name: 'Campus Market',
    client_secret: clientSecret,
    client_uri: RP_URL,
    redirect_uris: [`${RP_URL}/callback`],
    post_logout_redirect_uris: [`${RP_URL}/logged-out`],
    scope: SCOPE,
  },
  {
    client_id: 'demo-spa',
    client_name: 'Campus Market in the browser',
    client_uri: `${RP_URL}/spa`,
    redirect_uris: [`${RP_URL}/spa`],
    post_logout_redirect_uris: [`${RP_URL}/spa`],
    scope: SCOPE,
    token_endpoint_auth_method: 'none',
  },
];

const lifecycle = createLifecycle();
const stopping = stopSignal();

/** The demo's user and clients, as `seed` would write them. */
async function seedDemo(
  { clients, stores, hasher, clock }: Services,
  password: string,
  clientSecret: string,
) {
  const hashedPassword = await hasher.hash(password);
  await stores.users.save({ ...DEMO_USER, hashedPassword, updatedAt: clock.now() });
  for (const client of demoClients(clientSecret)) await clients.apply(clientInputSchema.parse(client), ACTOR);
}

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
  const services = await startServices(config);
  lifecycle.onClose(() => services.close());

  const { dataDir } = config;
  const password = await secretInDataFolder(dataDir, 'demo-password', () => randomToken(9));
  const clientSecret = await secretInDataFolder(dataDir, 'demo-client-secret');
  // Comparing hashes on every start would cost more than all the rest: remember what was seeded.
  const seeded = `demo-seeded-${hashOf(JSON.stringify([DEMO_USER, demoClients(clientSecret), password]))}`;
  const isThere = (await services.stores.clients.find('demo-web')) !== undefined;
  if (!isThere || !existsSync(join(dataDir, seeded))) {
    await seedDemo(services, password, clientSecret);
    await secretInDataFolder(dataDir, seeded);
  }

  lifecycle.add(await listen(services.http, config));
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
