// Owns: which response types the client's requests may have, and what an operator should know of them.
import { RESPONSE_TYPES, responseTypeWarning } from '../../clients/response-types.js';
import { type Finding, failed, ok, warning } from '../findings/finding.js';
import { responseTypesOf, type Subject } from './subject.js';

/** @param refusal why a request with these parameters changed is refused; undefined when it is not */
export async function examineResponseTypes(
  subject: Subject,
  refusal: (change: Record<string, string>) => Promise<string | undefined>,
): Promise<Finding> {
  const check = 'response-type';
  const types = responseTypesOf(subject);
  for (const type of RESPONSE_TYPES) {
    if (types.includes(type)) continue;
    if ((await refusal({ response_type: type })) === undefined)
      return failed(check, `response_type=${type} is accepted`, 'report this: it must not be');
  }
  const trap = responseTypeWarning(types);
  if (trap !== undefined) return warning(check, trap, 'take them away: client update --response-type code');
  return ok(check, `only response_type=${types.join(', ')} is accepted`);
}
