// The RP-initiated logout plan (§1.6), by clients that an operator made.
import { describePlan } from '../../support/conformance/plan.js';
import { RP_LOGOUT_COUNT, rpLogoutModules } from '../../support/conformance/rp-initiated-logout.js';

describePlan('oidcc-rp-initiated-logout-certification-test-plan', rpLogoutModules, {
  count: RP_LOGOUT_COUNT,
  responseMode: 'default',
});
