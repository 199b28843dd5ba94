// Owns: judging the authentication context class the site names, in a ticket or at its session endpoint.
import { type Finding, failed, shown, warning } from '../findings/finding.js';

/** @param known the classes the provider was told of (LINK2UR_ACR_VALUES) */
export function examineAcr(check: string, acr: unknown, known: readonly string[]): Finding[] {
  if (acr === undefined || (typeof acr === 'string' && known.includes(acr))) return [];
  const seen = `acr is ${shown(JSON.stringify(acr))}`;
  if (typeof acr !== 'string' || acr === '' || acr.length > 200)
    return [failed(check, seen, 'give the name of one class, or leave it out')];
  const advice = `it is ignored: LINK2UR_ACR_VALUES has only ${shown(known.join(' '))}`;
  return [warning(check, seen, advice)];
}
