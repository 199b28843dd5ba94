// Owns: which protections of the authorization request and its answer are on.
import type { Feature } from '../config/features.js';
import { assertFapiRequest, createFapi } from './fapi.js';

/**
 * The library's settings of pushed requests (RFC 9126), signed ones by value (RFC 9101) and signed answers (JARM). Which
 * of them a client has to use is in its registration. A request object is never fetched from an address.
 * @see https://www.rfc-editor.org/rfc/rfc9101#section-10
 * @see https://openid.net/specs/oauth-v2-jarm-final.html
 */
export function createRequestSecurity(features: ReadonlySet<Feature>) {
  return {
    pushedAuthorizationRequests: { enabled: features.has('par') },
    requestObjects: { enabled: features.has('jar'), assertJwtClaimsAndHeader: assertFapiRequest },
    fapi: createFapi(features),
    jwtResponseModes: { enabled: features.has('jarm') },
  };
}
