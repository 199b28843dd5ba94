// Owns: from whom, and under which header, certificates of clients are taken. Does not: read one (provider/).
import { z } from 'zod';
import type { FieldProblem } from '../lib/errors.js';
import { isAddressRange, rangeSize } from '../lib/ip.js';
import type { Feature } from './features.js';
import type { Variable } from './variable.js';
import type { VariableValues } from './variables.js';

/** How certificates of clients reach us. @see https://www.rfc-editor.org/rfc/rfc8705#section-6.5 */
export interface MtlsConfig {
  /** Addresses and ranges (CIDR) of the proxies that are believed. */
  proxies: readonly string[];
  /** In lower case. */
  certificateHeader: string;
  /** In which the proxy says SUCCESS of a certificate of a known CA, in lower case; undefined: it says nothing. */
  verificationHeader: string | undefined;
  /** Where the proxy asks for certificates; undefined: where the issuer is. */
  origin: string | undefined;
}

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

type MtlsVariable = keyof typeof mtlsVariables;

/**
 * Undefined with the feature off, or after adding what is wrong to `problems`. Without a proxy that is named, anybody
 * could send a header and be any client: that is no way to start.
 */
export function mtlsConfig(
  values: VariableValues,
  features: ReadonlySet<Feature>,
  problems: FieldProblem[],
): MtlsConfig | undefined {
  if (!features.has('mtls')) return undefined;
  const { OAUTH_MTLS_PROXIES: proxies, OAUTH_MTLS_CERTIFICATE_HEADER: certificateHeader } = values;
  const { OAUTH_MTLS_VERIFICATION_HEADER: verificationHeader, OAUTH_MTLS_ORIGIN: origin } = values;
  const refuse = (field: string, reason: string) => {
    // One that was set wrong has been told already.
    if (!problems.some((problem) => problem.field === field)) problems.push({ field, reason });
  };
  if ((values.TRUST_PROXY ?? 0) === 0)
    refuse('TRUST_PROXY', 'must be 1 or more with mtls: certificates come through a proxy');
  if (proxies?.some((range) => rangeSize(range) === 'everybody'))
    refuse('OAUTH_MTLS_PROXIES', 'must not be everybody: whoever is believed can be any client');
  if (proxies === undefined) refuse('OAUTH_MTLS_PROXIES', 'is required by mtls');
  if (certificateHeader === undefined) refuse('OAUTH_MTLS_CERTIFICATE_HEADER', 'is required by mtls');
  if (verificationHeader !== undefined && verificationHeader === certificateHeader)
    refuse('OAUTH_MTLS_VERIFICATION_HEADER', 'must not be the header of the certificate');
  if (proxies === undefined || certificateHeader === undefined) return undefined;
  return { proxies, certificateHeader, verificationHeader, origin };
}

/** What an operator should know of the choice. */
export function mtlsWarnings(values: VariableValues, features: ReadonlySet<Feature>): string[] {
  if (!features.has('mtls')) {
    const set = (Object.keys(mtlsVariables) as MtlsVariable[]).filter((name) => values[name] !== undefined);
    return set.map((name) => `${name} has no effect: OAUTH_FEATURES does not have mtls`);
  }
  const wide = (values.OAUTH_MTLS_PROXIES ?? []).filter((range) => rangeSize(range) === 'network');
  return wide.map(
    (range) =>
      `OAUTH_MTLS_PROXIES has ${range}: whatever runs at these addresses can pretend to be any client`,
  );
}
