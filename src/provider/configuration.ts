// Owns: the library's settings, in one place. Safer than its defaults wherever security-cases asks for it.
import type { AdapterFactory, Configuration, FindAccount, JWK } from 'oidc-provider';
import { CLIENT_SIGNING_ALGS } from '../clients/authentication.js';
import { EXTRA_CLIENT_METADATA } from '../clients/metadata.js';
import { originOf } from '../clients/redirect-uris.js';
import type { ResourceServers } from '../clients/resource-servers.js';
import { RESPONSE_TYPES } from '../clients/response-types.js';
import type { Config } from '../config/load.js';
import { SIGNING_ALGS } from '../keys/signing-keys.js';
import type { Clock } from '../lib/clock.js';
import type { Subjects } from '../users/subjects.js';
import { authenticationClaims, type createAccessTokenClaims } from './access-token-claims.js';
import { claimsByScope, scopesOf } from './claims.js';
import { dropUnregisteredClaims } from './claims-parameter.js';
import { createClientAuthentication } from './client-authentication.js';
import { createCookieSignatures } from './cookie-signatures.js';
import { DEVICE_CODE_SECONDS } from './device-codes.js';
import { checkDeviceRequest, createDeviceFlow } from './device-flow.js';
import { FAPI_CODE_SECONDS, isFapiClient } from './fapi.js';
import { createMutualTls } from './mutual-tls.js';
import { endpointAliases } from './mutual-tls-origin.js';
import { keepOfflineAccess } from './offline-access.js';
import { createOutgoingFetch, MAX_DOCUMENT_BYTES } from './outgoing-fetch.js';
import type { ProviderPages } from './pages.js';
import type { createLoadExistingGrant, createPolicy } from './policy.js';
import type { RequestScopes } from './request-scope.js';
import { createRequestSecurity } from './request-security.js';
import { createResourceIndicators, dropUnknownScopes } from './resources.js';
import { createRichRequests } from './rich-requests.js';
import { ROUTES } from './routes.js';
import type { SecretKeys } from './secret-keys.js';
import { createSenderConstraint, PROOF_ALGS } from './sender-constraint.js';
import { createSubjectSettings, judgeUnionId } from './subjects.js';
import { type createIntrospectionPolicy, isOwnToken } from './token-policies.js';

export interface ConfigurationDeps {
  config: Pick<Config, 'issuer' | 'isLoopback' | 'ttl' | 'features' | 'mtls' | 'login'>;
  clock: Clock;
  cookieKeys: string[];
  jwks: { keys: JWK[] };
  adapter: AdapterFactory;
  findAccount: FindAccount;
  policy: ReturnType<typeof createPolicy>;
  loadExistingGrant: ReturnType<typeof createLoadExistingGrant>;
  pages: ProviderPages;
  scopes: RequestScopes;
  resourceServers: ResourceServers;
  introspectionPolicy: ReturnType<typeof createIntrospectionPolicy>;
  accessTokenClaims: ReturnType<typeof createAccessTokenClaims>;
  /** Types of authorization details there are. */
  detailsTypes: readonly string[];
  subjects: Subjects;
  secretKeys: SecretKeys;
}

/** A client gets itself another whenever it wants. */
const CLIENT_CREDENTIALS_SECONDS = 600;

const UI_LOCALES = ['en', 'zh'];

