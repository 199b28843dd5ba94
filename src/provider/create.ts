// Owns: building one Provider from the library, with everything of ours around it.
import type { EventEmitter } from 'node:events';
import { type JWK, Provider } from 'oidc-provider';
import type { Audit } from '../audit/service.js';
import type { SecretVerifier } from '../clients/secrets.js';
import type { Config } from '../config/load.js';
import type { ConsentService } from '../grants/service.js';
import type { Clock } from '../lib/clock.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import { createFindAccount } from './account.js';
import { createAdapterFactory } from './adapter/index.js';
import { createConfiguration } from './configuration.js';
import { observe } from './events.js';
import { answerFailures, decorateAnswers, rememberContext, tokenUnitOfWork } from './middleware.js';
import type { ProviderPages } from './pages.js';
import { createLoadExistingGrant, createPolicy } from './policy.js';
import type { RequestScopes } from './request-scope.js';
import { installSecretVerifier } from './secrets.js';

export interface ProviderDeps {
  config: Pick<Config, 'issuer' | 'ttl' | 'avatarBaseUrl'>;
  cookieKeys: string[];
  /** In place of client secrets towards the library; random, known to nobody. */
  placeholderSecret: string;
  stores: Stores;
  consents: Pick<ConsentService, 'find' | 'used'>;
  verifier: SecretVerifier;
  audit: Audit;
  pages: ProviderPages;
  scopes: RequestScopes;
  logger: Logger;
  clock: Clock;
}

/** A Provider that signs with `keys`. Keys are fixed for its life: to rotate, build another and swap. */
export function createProvider(deps: ProviderDeps, keys: JWK[]): Provider {
  const { config, stores, scopes, pages, audit, logger } = deps;
  const provider = new Provider(
    config.issuer,
    createConfiguration({
      config,
      cookieKeys: deps.cookieKeys,
      jwks: { keys },
      adapter: createAdapterFactory({
        issuer: config.issuer,
        stores,
        scopes,
        clock: deps.clock,
        refreshTokenGrace: config.ttl.refreshTokenGrace,
        placeholderSecret: deps.placeholderSecret,
      }),
      findAccount: createFindAccount({ users: stores.users, avatarBaseUrl: config.avatarBaseUrl }),
      policy: createPolicy(),
      loadExistingGrant: createLoadExistingGrant(deps.consents),
      pages,
      scopes,
    }),
  );
  // The inner request carries the issuer's own host and scheme in the forwarded headers, nothing else.
  provider.proxy = true;

  const secrets = { verifier: deps.verifier, clients: stores.clients, scopes };
  installSecretVerifier(provider, secrets);
  observe(provider, { scopes, logger });

  const report = (error: unknown) =>
    logger.error({ error, requestId: scopes.current()?.requestId }, 'unexpected failure');
  (provider as EventEmitter).on('error', report);
  provider.use(rememberContext({ issuer: config.issuer, scopes }));
  provider.use(decorateAnswers({ issuer: config.issuer, scopes }));
  provider.use(answerFailures({ pages, report }));
  provider.use(tokenUnitOfWork({ unitOfWork: stores.unitOfWork, scopes, audit, secrets }));
  return provider;
}
