// Owns: the contract between an authorization request that needs a login and whoever can provide one.
// Strategies return values; they never touch HTTP objects. Does not: know the provider or the pages.
import { type AcrOrder, type AcrRequest, isReached } from './acr.js';

/** The outcome of a login. @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
export interface LoginResult {
  /** The user's `sub`. */
  accountId: string;
  /** Undefined: nobody vouches for how they did it. */
  acr: string | undefined;
  /** Empty: as acr. @see https://www.rfc-editor.org/rfc/rfc8176 */
  amr: string[];
  /** When the user proved who they are, epoch seconds. */
  authTime: number;
}

/** Who has to log in: anybody; the user once more, with a password; another user than the one at hand. */
export type LoginDemand = 'any' | 'again' | 'other';

/**
 * Refuses a login that is not the one the request insists on; undefined when it is. An honest answer: the library would
 * ask again, and get the same login again.
 * @see https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html
 */
export async function refusalOf(
  { isWanted, acr: asked }: Pick<LoginRequest, 'isWanted' | 'acr'>,
  { accountId, acr }: Pick<LoginResult, 'accountId' | 'acr'>,
  order: AcrOrder,
): Promise<LoginStep | undefined> {
  if (!(await isWanted(accountId))) return refused('login_required', 'another End-User was asked for');
  if (!asked.isEssential || isReached(order, asked, acr)) return undefined;
  return refused('unmet_authentication_requirements', 'none of the requested ACRs could be provided');
}

/** What a strategy may know of the authorization request. */
export interface LoginRequest {
  /** The interaction's uid. */
  uid: string;
  clientId: string;
  loginHint: string | undefined;
  uiLocales: string | undefined;
  demand: LoginDemand;
  /** A login before this moment does not do: epoch seconds. `prompt=login`: the request's own; `max_age`: that long ago. */
  notBefore: number | undefined;
  /** Whether this is the user the request insists on, or it insists on nobody. */
  isWanted(accountId: string): Promise<boolean>;
  /** The authentication context classes the request asks for. */
  acr: AcrRequest;
  /** The browser's Cookie header. */
  cookies: string | undefined;
  ip: string;
}

/** What the relying party is told when nobody can be logged in as asked. */
export type LoginRefusal = 'login_required' | 'access_denied' | 'unmet_authentication_requirements';

export type LoginStep =
  /** Show our own login form. */
  | { kind: 'form'; problem?: 'invalid_credentials' | 'too_many_attempts' | 'unavailable'; username?: string }
  /** Send the browser elsewhere. */
  | { kind: 'redirect'; url: string }
  /** The browser came back and nobody is logged in: say so, and offer to go to `url`. */
  | { kind: 'waiting'; url: string }
  | { kind: 'done'; result: LoginResult }
  /** What the browser brought proves nothing; `detail` is for the log. */
  | { kind: 'invalid'; detail: string }
  /** Nobody can be logged in as asked; the relying party is told so. */
  | { kind: 'refused'; error: LoginRefusal; description: string };

export const refused = (error: LoginRefusal, description: string): LoginStep => ({
  kind: 'refused',
  error,
  description,
});

export interface LoginStrategy {
  name: string;
  /** Where `redirect` leads, for pages whose forms may end there; undefined: nowhere. */
  loginUrl?: string;
  /** The browser has arrived and somebody must log in. @throws SiteUnavailableError */
  start(request: LoginRequest): Promise<LoginStep>;
  /** Our own form was sent; only strategies that answered `form` are given one. */
  submit?(request: LoginRequest, form: { username: string; password: string }): Promise<LoginStep>;
  /** The browser came back from where `redirect` sent it. @throws SiteUnavailableError */
  return?(request: LoginRequest, query: Record<string, string>): Promise<LoginStep>;
}
