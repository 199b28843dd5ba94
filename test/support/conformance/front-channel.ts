// What each response type brings back from the authorization endpoint, and what the suite checks of it there.
import { createHash } from 'node:crypto';
import { expect } from 'chai';

export type ResponseType =
  | 'code'
  | 'id_token'
  | 'id_token token'
  | 'code id_token'
  | 'code token'
  | 'code id_token token';

export const brings = (type: ResponseType, what: 'code' | 'id_token' | 'token'): boolean =>
  type.split(' ').includes(what);

/** Whether the answer is a fragment unless another response mode is asked for. */
export const isFrontChannel = (type: ResponseType): boolean => type !== 'code';

/** The grant types that a client needs for these response types. */
export function grantTypesFor(types: readonly ResponseType[]): string[] {
  const withCode = types.some((type) => brings(type, 'code'));
  return [
    ...(withCode ? ['authorization_code', 'refresh_token'] : []),
    ...(types.some(isFrontChannel) ? ['implicit'] : []),
  ];
}

/** The parameters of a successful answer, but for `state`. An ID token names the issuer by itself. */
export function membersOf(type: ResponseType): string[] {
  return [
    ...(brings(type, 'code') ? ['code'] : []),
    ...(brings(type, 'id_token') ? ['id_token'] : ['iss']),
    ...(brings(type, 'token') ? ['access_token', 'token_type', 'expires_in', 'scope'] : []),
  ];
}

/** What at_hash and c_hash are of a value, for algorithms with SHA-256. */
export const halfHash = (value: unknown): string =>
  createHash('sha256').update(String(value)).digest().subarray(0, 16).toString('base64url');

/** Entropy of code and access token (96 bits at least; ours are 256 in base64url), and how it is to be used. */
export function checkAnswer(type: ResponseType, answer: Record<string, string>): void {
  if (brings(type, 'code')) expect(answer.code).to.match(/^[\w-]{43,}$/);
  if (!brings(type, 'token')) return;
  expect(answer.access_token).to.match(/^[\w-]{43,}$/);
  expect(answer.token_type).to.equal('Bearer');
  expect(Number(answer.expires_in)).to.be.greaterThan(0);
}

/** at_hash and c_hash of an ID token from the authorization endpoint: there and right for what came with it. */
export function checkFrontHashes(
  type: ResponseType,
  { at_hash, c_hash }: Record<string, unknown>,
  answer: Record<string, string>,
): void {
  expect(at_hash, 'at_hash').to.equal(brings(type, 'token') ? halfHash(answer.access_token) : undefined);
  expect(c_hash, 'c_hash').to.equal(brings(type, 'code') ? halfHash(answer.code) : undefined);
}

const PROTOCOL = new Set('iss aud exp iat auth_time nonce acr amr at_hash c_hash sid'.split(' '));

/** What an ID token says of the user. */
export function userClaimsIn(claims: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL.has(name)));
}
