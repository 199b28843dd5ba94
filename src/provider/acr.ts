// Owns: step-up: when a session is not strong enough for a request, and which class the relying party is told.
// Does not: know how anybody logs in (login/).
import { errors, interactionPolicy, type Provider } from 'oidc-provider';
import {
  type AcrOrder,
  answeredAcr,
  askedAcr,
  idTokenClaimAsked,
  isReached,
  withinReach,
} from '../login/acr.js';

const { Check } = interactionPolicy;

/** The library's checks know no order, and lose an essential claim to acr_values: ours take their place. */
const REPLACED = ['essential_acrs', 'essential_acr'];

/**
 * Asks for a login that reaches one of the classes the request names. What is essential is asked for until it is
 * there; a mere wish once, and never of somebody who may be asked nothing.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics
 * @see https://www.rfc-editor.org/rfc/rfc9470
 */
function stepUp(order: AcrOrder) {
  const description = 'none of the requested ACRs could be obtained';
  return new Check('step_up', description, 'login_required', ({ oidc }) => {
    const params = oidc.params ?? {};
    const { essential, values } = idTokenClaimAsked(params.claims as string | undefined, 'acr');
    if (essential === true && values !== undefined && !Array.isArray(values))
      throw new errors.InvalidRequest('invalid claims.id_token.acr.values type');
    const asked = askedAcr(params);
    if (isReached(order, asked, oidc.session?.acr)) return Check.NO_NEED_TO_PROMPT;
    const canBeReached = withinReach(order, asked).length > 0;
    if (asked.isEssential) {
      if (canBeReached) return Check.REQUEST_PROMPT;
      throw new errors.UnmetAuthenticationRequirements('none of the requested ACRs can be provided');
    }
    const mayAsk = canBeReached && !oidc.prompts.has('none') && oidc.result?.login === undefined;
    return mayAsk ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  });
}

/** Adds step-up to the prompt for a login. */
export function addStepUp(login: interactionPolicy.Prompt | undefined, order: AcrOrder): void {
  for (const reason of REPLACED) login?.checks.remove(reason);
  login?.checks.add(stepUp(order));
}

/**
 * Codes and tokens say the class that answers the request. The library offers no setting for that; its context is
 * public, and codes, tokens and the device flow all take `acr` from there.
 */
export function answerAcr(provider: Provider, order: AcrOrder): void {
  Object.defineProperty(provider.OIDCContext.prototype, 'acr', {
    configurable: true,
    get(this: InstanceType<Provider['OIDCContext']>) {
      return answeredAcr(order, askedAcr(this.params ?? {}), this.session?.acr);
    },
  });
}
