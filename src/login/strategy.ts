// Owns: the contract between an authorization request that needs a login and whoever can provide one.
// Strategies return values; they never touch HTTP objects. Does not: know the provider or the pages.

/** Authentication context classes we vouch for; discovery lists them. */
export const ACR_PASSWORD = 'urn:link2ur:acr:password';

export const ACR_VALUES = [ACR_PASSWORD];

/** The outcome of a login. @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
export interface LoginResult {
  /** The user's `sub`. */
  accountId: string;
  acr: string;
  /** @see https://www.rfc-editor.org/rfc/rfc8176 */
  amr: string[];
  /** When the user proved who they are, epoch seconds. */
  authTime: number;
}

/** What a strategy may know of the authorization request. */
export interface LoginRequest {
  /** The interaction's uid. */
  uid: string;
  clientId: string;
  loginHint: string | undefined;
  uiLocales: string | undefined;
  /** The user has to prove who they are again; a remembered login does not do. */
  isReauthentication: boolean;
  ip: string;
}

export type LoginStep =
  /** Show our own login form. */
  | { kind: 'form'; problem?: 'invalid_credentials' | 'too_many_attempts' | 'unavailable'; username?: string }
  /** Send the browser elsewhere. */
  | { kind: 'redirect'; url: string }
  | { kind: 'done'; result: LoginResult }
  /** Nobody can be logged in as asked; the relying party is told so. */
  | { kind: 'refused'; error: 'login_required' | 'access_denied'; description: string };

export interface LoginStrategy {
  name: string;
  /** The browser has arrived and somebody must log in. */
  start(request: LoginRequest): Promise<LoginStep>;
  /** Our own form was sent; only strategies that answered `form` are given one. */
  submit?(request: LoginRequest, form: { username: string; password: string }): Promise<LoginStep>;
  /** The browser came back from where `redirect` sent it. */
  return?(request: LoginRequest, query: Record<string, string>): Promise<LoginStep>;
}
