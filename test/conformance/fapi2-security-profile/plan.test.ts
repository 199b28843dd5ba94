// fapi2-security-profile-final-test-plan with client_auth_type=private_key_jwt, sender_constrain=dpop,
// openid=openid_connect, fapi_profile=plain_fapi. Of the plan's 62 modules five are for other profiles and not in it:
// ensure-server-handles-non-matching-intent-id, test-essential-acr-sca-claim, and those whose names begin with
// australia-connectid- and brazil-. And once more with client_auth_type=mtls, sender_constrain=mtls.
// By clients of an operator only: no client can give itself the profile.
import {
  describeFapiPlan,
  SECURITY_PROFILE,
  WITH_CERTIFICATES,
} from '../../support/conformance/fapi2-plan.js';

describeFapiPlan('fapi2-security-profile-final-test-plan', SECURITY_PROFILE, { count: 57 });
describeFapiPlan('fapi2-security-profile-final-test-plan (mtls)', WITH_CERTIFICATES, {
  count: 38,
  variant: { isCertified: true },
});
