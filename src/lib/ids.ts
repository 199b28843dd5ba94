// Owns: randomness and the hashing of bearer values.
import { createHmac, hash, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';

/** A random value of `bytes` bytes of entropy, base64url. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** An identifier that no other has; random, and cheap to make. */
export function randomId(): string {
  return randomUUID();
}

/** 32 random bytes. */
export function randomKey(): Buffer {
  return randomBytes(32);
}

/** `length` characters, each any of `alphabet` with the same chance. */
export function randomCode(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** A random number from 0 up to 1, 1 excluded. */
export function randomFraction(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32;
}

/** The key a bearer value is stored under: SHA-256, base64url. The value cannot be had back from it. */
export function hashOf(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** HMAC-SHA-256 of `value`, base64url. */
export function macOf(key: string | Buffer, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64url');
}

/** Whether two strings are equal, in a time that depends only on their lengths. */
export function constantTimeEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
