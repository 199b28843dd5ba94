// Owns: the Config of keys: what they are sealed with, and how long each of their states lasts.
import type { FieldProblem } from '../lib/errors.js';
import { parseKeyMaterial } from './key-material.js';
import type { VariableValues } from './variables.js';

const DAY_SECONDS = 86_400;
const MIN_COOKIE_KEY_LENGTH = 32;
/** JWKS are not cached for longer than this, however long keys are announced. */
const MAX_JWKS_AGE_SECONDS = 3600;
/** Instances look for new keys every few seconds; this is for one that cannot reach its database for a while. */
const MAX_NOTICE_SECONDS = 60;

export interface KeyConfig {
  /** Undefined: cookie keys are kept in the database. */
  cookieKeys: string[] | undefined;
  /** Undefined: kept in the data folder (loopback only). */
  keyEncryptionKey: Buffer | undefined;
  /** What may still be sealed under earlier ones. */
  previousKeyEncryptionKeys: Buffer[];
  /** How long a key signs; 0: no key is rotated unless somebody asks for it. */
  rotationSeconds: number;
  /** How long a key is published before it signs: at least as long as what follows, together. */
  announceSeconds: number;
  /** How long JWKS may be cached. */
  jwksMaxAgeSeconds: number;
  /** How long an instance may take to notice that keys have changed. */
  noticeSeconds: number;
  /** How long a key is published after it has signed for the last time. */
  retireSeconds: number;
}

function checkCookieKeys(keys: string[] | undefined, problems: FieldProblem[]): void {
  const isWeak = (key: string) => key.length < MIN_COOKIE_KEY_LENGTH || new Set(key).size < 8;
  if (keys && (keys.length === 0 || keys.some(isWeak))) {
    problems.push({
      field: 'COOKIE_KEYS',
      reason: `each key needs ${MIN_COOKIE_KEY_LENGTH} random characters`,
    });
  }
}

function checkKeyEncryptionKey(values: VariableValues, isLoopback: boolean, problems: FieldProblem[]) {
  const given = values.KEY_ENCRYPTION_KEY;
  const keyEncryptionKey = given === undefined ? undefined : parseKeyMaterial(given);
  const weak = 'must be 32 random bytes, base64url or hex';
  if (given !== undefined && !keyEncryptionKey) {
    problems.push({ field: 'KEY_ENCRYPTION_KEY', reason: weak });
  } else if (given === undefined && !isLoopback) {
    problems.push({ field: 'KEY_ENCRYPTION_KEY', reason: 'is required unless the issuer is loopback' });
  }
  const previous = (values.KEY_ENCRYPTION_KEY_PREVIOUS ?? []).map(parseKeyMaterial);
  if (previous.includes(undefined)) {
    problems.push({ field: 'KEY_ENCRYPTION_KEY_PREVIOUS', reason: `each ${weak}` });
  }
  const previousKeyEncryptionKeys = previous.filter((key) => key !== undefined);
  return { keyEncryptionKey, previousKeyEncryptionKeys };
}

/**
 * @param lifetimes of what keys sign, seconds: ID tokens, and the sessions that are ended with an ID token as a hint,
 * however long ago that expired, and that hang on a signed cookie
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
 */
export function keyConfig(
  values: VariableValues,
  { isLoopback, lifetimes }: { isLoopback: boolean; lifetimes: readonly number[] },
  problems: FieldProblem[],
): KeyConfig {
  checkCookieKeys(values.COOKIE_KEYS, problems);
  const announceSeconds = values.KEY_ANNOUNCE_SECONDS ?? DAY_SECONDS;
  const noticeSeconds = Math.min(MAX_NOTICE_SECONDS, Math.ceil(announceSeconds / 2));
  const rotationSeconds = (values.KEY_ROTATION_DAYS ?? 90) * DAY_SECONDS;
  if (rotationSeconds > 0 && announceSeconds >= rotationSeconds) {
    problems.push({ field: 'KEY_ANNOUNCE_SECONDS', reason: 'must be shorter than KEY_ROTATION_DAYS' });
  }
  return {
    cookieKeys: values.COOKIE_KEYS,
    ...checkKeyEncryptionKey(values, isLoopback, problems),
    rotationSeconds,
    announceSeconds,
    noticeSeconds,
    jwksMaxAgeSeconds: Math.min(MAX_JWKS_AGE_SECONDS, announceSeconds - noticeSeconds),
    retireSeconds: Math.max(...lifetimes) + noticeSeconds,
  };
}
