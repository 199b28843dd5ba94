// Owns: what one request carries through the library to the adapter and back. Does not: outlive the request.

import type { AdapterPayload, KoaContextWithOIDC } from 'oidc-provider';
import type { AuditEvent } from '../audit/service.js';
import { createFlowValue } from '../lib/flow.js';
import type { ClientSecretRecord, StoredClient, StoredSession } from '../store/ports/index.js';
import type { ClientCertificate } from './certificate-header.js';

/** The library's route a request goes to, by our own path table. */
export type RouteName =
  | 'authorization'
  | 'resume'
  | 'token'
  | 'userinfo'
  | 'jwks'
  | 'discovery'
  | 'revocation'
  | 'introspection'
  | 'validation'
  | 'pushed_authorization_request'
  | 'device_authorization'
  | 'code_verification'
  | 'device_resume'
  | 'end_session'
  | 'end_session_confirm'
  | 'end_session_success'
  | 'interaction';

/** A JWT access token of ours that is asked about, under the id the library knows it by. */
export interface PresentedJwt {
  id: string;
  jti: string;
  kind: 'AccessToken' | 'ClientCredentials';
  /** The library's record of it; undefined when it does not stand any more. */
  find(): Promise<AdapterPayload | undefined>;
  /** Puts it on the deny list. */
  revoke(): Promise<void>;
}

export interface RequestScope {
  route: RouteName;
  ip: string;
  requestId: string;
  /** Where the request came in, if not at the issuer's address. */
  origin?: string | undefined;
  ctx?: KoaContextWithOIDC;
  /** Of the client's TLS connection, vouched for by a proxy of ours. */
  certificate?: ClientCertificate;
  /** Sessions as they were read, by uid: what a save is compared with. */
  sessions: Map<string, StoredSession>;
  /** Clients as they were read, by id: their secrets are compared without reading them again. */
  clients: Map<string, StoredClient>;
  /** The secret whose signature was looked at last. */
  triedSecret?: ClientSecretRecord;
  /** Key of the session id that this request has just replaced. */
  rotatedFrom?: string;
  /** The refresh token this request consumed; its successor is sealed under it. */
  consumedRefreshToken?: string;
  /** Set while a refresh token is retried inside the grace window: what it was replaced by. */
  graceSuccessor?: string;
  /** The user code in place of the library's, which another device had. */
  otherUserCode?: string;
  presentedJwt?: PresentedJwt | undefined;
  /** Whether the token asked about has been found among the kinds looked through so far. */
  tokenFound?: Promise<boolean>;
  /** Apps are to be told of a logout, once this request is done. */
  hasNotedLogout?: boolean;
  /** Why that could not be written down. */
  logoutNotNoted?: { error: unknown };
  /** What happened, to be recorded when the request is done. */
  audit: AuditEvent[];
}

export interface RequestScopes {
  run<T>(
    scope: Pick<RequestScope, 'route' | 'ip' | 'requestId' | 'origin'>,
    work: () => Promise<T>,
  ): Promise<T>;
  current(): RequestScope | undefined;
}

export function createRequestScopes(): RequestScopes {
  const storage = createFlowValue<RequestScope>();
  return {
    run: (scope, work) => storage.run({ ...scope, sessions: new Map(), clients: new Map(), audit: [] }, work),
    current: () => storage.current(),
  };
}

export const ASKED_ABOUT_TOKENS = new Set<RouteName>(['introspection', 'revocation']);

/**
 * The library looks for a token among all kinds of tokens at once. A value is of one kind only, so here the next
 * kind is looked through when the one before had none: one look-up instead of three for nearly every token.
 */
export function findInTurn<T>(
  scope: RequestScope | undefined,
  find: () => Promise<T | undefined>,
): Promise<T | undefined> {
  if (!scope || !ASKED_ABOUT_TOKENS.has(scope.route)) return find();
  const before = scope.tokenFound;
  const result = (async () => ((await before) ? undefined : find()))();
  scope.tokenFound = result.then(async (found) => found !== undefined || (await before) === true);
  scope.tokenFound.catch(() => {});
  return result;
}
