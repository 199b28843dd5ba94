// Owns: the environment variables of mutual TLS. Does not: know which go together (mtls.ts).
import { z } from 'zod';
import { isAddressRange } from '../lib/ip.js';
import type { Variable } from './variable.js';

/** Of a proxy's own: what browsers and apps send of themselves must not be taken for it. */
const TAKEN =
  /^(authorization|cookie|host|dpop|accept.*|content-.*|origin|referer|user-agent|x-forwarded-.*)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{1,63}$/, 'must be the name of a header')
  .refine((name) => !TAKEN.test(name), 'is a header with another meaning')
  .transform((name) => name.toLowerCase());

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, origin } = new URL(value);
  return protocol === 'https:' && origin === value;
}

export const mtlsVariables = {
  OAUTH_MTLS_PROXIES: {
    schema: z
      .string()
      .transform((value) => value.split(',').map((range) => range.trim()))
      .refine(
        (ranges) => ranges.every(isAddressRange),
        'must be addresses or ranges such as 10.0.0.7, 10.1.0.0/24, ::1',
      ),
    meaning:
      'Addresses of the proxies whose word on client certificates is believed, comma separated (mtls); ranges as CIDR',
    fallback: 'none',
  },
  OAUTH_MTLS_CERTIFICATE_HEADER: {
    schema: headerName,
    meaning:
      'Header in which they pass on the certificate (mtls): Client-Cert (RFC 9440), or another that holds $ssl_client_escaped_cert of nginx',
    fallback: 'none',
  },
  OAUTH_MTLS_VERIFICATION_HEADER: {
    schema: headerName,
    meaning:
      'Header in which they say SUCCESS of a certificate whose CA they know, for tls_client_auth (mtls)',
    fallback: 'none: tls_client_auth is off, self_signed_tls_client_auth is not',
  },
  OAUTH_MTLS_ORIGIN: {
    schema: z.string().refine(isOrigin, 'must be a plain https origin such as https://mtls.link2ur.com'),
    meaning: 'Origin at which they ask for certificates, if not the issuer (mtls): published as aliases',
    fallback: 'none',
  },
} as const satisfies Record<string, Variable>;
