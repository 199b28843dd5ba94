// Owns: what the provider asked for when it sent the browser to log in, and the site's address for it.
import { safeReturnTo } from './return-to.js';

/** The query of the login page; its form carries the same in hidden fields. */
export interface LoginRequest {
  /** Where the browser came from; undefined when that was not the provider. */
  returnTo: URL | undefined;
  /** The user must give the password again, whoever is logged in. */
  isReauthentication: boolean;
  /** The user wants to choose the account, even though somebody is logged in. */
  isAccountChoice: boolean;
  /** On the account choice: somebody else is to log in. */
  isOtherAccount: boolean;
  /** The app wants more than a password: the site's second factor. */
  isSecondFactorWanted: boolean;
  loginHint: string;
  uiLocales: string;
}

/** The classes of authentication the site vouches for, the weakest first: LINK2UR_ACR_VALUES. */
export const ACR = { password: 'urn:link2ur:acr:password', secondFactor: 'urn:link2ur:acr:mfa' } as const;

const MAX_HINT_LENGTH = 254;
const MAX_LOCALES_LENGTH = 200;

/** Whether none of the classes the provider names is reached by a password. */
function wantsSecondFactor(acrValues: string): boolean {
  const wanted = acrValues.split(' ');
  return wanted.includes(ACR.secondFactor) && !wanted.includes(ACR.password);
}

export function readLoginRequest(params: URLSearchParams, providerOrigin: string): LoginRequest {
  const prompts = (params.get('prompt') ?? '').split(' ');
  return {
    returnTo: safeReturnTo(params.getAll('return_to'), providerOrigin),
    isReauthentication: prompts.includes('login'),
    isAccountChoice: prompts.includes('select_account'),
    isOtherAccount: params.has('other'),
    isSecondFactorWanted: wantsSecondFactor(params.get('acr_values') ?? ''),
    loginHint: (params.get('login_hint') ?? '').slice(0, MAX_HINT_LENGTH),
    uiLocales: (params.get('ui_locales') ?? '').slice(0, MAX_LOCALES_LENGTH),
  };
}

/** The request as parameters again. */
export function loginParams(request: LoginRequest): Record<string, string> {
  const prompts = [request.isReauthentication && 'login', request.isAccountChoice && 'select_account'];
  const params = {
    return_to: request.returnTo?.href ?? '',
    prompt: prompts.filter(Boolean).join(' '),
    acr_values: request.isSecondFactorWanted ? ACR.secondFactor : '',
    login_hint: request.loginHint,
    ui_locales: request.uiLocales,
    other: request.isOtherAccount ? '1' : '',
  };
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''));
}

/** The login page's address for this request, with some of it changed. */
export function loginUrl(request: LoginRequest, changes: Partial<LoginRequest> = {}): string {
  const query = new URLSearchParams(loginParams({ ...request, ...changes }));
  return query.size > 0 ? `/login?${query}` : '/login';
}
