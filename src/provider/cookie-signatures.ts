// Owns: signing cookies, and taking those that any key in use has signed.
import { createHmac } from 'node:crypto';
import { constantTimeEqual } from '../lib/ids.js';

/** What the library signs cookies with, in place of its own list of keys. */
export interface CookieSignatures {
  sign(data: string): string;
  verify(data: string, signature: string): boolean;
  index(data: string, signature: string): number;
}

/**
 * As Keygrip, which signed our cookies from the beginning (HMAC-SHA-1 holds for a MAC), but for one thing: a cookie
 * that an earlier key signed counts as if the present one had. Otherwise the library signs it anew on the spot, on the
 * path `/` instead of the cookie's own, where the signature goes on to be sent beside those of later cookies.
 * @param keys the first signs, all verify
 */
export function createCookieSignatures(keys: readonly string[]): CookieSignatures {
  const signWith = (key: string, data: string) => createHmac('sha1', key).update(data).digest('base64url');
  const verify = (data: string, signature: string) =>
    keys.some((key) => constantTimeEqual(signature, signWith(key, data)));
  return {
    sign: (data) => signWith(keys[0] ?? '', data),
    verify,
    index: (data, signature) => (verify(data, signature) ? 0 : -1),
  };
}
