// Owns: what a client may register about certificates of its own. Does not: see any (provider/).
// @see https://www.rfc-editor.org/rfc/rfc8705#section-2
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseName } from './distinguished-name.js';
import type { Described, Rule } from './rule.js';

const HOST = /^(?=.{1,253}$)[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Whom the certificate of a `tls_client_auth` client has to be about: one of these. */
const SUBJECTS = {
  tls_client_auth_subject_dn: z
    .string()
    .max(512)
    .refine((text) => parseName(text) !== undefined, 'must be a name such as CN=payments,O=Tea Shop,C=GB'),
  tls_client_auth_san_dns: z.string().regex(HOST, 'must be the name of a host, without wildcard'),
  tls_client_auth_san_uri: z
    .string()
    .max(512)
    .regex(PRINTABLE, 'must be a URI')
    .refine((text) => URL.canParse(text), 'must be a URI'),
  tls_client_auth_san_ip: z.string().refine((text) => isIP(text) !== 0, 'must be an IP address'),
  tls_client_auth_san_email: z
    .string()
    .max(254)
    .regex(/^[\x21-\x3f\x41-\x7e]+@[a-z\d.-]+$/i, 'must be an e-mail address'),
} as const;

type Subjects = { [Name in keyof typeof SUBJECTS]: z.ZodOptional<(typeof SUBJECTS)[Name]> };

/** Members of a client's description, beside its `token_endpoint_auth_method`. */
export const mutualTlsMembers = {
  ...(Object.fromEntries(
    Object.entries(SUBJECTS).map(([name, schema]) => [name, schema.optional()]),
  ) as Subjects),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
};

const subject: Rule = (client, report) => {
  const given = Object.keys(SUBJECTS).filter((name) => client[name] !== undefined);
  if (client.token_endpoint_auth_method !== 'tls_client_auth') {
    for (const name of given) report([name], 'is for clients that authenticate by tls_client_auth');
  } else if (given.length === 0) {
    report(['tls_client_auth_subject_dn'], 'or one of tls_client_auth_san_* is needed for tls_client_auth');
  } else {
    for (const name of given.slice(1)) report([name], `cannot stand beside ${given[0]}`);
  }
};

/** Why a key is not that of its certificate; undefined when it is, or has none. */
function problemOf(jwk: Record<string, unknown>): string | undefined {
  if (jwk.x5c === undefined) return undefined;
  const [first] = Array.isArray(jwk.x5c) ? (jwk.x5c as unknown[]) : [];
  try {
    if (typeof first !== 'string' || !/^[A-Za-z0-9+/]+=*$/.test(first)) throw new TypeError('no base64');
    const { kty, crv, n, e, x, y } = new X509Certificate(Buffer.from(first, 'base64')).publicKey.export({
      format: 'jwk',
    });
    const own = { kty, crv, n, e, x, y };
    const isSame = Object.entries(own).every(([name, value]) => value === jwk[name]);
    return isSame ? undefined : 'has a certificate of another key in x5c';
  } catch {
    return 'has no certificate in x5c';
  }
}

const keysOf = ({ jwks }: Described): Record<string, unknown>[] => {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return [];
  return keys.filter((key): key is Record<string, unknown> => typeof key === 'object' && key !== null);
};

const certificates: Rule = (client, report) => {
  if (client.token_endpoint_auth_method !== 'self_signed_tls_client_auth') return;
  const keys = keysOf(client);
  if (client.jwks === undefined && client.jwks_uri === undefined)
    report(['jwks'], 'or jwks_uri is needed for self_signed_tls_client_auth');
  else if (client.jwks !== undefined && !keys.some(({ x5c }) => x5c !== undefined))
    report(['jwks'], 'needs a key with its certificate (x5c) for self_signed_tls_client_auth');
  for (const [index, key] of keys.entries()) {
    const problem = problemOf(key);
    if (problem !== undefined) report(['jwks', 'keys', index], problem);
  }
};

const oneBinding: Rule = (client, report) => {
  if (client.tls_client_certificate_bound_access_tokens === true && client.dpop_bound_access_tokens === true)
    report(['dpop_bound_access_tokens'], 'cannot stand beside tls_client_certificate_bound_access_tokens');
};

export const MUTUAL_TLS_RULES: readonly Rule[] = [subject, certificates, oneBinding];
