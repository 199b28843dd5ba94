// Owns: sealing small values with AES-256-GCM. Does not: keep keys.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A 256-bit key derived from `secret` for one `purpose`.
 * @see https://www.rfc-editor.org/rfc/rfc5869 (HKDF)
 */
export function deriveKey(secret: string | Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
}

/**
 * As deriveKey, for a secret that is as random as a key already: HKDF's second half alone, at a tenth of the cost.
 * @see https://www.rfc-editor.org/rfc/rfc5869#section-3.3
 */
export function expandKey(secret: string, purpose: string): Buffer {
  return createHmac('sha256', secret).update(`${purpose}\u0001`).digest();
}

/**
 * Seals `plaintext` under `key`; `context` (what it is and whose) must be given again to open it.
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final (AES-GCM)
 */
export function seal(key: Buffer, plaintext: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${Buffer.concat([nonce, body]).toString('base64url')}`;
}

/** Opens what `seal` made. Throws when the key or context is another, or the value was altered. */
export function openSealed(key: Buffer, sealed: string, context: string): string {
  const [version, encoded] = sealed.split('.');
  if (version !== VERSION || !encoded) throw new Error('not a sealed value of a known version');
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('sealed value is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}
