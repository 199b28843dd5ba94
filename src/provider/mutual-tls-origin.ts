// Owns: the endpoints at the origin where certificates are asked for, if that is not the issuer's.
// @see https://www.rfc-editor.org/rfc/rfc8705#section-5
import type { Feature } from '../config/features.js';
import type { Config } from '../config/load.js';
import type { RouteName } from './request-scope.js';
import { ROUTES } from './routes.js';

const ENDPOINTS = {
  token_endpoint: 'token',
  device_authorization_endpoint: 'device_authorization',
  userinfo_endpoint: 'userinfo',
  revocation_endpoint: 'revocation',
  introspection_endpoint: 'introspection',
  pushed_authorization_request_endpoint: 'pushed_authorization_request',
} as const;

/** Those that are not always there. */
const NEEDS: Partial<Record<RouteName, Feature>> = {
  pushed_authorization_request: 'par',
  device_authorization: 'device_flow',
};

const ALIASED = new Set<RouteName>(Object.values(ENDPOINTS));

type AliasConfig = Pick<Config, 'mtls' | 'features'>;

/** What discovery says of them: nothing where there is no such origin. */
export function endpointAliases({ mtls, features }: AliasConfig) {
  if (mtls?.origin === undefined) return {};
  const { origin } = mtls;
  const on = Object.entries(ENDPOINTS).filter(([, route]) => {
    const feature = NEEDS[route];
    return feature === undefined || features.has(feature);
  });
  const aliases = on.map(([member, route]) => [member, `${origin}${ROUTES[route]}`]);
  return { mtls_endpoint_aliases: Object.fromEntries(aliases) as Record<string, string> };
}

/** The origin at which a request to `route` with this Host came in, if not the issuer's: proofs (DPoP) name it. */
export function createOriginOf({ mtls }: Pick<Config, 'mtls'>) {
  const { origin } = mtls ?? {};
  const alias = origin === undefined ? undefined : new URL(origin).host;
  return (route: RouteName, host: string | undefined): string | undefined =>
    origin !== undefined && host === alias && ALIASED.has(route) ? origin : undefined;
}