export function createConfiguration(deps: ConfigurationDeps): Configuration {
  const { config, cookieKeys, pages, scopes } = deps;
  const { ttl, features } = config;
  const isHttps = config.issuer.startsWith('https:');
  const cookie = { httpOnly: true, overwrite: true, sameSite: 'lax', signed: true, secure: isHttps } as const;

  const { clientAuthSigningAlgValues, ...clientAuthentication } = createClientAuthentication(
    config,
    deps.clock,
    deps.secretKeys,
  );

  return {
    ...clientAuthentication,
    acceptQueryParamAccessTokens: features.has('query_token'),
    acrValues: [...config.login.acrValues],
    adapter: deps.adapter,
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: claimsByScope(features),
    // A browser app may call us from where it may be sent codes to; nobody else's page may.
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => originOf(uri) === origin),
    cookies: {
      keys: createCookieSignatures(cookieKeys),
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
      ...(features.has('registration') && {
        registration_endpoint: `${config.issuer}${ROUTES.registration}`,
      }),
      ...(features.has('validate_token') && {
        token_validation_endpoint: `${config.issuer}${ROUTES.validation}`,
      }),
      ...endpointAliases(config),
    },
    enabledJWA: {
      idTokenSigningAlgValues: [...SIGNING_ALGS, ...(features.has('hs256') ? ['HS256' as const] : [])],
      introspectionSigningAlgValues: [...SIGNING_ALGS],
      requestObjectSigningAlgValues: [...CLIENT_SIGNING_ALGS],
      authorizationSigningAlgValues: [...SIGNING_ALGS],
      clientAuthSigningAlgValues,
      dPoPSigningAlgValues: PROOF_ALGS,
    },
    extraClientMetadata: { properties: EXTRA_CLIENT_METADATA },
    extraParams: {
      scope(ctx, value, client) {
        keepOfflineAccess(ctx, value, client);
        judgeUnionId(ctx, client, features);
        dropUnknownScopes(ctx);
        dropUnregisteredClaims(ctx, client, features);
        checkDeviceRequest(ctx);
      },
    },
    features: {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: createDeviceFlow(config.features, pages.device),
      devInteractions: { enabled: false },
      ...createSenderConstraint(config.features, cookieKeys),
      ...createMutualTls(config.mtls, scopes),
      introspection: { enabled: true, allowedPolicy: deps.introspectionPolicy },
      jwtIntrospection: { enabled: features.has('introspection_jwt') },
      ...createRequestSecurity(config.features),
      resourceIndicators: createResourceIndicators(deps.resourceServers),
      richAuthorizationRequests: createRichRequests(deps),
      revocation: { enabled: true, allowedPolicy: isOwnToken },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.logout,
        postLogoutSuccessSource: pages.loggedOut,
      },
      userinfo: { enabled: true },
    },
    extraTokenClaims: authenticationClaims,
    fetch: createOutgoingFetch(config),
    fetchResponseBodyLimits: { jwks_uri: MAX_DOCUMENT_BYTES, sector_identifier_uri: MAX_DOCUMENT_BYTES },
    findAccount: deps.findAccount,
    formats: { bitsOfOpaqueRandomness: 256, customizers: { jwt: deps.accessTokenClaims } },
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
    // Which of them a client may use is in its registration.
    responseTypes: features.has('implicit') ? [...RESPONSE_TYPES] : ['code'],
    // Whatever is given back, with it goes all that hangs on the same grant, JWTs included.
    revokeGrantPolicy: () => true,
    // Always, but for a retry inside the grace window: that one is answered with the token it got before.
    // FAPI 2.0 wants no rotation: its clients prove who they are.
    rotateRefreshToken: ({ oidc }) => !isFapiClient(oidc.client) && !scopes.current()?.graceSuccessor,
    routes: {
      authorization: ROUTES.authorization,
      code_verification: ROUTES.device,
      device_authorization: ROUTES.device_authorization,
      end_session: ROUTES.end_session,
      introspection: ROUTES.introspection,
      pushed_authorization_request: ROUTES.pushed_authorization_request,
      jwks: ROUTES.jwks,
      revocation: ROUTES.revocation,
      token: ROUTES.token,
      userinfo: ROUTES.userinfo,
    },
    scopes: scopesOf(features),
    ...createSubjectSettings(features, deps.subjects),
    ttl: {
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? CLIENT_CREDENTIALS_SECONDS,
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? ttl.accessToken,
      AuthorizationCode: (_ctx, _token, client) =>
        Math.min(ttl.authorizationCode, isFapiClient(client) ? FAPI_CODE_SECONDS : Infinity),
      DeviceCode: DEVICE_CODE_SECONDS,
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
