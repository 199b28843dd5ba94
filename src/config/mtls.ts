// Owns: from whom, and under which header, certificates of clients are taken. Does not: read one (provider/).
import type { FieldProblem } from '../lib/errors.js';
import { rangeSize } from '../lib/ip.js';
import type { Feature } from './features.js';
import { mtlsVariables } from './mtls-variables.js';
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
