// Owns: putting everything together, in visible order. Does not: read the environment or listen.
import { type Audit, createAudit } from './audit/service.js';
import { createSecretVerifier } from './clients/secrets.js';
import { type ClientService, createClientService } from './clients/service.js';
import { secretInDataFolder } from './config/data-folder.js';
import { parseKeyMaterial } from './config/key-material.js';
import type { Config } from './config/load.js';
import { type ConsentService, createConsentService } from './grants/service.js';
import { createCsrf } from './http/interaction/csrf.js';
import { createMetricsApp } from './http/metrics.js';
import { createProviderPages } from './http/pages/provider-pages.js';
import { createRenderer } from './http/pages/renderer.js';
import { createPageWriter } from './http/pages/writer.js';
import { createHttpApp, type HttpApp } from './http/server.js';
import { createJanitor, type Janitor } from './janitor/service.js';
import { janitorTargets } from './janitor/targets.js';
import { createSigningKeys, makeEphemeralKeys } from './keys/signing-keys.js';
import { type Clock, systemClock } from './lib/clock.js';
import { createDeferred } from './lib/deferred.js';
import { ConfigError } from './lib/errors.js';
import { type Hasher, openHasher } from './lib/hasher.js';
import { randomKey, randomToken } from './lib/ids.js';
import { createLifecycle, type Lifecycle } from './lib/lifecycle.js';
import { projectPath } from './lib/paths.js';
import { deriveKey } from './lib/sealed.js';
import { createLocalStrategy } from './login/local.js';
import { createProviderHandle, type ProviderHandle } from './provider/handle.js';
import { createInteractions, type Interactions } from './provider/interactions.js';
import { createRequestScopes } from './provider/request-scope.js';
import { openStores } from './store/open.js';
import type { Stores } from './store/ports/index.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import type { Metrics } from './telemetry/metrics.js';
import { openMetrics } from './telemetry/open-metrics.js';
import { createPasswordCheck } from './users/passwords.js';

/** What tests and tools may put in the place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  stores?: Stores;
  /** Stores that are being opened already; the services close them. */
  opening?: Promise<Stores>;
  /** A tool's services: they sign nothing, so no key is read or made, in the database or the data folder. */
  withoutKeys?: boolean;
  /** Settles when those stores have stopped for good. */
  failed?: Promise<unknown>;
}

export interface Services {
  config: Config;
  clock: Clock;
  logger: Logger;
  stores: Stores;
  hasher: Hasher;
  audit: Audit;
  consents: ConsentService;
  clients: ClientService;
  handle: ProviderHandle;
  janitor: Janitor;
  metrics: Metrics;
  http: HttpApp;
  /** Serves the metrics, on a port of its own. */
  metricsHttp: HttpApp;
  /** Settles when the service cannot go on and the process should end. */
  failed: Promise<unknown>;
  /** Begins the work nobody asks for by a request: cleaning. Tools leave it to the service. */
  startBackground(): void;
  /** From now on `/readyz` says no. */
  stopAccepting(): void;
  close(): Promise<void>;
}

async function openSecrets({ cookieKeys, keyEncryptionKey, dataDir }: Config, withoutKeys: boolean) {
  if (withoutKeys) return { cookieKeys: [randomToken()], keyEncryptionKey: randomKey() };
  const kek = keyEncryptionKey ?? parseKeyMaterial(await secretInDataFolder(dataDir, 'key-encryption-key'));
  if (!kek)
    throw new ConfigError([{ field: 'DATA_DIR', reason: 'its file key-encryption-key holds no key' }]);
  return {
    cookieKeys: cookieKeys ?? [await secretInDataFolder(dataDir, 'cookie-key')],
    keyEncryptionKey: kek,
  };
}

async function build(config: Config, overrides: Overrides, lifecycle: Lifecycle): Promise<Services> {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger(config.logLevel);
  for (const warning of config.warnings) logger.warn(warning);
  const failed = createDeferred<unknown>();
  // First of all: whatever fails from here on, stores that are being opened are closed again.
  const { opening } = overrides;
  if (opening)
    lifecycle.onClose(() =>
      opening.then(
        (stores) => stores.close(),
        () => {},
      ),
    );
  const withoutKeys = overrides.withoutKeys === true;
  const secrets = await openSecrets(config, withoutKeys);
  const stores =
    overrides.stores ??
    (await opening) ??
    lifecycle.add(await openStores(config, { onFatal: failed.resolve }));
  const hasher = lifecycle.add(openHasher({}));
  const metrics = await openMetrics({ isServed: config.metrics !== undefined });
  const janitor = lifecycle.add(
    createJanitor({
      targets: janitorTargets(stores, config),
      clock,
      logger,
      metrics,
      intervalMs: config.janitorIntervalSeconds * 1_000,
    }),
  );

  const audit = createAudit({ store: stores.audit, clock });
  const consents = createConsentService({ ...stores, audit, clock });
  const keys = createSigningKeys({ store: stores.keys, keyEncryptionKey: secrets.keyEncryptionKey, clock });
  const verifier = createSecretVerifier({ hasher, clock });
  const strategy = createLocalStrategy({
    users: stores.users,
    passwords: createPasswordCheck({ hasher, users: stores.users }),
    clock,
  });

  const brand = { ...config.brand };
  const renderer = createRenderer({ viewsDir: projectPath('views'), brand, cache: true });
  const pages = createPageWriter(renderer);
  const scopes = createRequestScopes();
  // Pages offer to go on with an interaction; interactions need the provider; the provider draws pages.
  const restart: Pick<Interactions, 'restartUrl'> = {
    restartUrl: async (uid) => interactions.restartUrl(uid),
  };
  const handle = createProviderHandle(
    {
      config,
      cookieKeys: secrets.cookieKeys,
      placeholderSecret: randomToken(32),
      stores,
      consents,
      verifier,
      audit,
      pages: createProviderPages({ pages, clients: stores.clients, scopes, restartUrl: restart.restartUrl }),
      scopes,
      logger,
      clock,
    },
    withoutKeys ? await makeEphemeralKeys(clock) : await keys.load(),
  );
  const interactions = createInteractions({ handle, artifacts: stores.artifacts });
  const clients = createClientService({
    clients: stores.clients,
    hasher,
    audit,
    validate: (client) => handle.validateClient(client),
  });

  const csrfSecret = secrets.cookieKeys[0] ?? '';
  const csrf = createCsrf({ key: deriveKey(csrfSecret, 'csrf'), issuer: config.issuer });
  let accepting = true;
  const http = createHttpApp({
    config,
    handle,
    renderer,
    stores,
    readiness: { isAccepting: () => accepting },
    logger,
    interactions,
    strategy,
    consents,
    clients: stores.clients,
    users: stores.users,
    audit,
    pages,
    csrf,
  });

  const stopAccepting = () => {
    accepting = false;
  };
  return {
    config,
    clock,
    logger,
    stores,
    hasher,
    audit,
    consents,
    clients,
    handle,
    janitor,
    metrics,
    http,
    metricsHttp: createMetricsApp({ metrics, logger }),
    failed: overrides.failed ?? failed.promise,
    startBackground: () => janitor.start(),
    stopAccepting,
    close: () => lifecycle.close(),
  };
}

/** Opens everything the service needs; what was opened is closed again if something fails. */
export async function createServices(config: Config, overrides: Overrides = {}): Promise<Services> {
  const lifecycle = createLifecycle();
  try {
    return await build(config, overrides, lifecycle);
  } catch (error) {
    await lifecycle.close().catch(() => {});
    throw error;
  }
}
