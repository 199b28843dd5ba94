// Owns: what keys are made of: algorithms, making one, the form it is stored in and used in.
// Does not: keep or rotate them.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomToken } from '../lib/ids.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import type { JsonObject, KeyPurpose, KeyRecord } from '../store/ports/index.js';

/** In this order they are published. */
export const SIGNING_ALGS = ['RS256', 'ES256', 'EdDSA'] as const;

export type SigningAlg = (typeof SIGNING_ALGS)[number];

/** What cookies are signed with. */
export const COOKIE_ALG = 'HMAC';

export type KeyAlg = SigningAlg | typeof COOKIE_ALG;

const RSA_BITS = 2048;

/** A new key, in clear. */
export interface KeyMaterial {
  kid: string;
  alg: KeyAlg;
  publicJwk?: JsonObject | undefined;
  /** A private JWK as JSON, or the cookie key itself. */
  secret: string;
}

export const purposeOf = (alg: KeyAlg): KeyPurpose => (alg === COOKIE_ALG ? 'cookie' : 'token');

/** A cookie key; `secret` when there is one already. */
export function makeCookieKey(secret = randomToken(32)): KeyMaterial {
  return { kid: `cookie-${randomToken(12)}`, alg: COOKIE_ALG, secret };
}

/** @see https://www.rfc-editor.org/rfc/rfc7638 (the thumbprint that is the kid) */
export async function makeKey(alg: KeyAlg): Promise<KeyMaterial> {
  if (alg === COOKIE_ALG) return makeCookieKey();
  const { privateKey, publicKey } = await generateKeyPair(alg, {
    extractable: true,
    ...(alg === 'RS256' ? { modulusLength: RSA_BITS } : {}),
  });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  // A command line would take it for an option, and a key may have to be revoked in a hurry.
  if (kid.startsWith('-')) return makeKey(alg);
  const secret = JSON.stringify(await exportJWK(privateKey));
  return { kid, alg, publicJwk: { ...publicJwk, kid, alg, use: 'sig' }, secret };
}

/** What a key is sealed as: its seal opens for no other. */
export function sealContext({ kid, purpose }: Pick<KeyRecord, 'kid' | 'purpose'>): string {
  return `${purpose === 'token' ? 'signing-key' : 'cookie-key'}:${kid}`;
}

const toPrivateJwk = ({ kid, alg, secret }: Pick<KeyMaterial, 'kid' | 'secret'> & { alg: string }): JWK => ({
  ...(JSON.parse(secret) as JWK),
  kid,
  alg,
  use: 'sig',
});

/** What the provider works with: the first key of an algorithm signs, the first cookie key too; all verify. */
export interface KeySet {
  signing: JWK[];
  cookie: string[];
}

/** Keys for the length of a process, kept nowhere: for tools that need a provider but sign nothing. */
export async function makeEphemeralKeys(): Promise<KeySet> {
  const signing = await Promise.all(SIGNING_ALGS.map(makeKey));
  return { signing: signing.map(toPrivateJwk), cookie: [makeCookieKey().secret] };
}

const STATES = ['active', 'announced', 'retired'];

/** The order in which they are handed over: what signs comes first, what retired last comes before what did earlier. */
function inOrder(a: KeyRecord, b: KeyRecord): number {
  const byState = STATES.indexOf(a.state) - STATES.indexOf(b.state);
  return byState || (b.retiredAt?.getTime() ?? 0) - (a.retiredAt?.getTime() ?? 0);
}

/** The keys of `alg` that are published. Without one that is active there are none: another would sign in its place. */
export function publishedKeys(records: readonly KeyRecord[], alg: string): KeyRecord[] {
  const keys = records.filter((key) => key.alg === alg && key.state !== 'gone').sort(inOrder);
  return keys[0]?.state === 'active' ? keys : [];
}

/**
 * Opens the keys that are published.
 * @param cookieKeys those of the configuration: then those of the store are not looked at
 * @throws AppError wrong_key_encryption_key
 */
export async function openKeySet(
  records: readonly KeyRecord[],
  encryption: Pick<KeyEncryption, 'open'>,
  cookieKeys?: readonly string[],
): Promise<KeySet> {
  const open = async (key: KeyRecord) => encryption.open(key.privateSealed ?? '', sealContext(key));
  const signing = SIGNING_ALGS.flatMap((alg) => publishedKeys(records, alg));
  return {
    signing: await Promise.all(signing.map(async (key) => toPrivateJwk({ ...key, secret: await open(key) }))),
    cookie: cookieKeys ? [...cookieKeys] : await Promise.all(publishedKeys(records, COOKIE_ALG).map(open)),
  };
}
