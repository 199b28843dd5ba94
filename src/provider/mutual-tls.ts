// Owns: the client's certificate of a request, and what the library does with it: clients known by it, tokens bound to it.
// TLS ends at a proxy in front; what that passes on is believed when the connection comes from one of those named.
// @see https://www.rfc-editor.org/rfc/rfc8705
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { MtlsConfig } from '../config/mtls.js';
import type { Clock } from '../lib/clock.js';
import { createAddressMatcher } from '../lib/ip.js';
import type { Logger } from '../telemetry/logger.js';
import { certificateIn, isInTime } from './certificate-header.js';
import { isAbout } from './certificate-subject.js';
import type { RequestScope, RequestScopes } from './request-scope.js';

/** What nginx says in $ssl_client_verify, and nothing else means yes. */
const VERIFIED = 'SUCCESS';

type Next = () => Promise<void>;

export interface MutualTlsDeps {
  mtls: MtlsConfig;
  scopes: RequestScopes;
  clock: Clock;
  logger: Logger;
}

/** What the library says when it cannot have the certificates at a client's address. */
const NOT_HAD = 'client JSON Web Key Set failed to be refreshed';

/** Then nobody is authenticated, and that is what there is to say (RFC 6749 section 5.2). */
function nameUnknown(ctx: KoaContextWithOIDC): void {
  const { error_description: description } = (ctx.body ?? {}) as { error_description?: unknown };
  if (ctx.status !== 400 || description !== NOT_HAD) return;
  ctx.status = 401;
  ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' };
}

/** A header's value, once; the header is gone then: nobody further inside sees it. */
function take({ req }: KoaContextWithOIDC, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const { [name]: value } = req.headers;
  delete req.headers[name];
  // One that came twice is no word of a proxy's.
  return Array.isArray(value) ? value.join(', ') : value || undefined;
}

/**
 * Takes the certificate out of the request. One from elsewhere than a proxy is as good as none; one that cannot be read
 * is refused with 400: the proxy and we do not agree.
 */
export function takeCertificate({ mtls, scopes, clock, logger }: MutualTlsDeps) {
  const isProxy = createAddressMatcher(mtls.proxies);

  function judge(ctx: KoaContextWithOIDC, scope: RequestScope, sent: string, word: string | undefined) {
    const ignore = (reason: string) =>
      logger.warn({ requestId: scope.requestId, ip: scope.ip }, `a client certificate is ignored: ${reason}`);
    if (!isProxy(ctx.req.socket.remoteAddress)) {
      ignore('it comes from an address that is not in OAUTH_MTLS_PROXIES');
      return true;
    }
    const x509 = certificateIn(sent);
    if (!x509) return false;
    if (isInTime(x509, clock.now())) scope.certificate = { x509, isVerified: word === VERIFIED };
    else ignore('it has expired, or is not good yet');
    return true;
  }

  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    const sent = take(ctx, mtls.certificateHeader);
    const word = take(ctx, mtls.verificationHeader);
    const scope = scopes.current();
    if (sent === undefined || !scope || judge(ctx, scope, sent, word)) {
      await next();
      nameUnknown(ctx);
    } else {
      ctx.status = 400;
      ctx.body = { error: 'invalid_request', error_description: 'the client certificate cannot be read' };
    }
  };
}

/** The ways of client authentication by certificate. Without a word of the proxy on CAs, `tls_client_auth` is off. */
export function certificateMethods(mtls: MtlsConfig | undefined) {
  if (!mtls) return [];
  const byCa = mtls.verificationHeader === undefined ? [] : (['tls_client_auth'] as const);
  return [...byCa, 'self_signed_tls_client_auth' as const];
}

/** The library's settings of mutual TLS. */
export function createMutualTls(mtls: MtlsConfig | undefined, scopes: RequestScopes) {
  // Tokens that were bound while it was on must find nobody who fits.
  if (!mtls) return { mTLS: { enabled: false, getCertificate: () => undefined } as const };
  const current = () => scopes.current()?.certificate;
  return {
    mTLS: {
      enabled: true as const,
      certificateBoundAccessTokens: true as const,
      selfSignedTlsClientAuth: true as const,
      tlsClientAuth: mtls.verificationHeader !== undefined,
      getCertificate: () => current()?.x509,
      certificateAuthorized: () => current()?.isVerified === true,
      certificateSubjectMatches(_ctx: KoaContextWithOIDC, property: string, expected: string) {
        const certificate = current();
        return certificate !== undefined && isAbout(certificate.x509, property, expected);
      },
    },
  };
}
