// Owns: what the parts of a dry login are given.
import type { ClientView } from '../../clients/service.js';
import type { Config } from '../../config/load.js';
import { hashOf } from '../../lib/ids.js';
import type { DryRequests } from '../../provider/dry-request.js';

export interface Subject {
  client: ClientView;
  config: Pick<Config, 'issuer' | 'isLoopback'>;
  provider: DryRequests;
  now: Date;
}

export const isPublic = ({ client }: Subject) => client.token_endpoint_auth_method === 'none';

/** Whether its authorization requests must be pushed, or signed: nobody else can make one. */
export const isRequestItsOwn = ({ client }: Subject) =>
  client.profile === 'fapi2' ||
  client.require_pushed_authorization_requests === true ||
  client.require_signed_request_object === true;

export const hasGrantType = ({ client }: Subject, type: string) =>
  (client.grant_types as string[]).includes(type);

/** Whether users log in through it: by a code, or by what the authorization endpoint gives. */
export const hasLogin = (subject: Subject) =>
  hasGrantType(subject, 'authorization_code') || hasGrantType(subject, 'implicit');

/** Its response types; the one it had best use comes first. */
export function responseTypesOf({ client }: Subject): string[] {
  const types = client.response_types as string[];
  return types.toSorted((a, b) => Number(b === 'code') - Number(a === 'code'));
}

/** The scopes the client is registered with; undefined: all there are. */
export function scopesOf({ client }: Subject): string[] | undefined {
  return typeof client.scope === 'string' ? client.scope.split(' ') : undefined;
}

/** An authorization request as a good relying party sends it. */
export function requestOf(subject: Subject, redirectUri: string): Record<string, string> {
  const scopes = scopesOf(subject) ?? ['openid'];
  const isLogin = scopes.includes('openid');
  const [type = 'code'] = responseTypesOf(subject);
  return {
    client_id: subject.client.client_id,
    redirect_uri: redirectUri,
    response_type: type,
    scope: scopes.join(' '),
    state: 'link2ur-client-test',
    // The challenge of a verifier that anybody can guess: no code is ever made for it.
    code_challenge: hashOf('link2ur-client-test'),
    code_challenge_method: 'S256',
    // Both are OpenID's: nothing for a request that is no login.
    ...(isLogin && { nonce: 'link2ur-client-test' }),
    ...(isLogin && scopes.includes('offline_access') && { prompt: 'consent' }),
  };
}
