// Owns: putting everything together, in visible order. Does not: read the environment or listen.
import { openClientSecrets } from './app/client-secrets.js';
import { createLogoutDelivery } from './app/logout-delivery.js';
import { storesFor } from './app/open-stores.js';
import { createOperations, prepareSubjects } from './app/operations.js';
import { formerCookieKey, keyEncryptionSource } from './app/secrets.js';
import type { Overrides, Services } from './app/types.js';
import { createSealer } from './audit/sealer.js';
import { createAudit } from './audit/service.js';
import type { Config } from './config/load.js';
import { createCsrf } from './http/interaction/csrf.js';
import { createMetricsApp } from './http/metrics.js';
import { createProviderPages } from './http/pages/provider-pages.js';
import { createRenderer } from './http/pages/renderer.js';
import { createPageWriter } from './http/pages/writer.js';
import { createHttpApp } from './http/server.js';
import { createJanitor } from './janitor/service.js';
import { janitorTargets } from './janitor/targets.js';
import { createKeyRing } from './keys/ring.js';
import { type KeySet, makeEphemeralKeys } from './keys/signing-keys.js';
import { systemClock } from './lib/clock.js';
import { createDeferred } from './lib/deferred.js';
import { openHasher } from './lib/hasher.js';
import { randomToken } from './lib/ids.js';
import { createKeyEncryption } from './lib/key-encryption.js';
import { createLifecycle, type Lifecycle } from './lib/lifecycle.js';
import { projectPath } from './lib/paths.js';
import { deriveKey } from './lib/sealed.js';
import { createLogin } from './login/index.js';
import { createAccessTokens } from './provider/access-tokens.js';
import { createAccountSessions } from './provider/account-session.js';
import { createProviderHandle } from './provider/handle.js';
import { createInteractions, type Interactions } from './provider/interactions.js';
import { afterSiteLogout } from './provider/logout.js';
import { createRequestScopes } from './provider/request-scope.js';
import { createLogger } from './telemetry/logger.js';
import { openMetrics } from './telemetry/open-metrics.js';
import { createPasswordCheck } from './users/passwords.js';

async function build(config: Config, overrides: Overrides, lifecycle: Lifecycle): Promise<Services> {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger(config.logLevel);
  for (const warning of config.warnings) logger.warn(warning);
  const failed = createDeferred<unknown>();
  const withoutKeys = overrides.withoutKeys === true;
  const stores = await storesFor(config, overrides, lifecycle, failed.resolve);
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
  const sealedUnder = keyEncryptionSource(config);
  const encryption = createKeyEncryption(sealedUnder);
  const { tell, backchannelLogout } = createLogoutDelivery({
    stores,
    encryption,
    handle: { provider: () => handle.provider() },
    audit,
    clock,
    logger,
    metrics,
    overrides,
  });
  // Closed before the stores: what is under way is still written down.
  lifecycle.add(backchannelLogout);
  // Built before the provider, which asks for consents; clients are judged by the provider.
  const operations = createOperations({
    stores,
    hasher,
    audit,
    clock,
    config,
    sealing: { source: sealedUnder, encryption },
    formerCookieKey: () => formerCookieKey(config),
    auditRetentionDays: config.auditRetentionDays,
    validateClient: (...client) => handle.validateClient(...client),
    tell,
  });
  const { clients, consents, resources, roles, subjects } = operations;
  const keyRing = lifecycle.add(
    createKeyRing({
      keys: operations.keys,
      store: stores.keys,
      encryption,
      cookieKeys: config.keys.cookieKeys,
      logger,
    }),
  );
  const scopes = createRequestScopes();
  const secrets = openClientSecrets({ stores, hasher, encryption, clock, scopes, logger, lifecycle });
  const sealer = lifecycle.add(createSealer({ trail: operations.auditTrail, clock, logger }));
  const { strategy, siteSessions } = createLogin({
    config,
    users: stores.users,
    artifacts: stores.artifacts,
    passwords: createPasswordCheck({ hasher, users: stores.users }),
    clock,
  });

  const brand = { ...config.brand };
  const renderer = createRenderer({ viewsDir: projectPath('views'), brand, cache: true });
  const pages = createPageWriter(renderer);
  // Pages offer to go on with an interaction; interactions need the provider; the provider draws pages.
  const restart: Pick<Interactions, 'restartUrl'> = {
    restartUrl: async (uid) => interactions.restartUrl(uid),
  };
  const keys = withoutKeys ? await makeEphemeralKeys() : await keyRing.load();
  if (!withoutKeys) await prepareSubjects(subjects, config);
  const handle = createProviderHandle(
    {
      config,
      placeholderSecret: randomToken(32),
      stores,
      consents,
      ...secrets,
      subjects,
      resourceServers: resources,
      roles,
      siteSessions,
      audit,
      tell,
      pages: createProviderPages({
        pages,
        clients: stores.clients,
        users: stores.users,
        scopes,
        resources,
        loginUrl: strategy.loginUrl,
        subjects,
        siteLogoutUrl: config.siteLogoutUrl,
        restartUrl: restart.restartUrl,
      }),
      scopes,
      logger,
      metrics,
      clock,
    },
    keys,
  );
  const interactions = createInteractions({ handle, ...stores, subjects, clock });

  const accountSessions = createAccountSessions({
    handle,
    site: siteSessions,
    clients: stores.clients,
    clientService: clients,
    issuer: config.issuer,
    brandName: config.brand.name,
  });
  const csrfKeysOf = ({ cookie }: KeySet) => cookie.map((key) => deriveKey(key, 'csrf'));
  let csrfKeys = csrfKeysOf(keys);
  const csrf = createCsrf({ keys: () => csrfKeys, issuer: config.issuer });
  if (!withoutKeys) {
    keyRing.follow((next) => {
      handle.swapKeys(next);
      csrfKeys = csrfKeysOf(next);
    });
  }
  let accepting = true;
  const http = createHttpApp({
    config,
    handle,
    registration: operations.registration,
    admin: {
      ...operations,
      issuer: config.issuer,
      accessTokens: createAccessTokens({ handle, users: stores.users, clock }),
      artifacts: stores.artifacts,
      clock,
      logger,
    },
    renderer,
    stores,
    readiness: { isAccepting: () => accepting },
    logger,
    interactions,
    strategy,
    clock,
    eventsToken: config.eventsToken,
    userEnding: operations.userEnding,
    afterSiteLogout: (handle) => afterSiteLogout(stores.artifacts, clock, handle),
    consents,
    clients: stores.clients,
    users: stores.users,
    resources,
    audit,
    pages,
    csrf,
    accountSessions,
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
    ...operations,
    handle,
    janitor,
    metrics,
    http,
    metricsHttp: createMetricsApp({ metrics, logger }),
    backchannelLogout: { ...backchannelLogout, ...tell },
    failed: overrides.failed ?? failed.promise,
    startBackground() {
      janitor.start();
      keyRing.start();
      sealer.start();
      backchannelLogout.start();
    },
    stopAccepting,
    close: () => lifecycle.close(),
  };
}

export type { Overrides, Services } from './app/types.js';

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
