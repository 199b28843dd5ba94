// Owns: reading a certificate out of the header that a proxy put it into. Does not: ask who sent the header.
import { X509Certificate } from 'node:crypto';

/** A byte sequence as structured fields write it. @see https://www.rfc-editor.org/rfc/rfc9440#section-2.1 */
const BYTES = /^:([A-Za-z0-9+/]+={0,2}):$/;

/** One certificate in PEM, after its percent-encoding was undone: what nginx has in $ssl_client_escaped_cert. */
const PEM = /^-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----\s*$/;

function encodedIn(value: string): string | undefined {
  const bytes = BYTES.exec(value.trim());
  if (bytes) return bytes[1];
  try {
    return PEM.exec(decodeURIComponent(value))?.[1];
  } catch {
    return undefined;
  }
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
