// Owns: what each page needs to be drawn. Finished values: views look nothing up, only escape and lay out.
import type { DetailWords } from '../../clients/authorization-details.js';

/** Where a form goes and what it carries unseen. All of it is ours, never a relying party's. */
export interface FormTarget {
  action: string;
  /** Sent as the hidden field `csrf`. */
  csrf?: string | undefined;
  /** Further hidden fields. */
  hidden?: Readonly<Record<string, string>> | undefined;
}

/** The relying party, as it described itself: untrusted text and addresses. */
export interface ClientView {
  name: string;
  uri?: string | undefined;
  logoUri?: string | undefined;
  policyUri?: string | undefined;
  tosUri?: string | undefined;
}

/** The signed-in user. */
export interface AccountView {
  name: string;
  /** What tells two accounts of one name apart: an e-mail address, a phone number or the id. */
  detail?: string | undefined;
}

export type LoginProblem = 'invalid_credentials' | 'too_many_attempts' | 'form_expired' | 'unavailable';

/** Posts `username` and `password`. */
export interface LoginModel {
  form: FormTarget;
  /** Gives up and returns to the app with `access_denied`. */
  cancel?: FormTarget | undefined;
  client?: ClientView | undefined;
  loginHint?: string | undefined;
  problem?: LoginProblem | undefined;
  forgotUrl?: string | undefined;
  registerUrl?: string | undefined;
}

/** The user came back from the site without being signed in there. */
export interface HandoffModel {
  /** The site's login page, for this request. */
  continueUrl: string;
  /** Gives up and returns to the app with `access_denied`. */
  cancel?: FormTarget | undefined;
  client?: ClientView | undefined;
}

/** Posts `choice`: `continue` or `other`. */
export interface SelectAccountModel {
  form: FormTarget;
  cancel?: FormTarget | undefined;
  client?: ClientView | undefined;
  account: AccountView;
}

export interface ScopeView {
  /** The scope value; words for it are chosen by the renderer. */
  name: string;
  /** Whether the user agreed to it before. */
  granted: boolean;
  /** What its resource says it allows, by language. */
  words?: { en?: string | undefined; zh?: string | undefined } | undefined;
}

/** Posts `decision`: `allow` or `deny`. */
export interface ConsentModel {
  form: FormTarget;
  /** Signs in as somebody else, then asks again. */
  switchAccount?: FormTarget | undefined;
  client: ClientView;
  account: AccountView;
  scopes: readonly ScopeView[];
  /** Names of claims asked for one by one (the `claims` parameter), beyond the scopes. */
  claims?: readonly string[] | undefined;
  /** Authorization details (RFC 9396), in each language. */
  details?: readonly { en: DetailWords; zh: DetailWords }[] | undefined;
  redirectUri?: string | undefined;
}

export interface ErrorModel {
  /** The OAuth error code, shown as it is. */
  code: string;
  /** The public error_description, shown as it is. */
  description?: string | undefined;
  /** Which explanation to give (see `ErrorKind`) where the code alone says too little. */
  kind?: string | undefined;
  requestId?: string | undefined;
  /** Restarts the same authorization request. */
  continueUrl?: string | undefined;
  /** Repeats what failed. */
  retryUrl?: string | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  /** The error reference, without fragment. */
  referenceUrl?: string | undefined;
}

/** Posts `logout=yes` to sign out, nothing to stay. */
export interface LogoutModel {
  action: string;
  /** Sent as the hidden field `xsrf`, which the library checks. */
  xsrf: string;
  client?: ClientView | undefined;
}

export interface LoggedOutModel {
  client?: ClientView | undefined;
  /** Where to go on; the client's own address otherwise, if it has one. */
  continueUrl?: string | undefined;
}

/** An answer on its way to the app. */
export interface FormPostModel {
  form: FormTarget;
  client?: ClientView | undefined;
}

/** Posts `user_code`. */
export interface DeviceModel {
  form: FormTarget;
  /** As the address brought it: untrusted. */
  userCode?: string | undefined;
  problem?: 'wrong_code' | undefined;
}

/** Posts `confirm` or `abort`, each `yes`. */
export interface DeviceConfirmModel {
  form: FormTarget;
  userCode: string;
  client: ClientView;
  /** Whose account it would be, where somebody is logged in. */
  account?: AccountView | undefined;
  scopes: readonly ScopeView[];
  /** What the device calls itself: untrusted. */
  product?: string | undefined;
  /** The device is not in the network of this browser. */
  isElsewhere: boolean;
}

export interface DeviceDoneModel {
  client?: ClientView | undefined;
  isApproved: boolean;
  appsUrl: string;
  againUrl: string;
}

export interface RootModel {
  discoveryUrl: string;
}

export interface ErrorReferenceModel {
  discoveryUrl: string;
}

/** One app the user agreed to. */
export interface AppView {
  clientId: string;
  client: ClientView;
  scopes: readonly ScopeView[];
  claims: readonly string[];
  since: Date;
  lastUsed: Date;
  /** Has the app log the user in and show itself; undefined: it offers no such address. */
  openUrl: string | undefined;
  /** Asks whether to take access away. */
  revokeUrl: string;
}

export interface AppsModel {
  account: AccountView;
  apps: readonly AppView[];
  /** An app has just lost its access. */
  isRevoked: boolean;
  signOutUrl: string;
}

/** Posts nothing but the token: what is asked is in the address. */
export interface RevokeAppModel {
  form: FormTarget;
  cancelUrl: string;
  account: AccountView;
  client: ClientView;
}

/** Page name (its file in views/) to model. */
export interface PageModels {
  login: LoginModel;
  handoff: HandoffModel;
  'select-account': SelectAccountModel;
  consent: ConsentModel;
  error: ErrorModel;
  logout: LogoutModel;
  'logged-out': LoggedOutModel;
  'form-post': FormPostModel;
  device: DeviceModel;
  'device-confirm': DeviceConfirmModel;
  'device-done': DeviceDoneModel;
  root: RootModel;
  'error-reference': ErrorReferenceModel;
  apps: AppsModel;
  'revoke-app': RevokeAppModel;
}

export type PageName = keyof PageModels;

export const PAGE_NAMES = [
  'login',
  'handoff',
  'select-account',
  'consent',
  'error',
  'logout',
  'logged-out',
  'form-post',
  'device',
  'device-confirm',
  'device-done',
  'root',
  'error-reference',
  'apps',
  'revoke-app',
] as const satisfies readonly PageName[];
