// Owns: whether a certificate is about whom a client registered. @see https://www.rfc-editor.org/rfc/rfc8705#section-2.1.2
import type { X509Certificate } from 'node:crypto';
import { isSameName, parseName, parseSubject } from '../clients/distinguished-name.js';

/** Only the names in the extension count, and each as a whole: no wildcards, no common name for a host. */
const EXACT = { subject: 'never', wildcards: false, partialWildcards: false } as const;

/** An alternative name as Node writes it: one with a comma or a quote in it as a JSON string. */
const ALTERNATIVE = /(?:^|, )([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/g;

function urisOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(ALTERNATIVE)]
    .filter(([, kind]) => kind === 'URI')
    .map(([, , value = '']) => (value.startsWith('"') ? String(JSON.parse(value)) : value));
}

type Check = (certificate: X509Certificate, expected: string) => boolean;

const CHECKS: Readonly<Record<string, Check>> = {
  // Node has none for an empty subject, whatever its types say.
  tls_client_auth_subject_dn: ({ subject }: { subject?: string }, expected) =>
    isSameName(parseSubject(subject ?? ''), parseName(expected)),
  tls_client_auth_san_dns: (certificate, expected) => certificate.checkHost(expected, EXACT) !== undefined,
  tls_client_auth_san_uri: (certificate, expected) => urisOf(certificate).includes(expected),
  tls_client_auth_san_ip: (certificate, expected) => certificate.checkIP(expected) !== undefined,
  tls_client_auth_san_email: (certificate, expected) => certificate.checkEmail(expected, EXACT) !== undefined,
};

/** @param property the client's member that holds `expected` */
export function isAbout(certificate: X509Certificate, property: string, expected: string): boolean {
  return CHECKS[property]?.(certificate, expected) ?? false;
}
