// Which modules are in which plan, with static_client: §1.1, §1.3 and §1.4 of the notes, without those that need
// registration (registered-modules.ts).
import { requestModules } from './basic-requests.js';
import { tokenModules } from './basic-tokens.js';
import type { Module, Modules } from './bench.js';
import { brings, type ResponseType } from './front-channel.js';
import type { Run } from './plan.js';

const ALL: Modules = { ...requestModules, ...tokenModules };

const module = (name: string): Module => {
  const found = ALL[name];
  if (!found) throw new Error(`there is no module ${name}`);
  return found;
};

const pick = (names: readonly string[]): Modules =>
  Object.fromEntries(names.map((name) => [name, module(name)]));

const omit = (...names: string[]): Modules =>
  pick(Object.keys(ALL).filter((name) => module(name) && !names.includes(name)));

const NONCE_FAILS = 'oidcc-ensure-request-without-nonce-fails';
const NONCE_OPTIONAL = 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow';
const POST_REQUEST = 'oidcc-ensure-post-request-succeeds';

const OF_USERINFO = ['oidcc-userinfo-get', 'oidcc-userinfo-post-header', 'oidcc-userinfo-post-body'];

/** Run with one response type of a plan only. */
const ONCE = 'oidcc-response-type-missing';

export const BASIC_COUNT = 35;

export const basicModules: Modules = omit(NONCE_FAILS);

export const IMPLICIT_COUNT = 54;

const NOT_IMPLICIT = [
  NONCE_OPTIONAL,
  POST_REQUEST,
  'oidcc-ensure-request-with-valid-pkce-succeeds',
  'oidcc-codereuse',
  'oidcc-codereuse-30seconds',
  'oidcc-server-client-secret-post',
  'oidcc-refresh-token',
];

export const implicitRuns: readonly Run[] = [
  { responseType: 'id_token', modules: omit(...NOT_IMPLICIT, ...OF_USERINFO, ONCE) },
  { responseType: 'id_token token', modules: omit(...NOT_IMPLICIT) },
];

export const HYBRID_COUNT = 96;

/** Run with `code id_token` only. */
const HYBRID_ONCE = [ONCE, 'oidcc-alternate-happy-flow', 'oidcc-ensure-request-with-valid-pkce-succeeds'];

const hybridRun = (responseType: ResponseType): Run => ({
  responseType,
  modules: omit(
    POST_REQUEST,
    brings(responseType, 'id_token') ? NONCE_OPTIONAL : NONCE_FAILS,
    ...(responseType === 'code id_token' ? [] : HYBRID_ONCE),
  ),
});

export const hybridRuns: readonly Run[] = (
  ['code id_token', 'code token', 'code id_token token'] as const
).map(hybridRun);
