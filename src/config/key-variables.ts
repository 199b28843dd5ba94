// Owns: the variables of the keys that sign tokens and cookies, and of what these are sealed with.
import { z } from 'zod';
import { type Variable, wholeNumber } from './variable.js';

const DAY = 86_400;

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

export const keyVariables = {
  COOKIE_KEYS: {
    schema: list,
    meaning: 'Keys that sign cookies, comma separated, newest first, 32 characters or more each',
    fallback: 'made, kept sealed in the database, and rotated like the signing keys',
    secret: true,
  },
  KEY_ENCRYPTION_KEY: {
    schema: z.string(),
    meaning: 'Seals signing and cookie keys at rest: 32 random bytes, base64url or hex',
    fallback: 'made in DATA_DIR while the issuer is loopback',
    secret: true,
  },
  KEY_ENCRYPTION_KEY_PREVIOUS: {
    schema: list,
    meaning:
      'Earlier values of KEY_ENCRYPTION_KEY, comma separated: they open, and seal nothing (until `key reseal`)',
    fallback: 'none',
    secret: true,
  },
  KEY_ROTATION_DAYS: {
    schema: wholeNumber(0, 3650),
    meaning: 'How long a key signs before the next one takes over, days (0: until somebody rotates it)',
    fallback: '90',
  },
  KEY_ANNOUNCE_SECONDS: {
    schema: wholeNumber(10, 30 * DAY),
    meaning: 'How long a key is published before it signs, seconds; JWKS may be cached for less than that',
    fallback: '86400',
  },
} as const satisfies Record<string, Variable>;
