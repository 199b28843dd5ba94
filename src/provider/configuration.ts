// Owns: the library's settings, in one place. Safer than its defaults wherever security-cases asks for it.
import type { AdapterFactory, Configuration, FindAccount, JWK } from 'oidc-provider';
import { EXTRA_CLIENT_METADATA } from '../clients/metadata.js';
import { originOf } from '../clients/redirect-uris.js';
import type { Config } from '../config/load.js';
import { SIGNING_ALGS } from '../keys/signing-keys.js';
import { ACR_VALUES } from '../login/strategy.js';
import { claimsByScope, SCOPES } from './claims.js';
import type { ProviderPages } from './pages.js';
import type { createLoadExistingGrant, createPolicy } from './policy.js';
import type { RequestScopes } from './request-scope.js';
import { ROUTES } from './routes.js';

export interface ConfigurationDeps {
  config: Pick<Config, 'issuer' | 'ttl'>;
  cookieKeys: string[];
  jwks: { keys: JWK[] };
  adapter: AdapterFactory;
  findAccount: FindAccount;
  policy: ReturnType<typeof createPolicy>;
  loadExistingGrant: ReturnType<typeof createLoadExistingGrant>;
  pages: ProviderPages;
  scopes: RequestScopes;
}

const UI_LOCALES = ['en', 'zh'];

export function createConfiguration(deps: ConfigurationDeps): Configuration {
  const { config, cookieKeys, pages, scopes } = deps;
  const { ttl } = config;
  const isHttps = config.issuer.startsWith('https:');
  const cookie = { httpOnly: true, overwrite: true, sameSite: 'lax', signed: true, secure: isHttps } as const;

  return {
    acrValues: ACR_VALUES,
    adapter: deps.adapter,
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: claimsByScope(),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    // A browser app may call us from where it may be sent codes to; nobody else's page may.
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => originOf(uri) === origin),
    cookies: {
      keys: cookieKeys,
      names: {
        session: isHttps ? '__Host-link2ur_op_session' : 'link2ur_op_session',
        interaction: 'link2ur_op_interaction',
        resume: 'link2ur_op_resume',
      },
      long: cookie,
      short: cookie,
    },
    discovery: {
      service_documentation: `${config.issuer}${ROUTES.errorReference}`,
      ui_locales_supported: UI_LOCALES,
    },
    enabledJWA: {
      idTokenSigningAlgValues: [...SIGNING_ALGS],
      requestObjectSigningAlgValues: [],
      clientAuthSigningAlgValues: [],
    },
    extraClientMetadata: { properties: EXTRA_CLIENT_METADATA },
    features: {
      backchannelLogout: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      // A token is described to the client it was issued to, and to nobody else.
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.logout,
        postLogoutSuccessSource: pages.loggedOut,
      },
      userinfo: { enabled: true },
    },
    findAccount: deps.findAccount,
    formats: { bitsOfOpaqueRandomness: 256 },
    interactions: {
      policy: deps.policy,
      url: (_ctx, interaction) => `${ROUTES.interaction}/${interaction.uid}`,
    },
    jwks: deps.jwks as NonNullable<Configuration['jwks']>,
    loadExistingGrant: deps.loadExistingGrant,
    pkce: {
      required: (_ctx, client) => client.clientAuthMethod === 'none' || client.require_pkce === true,
    },
    renderError: pages.error,
    responseTypes: ['code'],
    // Always, but for a retry inside the grace window: that one is answered with the token it got before.
    rotateRefreshToken: () => scopes.current()?.graceSuccessor === undefined,
    routes: {
      authorization: ROUTES.authorization,
      end_session: ROUTES.end_session,
      introspection: ROUTES.introspection,
      jwks: ROUTES.jwks,
      revocation: ROUTES.revocation,
      token: ROUTES.token,
      userinfo: ROUTES.userinfo,
    },
    scopes: SCOPES,
    subjectTypes: ['public'],
    ttl: {
      AccessToken: ttl.accessToken,
      AuthorizationCode: ttl.authorizationCode,
      Grant: ttl.grant,
      IdToken: ttl.idToken,
      Interaction: ttl.interaction,
      // A browser app's refresh token is as good as a password lying about: its family has a fixed end.
      RefreshToken: (ctx, _token, client) => {
        const rotated = ctx?.oidc.entities.RotatedRefreshToken;
        return rotated && client.clientAuthMethod === 'none' ? rotated.remainingTTL : ttl.refreshToken;
      },
      Session: ttl.session,
    },
  };
}
