// Owns: looking at the keys the site publishes for its tickets.
import { importJWK, type JWK } from 'jose';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';
import type { Instruments } from './examination.js';
import { described, jsonObject } from './site.js';

type KeyAlg = 'ES256' | 'RS256';

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-6 */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const MIN_RSA_BITS = 2048;

function couldVerify(key: JWK, alg: KeyAlg): boolean {
  if (key.use !== undefined && key.use !== 'sig') return false;
  if (key.alg !== undefined && key.alg !== alg) return false;
  return alg === 'ES256' ? key.kty === 'EC' && key.crv === 'P-256' : key.kty === 'RSA';
}

/** Why the key cannot be used. */
async function faultOf(key: JWK, alg: KeyAlg): Promise<string | undefined> {
  const bits = Buffer.from(key.n ?? '', 'base64url').length * 8;
  if (alg === 'RS256' && bits < MIN_RSA_BITS) return `has ${bits} bits, and ${MIN_RSA_BITS} are needed`;
  try {
    await importJWK(key, alg);
    return undefined;
  } catch (error) {
    return `is no valid key: ${shown(error instanceof Error ? error.message : String(error))}`;
  }
}

function privateMembers(keys: JWK[]): Finding {
  const found = keys.flatMap((key) => PRIVATE_MEMBERS.filter((member) => member in key));
  const check = 'jwks-private';
  if (found.length === 0) return ok(check, 'no private or secret key is published');
  const advice =
    'make a new key now: whoever read this one can log in as anybody; publish public halves only';
  return failed(check, `private members are published: ${[...new Set(found)].join(', ')}`, advice);
}

async function usable(keys: JWK[], alg: KeyAlg): Promise<Finding> {
  const check = 'jwks-key';
  const fitting = keys.filter((key) => couldVerify(key, alg));
  if (fitting.length === 0) {
    const kinds = keys.map(({ kty, crv, alg: own }) => [kty, crv, own].filter(Boolean).join(' '));
    const advice = `publish ${alg === 'ES256' ? 'an EC key on P-256' : 'an RSA key'}, or set LINK2UR_TICKET_ALG`;
    return failed(check, `no key for ${alg} among: ${shown(kinds.join(', ')) || 'none'}`, advice);
  }
  for (const key of fitting) {
    const fault = await faultOf(key, alg);
    if (fault)
      return failed(check, `a key for ${alg} ${fault}`, 'publish it as RFC 7518 section 6 describes');
  }
  const nameless = fitting.some(({ kid }) => typeof kid !== 'string' || kid === '');
  const advice = 'give every key a kid, and name it in the header of tickets';
  if (nameless && fitting.length > 1)
    return failed(check, `several keys for ${alg}, and not all have a kid`, advice);
  if (nameless)
    return warning(check, `the key for ${alg} has no kid, so it can never be changed over`, advice);
  return ok(check, `${fitting.length === 1 ? 'a key' : `${fitting.length} keys`} for ${alg}`);
}

const isKey = (value: unknown): value is JWK => typeof value === 'object' && value !== null;

/** The findings, and the keys when there are any. */
export async function examineTicketKeys(
  { alg, jwksUrl }: { alg: KeyAlg; jwksUrl: string },
  { site }: Instruments,
): Promise<{ findings: Finding[]; keys: JWK[] }> {
  const check = 'jwks';
  const { answer, problem } = await site.ask(jwksUrl, { headers: { accept: 'application/json' } });
  if (!answer) {
    const advice = 'LINK2UR_JWKS_URL must be reachable from here; until then no ticket is accepted';
    return { findings: [failed(check, `${shown(jwksUrl)}: ${problem}`, advice)], keys: [] };
  }
  const listed = answer.status === 200 ? jsonObject(answer)?.keys : undefined;
  if (!Array.isArray(listed) || !listed.every(isKey)) {
    const advice = 'answer 200 and {"keys": […]}, without a redirect';
    return { findings: [failed(check, described(answer), advice)], keys: [] };
  }
  const findings = [
    ok(check, `answers in ${answer.ms} ms`),
    privateMembers(listed),
    await usable(listed, alg),
  ];
  return { findings, keys: listed };
}
