// Owns: building one Provider from the library, with everything of ours around it.
import type { EventEmitter } from 'node:events';
import { Provider } from 'oidc-provider';
import type { Audit } from '../audit/service.js';
import type { ResourceServers } from '../clients/resource-servers.js';
import type { SecretVerifier } from '../clients/secrets.js';
import type { Config } from '../config/load.js';
import type { ConsentService } from '../grants/service.js';
import type { TellApp } from '../grants/telling.js';
import type { KeySet } from '../keys/signing-keys.js';
import type { Clock } from '../lib/clock.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { RoleService } from '../users/roles.js';
import type { Subjects } from '../users/subjects.js';
import { createAccessTokenClaims } from './access-token-claims.js';
import { createFindAccount } from './account.js';
import { answerAcr } from './acr.js';
import { createAdapterFactory } from './adapter/index.js';
import { advertiseAllowed } from './advertised-types.js';
import { createConfiguration } from './configuration.js';
import { completeDeviceAnswers } from './device-flow.js';
import type { NoteDevice } from './device-metrics.js';
import { observe } from './events.js';
import { logoutAtSite } from './logout.js';
import { logoutByUrl } from './logout-by-url.js';
import { noteLogouts } from './logout-tokens.js';
import { answerFailures, decorateAnswers, rememberContext, requestUnitOfWork } from './middleware.js';
import { takeCertificate } from './mutual-tls.js';
import type { ProviderPages } from './pages.js';
import { createLoadExistingGrant, createPolicy, type SiteSessionLookup } from './policy.js';
import type { RequestScopes } from './request-scope.js';
import type { SecretKeys } from './secret-keys.js';
import { installSecretVerifier } from './secrets.js';
import { refuseStaleLogin } from './stale-login.js';
import { installSymmetricKeys } from './symmetric-keys.js';
import { createIntrospectionPolicy } from './token-policies.js';
import { validateTokens } from './token-validation.js';

export interface ProviderDeps {
  config: Pick<
    Config,
    | 'issuer'
    | 'isLoopback'
    | 'ttl'
    | 'keys'
    | 'avatarBaseUrl'
    | 'siteLogoutUrl'
    | 'features'
    | 'mtls'
    | 'login'
  >;
  /** In place of client secrets towards the library; random, known to nobody. */
  placeholderSecret: string;
  stores: Stores;
  consents: Pick<ConsentService, 'find' | 'stands' | 'used'>;
  verifier: SecretVerifier;
  secretKeys: SecretKeys;
  subjects: Subjects;
  resourceServers: ResourceServers;
  roles: Pick<RoleService, 'has'>;
  /** Where the site's session reaches us. */
  siteSessions?: SiteSessionLookup | undefined;
  audit: Audit;
  tell: TellApp;
  pages: ProviderPages;
  scopes: RequestScopes;
  noteDevice: NoteDevice;
  logger: Logger;
  clock: Clock;
}

/**
 * A Provider that signs tokens and cookies with `keys` and knows these types of authorization details. Both are fixed
 * for its life: to change them, build another and swap.
 */
export function createProvider(deps: ProviderDeps, keys: KeySet, detailsTypes: readonly string[]): Provider {
  const { config, stores, scopes, pages, audit, logger } = deps;
  const { acrValues } = config.login;
  const provider = new Provider(
    config.issuer,
    createConfiguration({
      config,
      clock: deps.clock,
      cookieKeys: keys.cookie,
      jwks: { keys: keys.signing },
      adapter: createAdapterFactory({
        issuer: config.issuer,
        features: config.features,
        acrValues,
        detailsTypes,
        stores,
        scopes,
        clock: deps.clock,
        refreshTokenGrace: config.ttl.refreshTokenGrace,
        placeholderSecret: deps.placeholderSecret,
        noteDevice: deps.noteDevice,
      }),
      findAccount: createFindAccount({ ...config, users: stores.users, subjects: deps.subjects }),
      policy: createPolicy({ ...deps, acrValues }),
      loadExistingGrant: createLoadExistingGrant(deps.consents),
      pages,
      scopes,
      resourceServers: deps.resourceServers,
      introspectionPolicy: createIntrospectionPolicy({ ...deps, users: stores.users }),
      accessTokenClaims: createAccessTokenClaims(stores),
      detailsTypes,
      subjects: deps.subjects,
      secretKeys: deps.secretKeys,
    }),
  );
  // The inner request carries the issuer's own host and scheme in the forwarded headers, nothing else.
  provider.proxy = true;

  answerAcr(provider, acrValues);
  const secrets = { verifier: deps.verifier, clients: stores.clients, scopes };
  installSecretVerifier(provider, secrets);
  installSymmetricKeys(provider, deps.secretKeys);
  noteLogouts(provider, { tell: deps.tell, scopes });
  observe(provider, { scopes, logger, noteDevice: deps.noteDevice });

  const report = (error: unknown) =>
    logger.error({ error, requestId: scopes.current()?.requestId }, 'unexpected failure');
  (provider as EventEmitter).on('error', report);
  provider.use(rememberContext({ issuer: config.issuer, scopes }));
  const jwksMaxAge = config.keys.jwksMaxAgeSeconds;
  provider.use(decorateAnswers({ issuer: config.issuer, scopes, pages, jwksMaxAge }));
  provider.use(completeDeviceAnswers({ issuer: config.issuer, scopes, pages: pages.device }));
  provider.use(answerFailures({ pages, report }));
  if (config.features.has('implicit')) provider.use(advertiseAllowed({ clients: stores.clients, scopes }));
  if (config.mtls) provider.use(takeCertificate({ mtls: config.mtls, scopes, clock: deps.clock, logger }));
  provider.use(logoutByUrl({ features: config.features, scopes }));
  provider.use(validateTokens({ ...deps, provider, keys, scopes }));
  provider.use(refuseStaleLogin({ artifacts: stores.artifacts, scopes }));
  provider.use(
    logoutAtSite({
      issuer: config.issuer,
      siteLogoutUrl: config.siteLogoutUrl,
      scopes,
      artifacts: stores.artifacts,
      clock: deps.clock,
    }),
  );
  provider.use(requestUnitOfWork({ unitOfWork: stores.unitOfWork, scopes, audit, secrets, tell: deps.tell }));
  return provider;
}
