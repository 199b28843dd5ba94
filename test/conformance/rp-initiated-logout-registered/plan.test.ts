// The RP-initiated logout plan once more, by clients that register themselves.
import { describeRegisteredPlan } from '../../support/conformance/registered.js';
import { RP_LOGOUT_COUNT, rpLogoutModules } from '../../support/conformance/rp-initiated-logout.js';

describeRegisteredPlan('oidcc-rp-initiated-logout-certification-test-plan (registered)', rpLogoutModules, {
  count: RP_LOGOUT_COUNT,
  enrolling: 'secrets',
});
