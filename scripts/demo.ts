// npm run demo: the provider and a relying party, with a user and two clients, on this machine only.
import { startRelyingParty } from '../examples/relying-party/server.js';
import { createServices } from '../src/app.js';
import { clientInputSchema } from '../src/clients/input.js';
import { secretInDataFolder } from '../src/config/data-folder.js';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { listen, stopSignal } from '../src/http/listen.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { randomToken } from '../src/lib/ids.js';
import { createLifecycle } from '../src/lib/lifecycle.js';

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
  languagePreference: 'zh-CN',
};

const lifecycle = createLifecycle();
const stopping = stopSignal();

async function start(): Promise<void> {
  const env = { LOG_LEVEL: 'warn', ...processEnvironment() };
  const config = loadConfig(env);
  if (!config.isLoopback || config.databaseUrl !== undefined) {
    throw new Error(
      'the demo runs on a loopback issuer and the embedded database only: unset OAUTH_ISSUER and DATABASE_URL',
    );
  }
  const services = await createServices(config);
  lifecycle.onClose(() => services.close());
  const { clients, stores, hasher, clock } = services;

  const password = await secretInDataFolder(config.dataDir, 'demo-password', () => randomToken(9));
  const clientSecret = await secretInDataFolder(config.dataDir, 'demo-client-secret');
  const stored = await stores.users.find(DEMO_USER.id);
  if (!stored?.hashedPassword || !(await hasher.compare(password, stored.hashedPassword, 'demo'))) {
    const hashedPassword = await hasher.hash(password);
    await stores.users.save({ ...DEMO_USER, hashedPassword, updatedAt: clock.now() });
  }
  await clients.apply(
    clientInputSchema.parse({
      client_id: 'demo-web',
      client_name: 'Demo Web App',
      client_secret: clientSecret,
      client_uri: RP_URL,
      redirect_uris: [`${RP_URL}/callback`],
      post_logout_redirect_uris: [`${RP_URL}/logged-out`],
      scope: SCOPE,
    }),
    ACTOR,
  );
  await clients.apply(
    clientInputSchema.parse({
      client_id: 'demo-spa',
      client_name: 'Demo Browser App',
      client_uri: `${RP_URL}/spa`,
      redirect_uris: [`${RP_URL}/spa`],
      post_logout_redirect_uris: [`${RP_URL}/spa`],
      scope: SCOPE,
      token_endpoint_auth_method: 'none',
    }),
    ACTOR,
  );

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
