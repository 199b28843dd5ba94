// fapi2-message-signing-final-test-plan with client_auth_type=private_key_jwt, sender_constrain=dpop,
// openid=openid_connect, fapi_profile=plain_fapi, fapi_request_method=signed_non_repudiation, in both response modes. All
// modules of the security profile run again, their requests signed; of the 16 that come on top two are for the
// profile australia-connectid. Signed introspection answers are tested in test/tokens; HTTP signatures the suite does not
// ask of a provider.
import { describeFapiPlan, SECURITY_PROFILE } from '../../support/conformance/fapi2-plan.js';
import { fapiSigningModules } from '../../support/conformance/fapi2-signing.js';

const MODULES = { ...SECURITY_PROFILE, ...fapiSigningModules };
const PLAN = 'fapi2-message-signing-final-test-plan';

for (const isAnswerSigned of [false, true]) {
  const mode = isAnswerSigned ? 'jarm' : 'plain_response';
  describeFapiPlan(`${PLAN} (${mode})`, MODULES, { count: 71, variant: { isSigned: true, isAnswerSigned } });
}
