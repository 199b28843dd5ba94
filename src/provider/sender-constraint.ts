// Owns: tokens that are good only in the hands of whoever has the client's key.
import { CLIENT_SIGNING_ALGS } from '../clients/authentication.js';
import type { Feature } from '../config/features.js';
import { deriveKey } from '../lib/sealed.js';

/** RS256 is left to those who had no choice: proofs are newer than that. */
export const PROOF_ALGS = CLIENT_SIGNING_ALGS.filter((alg) => alg !== 'RS256');

/**
 * The library's settings of proofs of possession. A proof has to hold a value of ours that lasts a few minutes, so it
 * cannot be made in advance; it is made of the cookie key in use, which all instances share: right after a change of
 * that key a client is told the new value and repeats its request. That a proof is good once is the replay adapter's.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-8
 */
export function createSenderConstraint(features: ReadonlySet<Feature>, [cookieKey = '']: readonly string[]) {
  const enabled = features.has('dpop');
  return {
    dPoP: enabled
      ? { enabled, nonceSecret: deriveKey(cookieKey, 'dpop-nonce'), requireNonce: () => true }
      : { enabled },
  };
}
