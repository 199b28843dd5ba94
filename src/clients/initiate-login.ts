// Owns: the address at which an app begins a login by itself. Pure.
import type { ClientRecord } from '../store/ports/index.js';

/**
 * The address that has the app log the user in here and then show itself; undefined when it has registered none. The
 * app is told to show its home page where that is on the same origin: it need not go anywhere else.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ThirdPartyInitiatedLogin
 */
export function initiateLoginUrl(
  { metadata, client_uri: home }: Pick<ClientRecord, 'metadata' | 'client_uri'>,
  issuer: string,
): string | undefined {
  const { initiate_login_uri: uri } = metadata;
  if (typeof uri !== 'string' || !URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  url.searchParams.set('iss', issuer);
  if (home !== undefined && new URL(home).origin === url.origin)
    url.searchParams.set('target_link_uri', home);
  return url.href;
}
