// Owns: the documented paths (row A1) and which of the library's routes each is. Matched exactly: neither
// /TOKEN nor /token/ is the token endpoint.
import type { RouteName } from './request-scope.js';

const BASE = '/api/oauth';

export const ROUTES = {
  authorization: `${BASE}/authorize`,
  token: `${BASE}/token`,
  userinfo: `${BASE}/userinfo`,
  jwks: `${BASE}/jwks`,
  end_session: `${BASE}/logout`,
  revocation: `${BASE}/revoke`,
  introspection: `${BASE}/introspect`,
  validation: `${BASE}/validate_access_token`,
  pushed_authorization_request: `${BASE}/par`,
  device_authorization: `${BASE}/device_authorization`,
  /** Short: people type it in. */
  device: '/device',
  registration: `${BASE}/register`,
  discovery: '/.well-known/openid-configuration',
  oauthDiscovery: '/.well-known/oauth-authorization-server',
  errorReference: `${BASE}/errors`,
  interaction: '/interaction',
  logoutReturn: `${BASE}/logout/return`,
  admin: '/api/admin/oauth',
  adminUsers: '/api/admin/oauth/users',
  accountApps: '/account/apps',
} as const;

/** What answers a route: programs get JSON whatever they say they accept. */
export type Audience = 'browser' | 'program';

interface Route {
  name: RouteName;
  audience: Audience;
  methods: readonly string[];
}

const program = (name: RouteName, ...methods: string[]): Route => ({ name, audience: 'program', methods });
const browser = (name: RouteName, ...methods: string[]): Route => ({ name, audience: 'browser', methods });

const exact: Record<string, Route> = {
  [ROUTES.authorization]: browser('authorization', 'GET', 'POST'),
  [ROUTES.token]: program('token', 'POST', 'OPTIONS'),
  [ROUTES.userinfo]: program('userinfo', 'GET', 'POST', 'OPTIONS'),
  [ROUTES.jwks]: program('jwks', 'GET', 'OPTIONS'),
  [ROUTES.revocation]: program('revocation', 'POST', 'OPTIONS'),
  [ROUTES.introspection]: program('introspection', 'POST', 'OPTIONS'),
  [ROUTES.validation]: program('validation', 'GET', 'POST', 'OPTIONS'),
  [ROUTES.pushed_authorization_request]: program('pushed_authorization_request', 'POST', 'OPTIONS'),
  [ROUTES.device_authorization]: program('device_authorization', 'POST', 'OPTIONS'),
  [ROUTES.device]: browser('code_verification', 'GET', 'POST'),
  [ROUTES.discovery]: program('discovery', 'GET', 'OPTIONS'),
  [ROUTES.oauthDiscovery]: program('discovery', 'GET', 'OPTIONS'),
  [ROUTES.end_session]: browser('end_session', 'GET', 'POST'),
  [`${ROUTES.end_session}/confirm`]: browser('end_session_confirm', 'GET', 'POST'),
  [`${ROUTES.end_session}/success`]: browser('end_session_success', 'GET'),
};

const RESUME = new RegExp(`^${ROUTES.authorization}/[\\w-]{1,64}$`);
const DEVICE_RESUME = new RegExp(`^${ROUTES.device}/[\\w-]{1,64}$`);

/** The library's route at `path`; undefined when there is none. HEAD counts as GET. */
export function routeAt(path: string): Route | undefined {
  if (Object.hasOwn(exact, path)) return exact[path];
  if (RESUME.test(path)) return browser('resume', 'GET');
  return DEVICE_RESUME.test(path) ? browser('device_resume', 'GET') : undefined;
}
