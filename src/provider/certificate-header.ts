// Owns: reading a certificate out of the header that a proxy put it into. Does not: ask who sent the header.
import { X509Certificate } from 'node:crypto';

/** The client's certificate of a request. */
export interface ClientCertificate {
  x509: X509Certificate;
  /** The proxy found it to be of a CA it knows. */
  isVerified: boolean;
}

/** A byte sequence as structured fields write it. @see https://www.rfc-editor.org/rfc/rfc9440#section-2.1 */
const BYTES = /^:([A-Za-z0-9+/]+={0,2}):$/;

/** What nginx has in $ssl_client_escaped_cert: PEM, percent-encoded. */
const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function decoded(value: string): string {
  try {
    return decodeURIComponent(value).trim();
  } catch {
    return '';
  }
}

function encodedIn(value: string): string | undefined {
  const bytes = BYTES.exec(value.trim());
  if (bytes) return bytes[1];
  const pem = decoded(value);
  if (!pem.startsWith(BEGIN) || !pem.endsWith(END)) return undefined;
  const lines = pem.slice(BEGIN.length, -END.length).replace(/\s/g, '');
  return BASE64.test(lines) ? lines : undefined;
}

/** The one certificate in `value`; undefined when there is none, or more than one. */
export function certificateIn(value: string): X509Certificate | undefined {
  const encoded = encodedIn(value);
  if (encoded === undefined) return undefined;
  try {
    return new X509Certificate(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}

/** Whether `now` is within the time the certificate is good for. */
export function isInTime({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return Date.parse(validFrom) <= now.getTime() && now.getTime() <= Date.parse(validTo);
}
