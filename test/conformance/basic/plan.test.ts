// The modules themselves are in test/support/conformance, for the form_post plan runs them too.
import { BASIC_COUNT, basicModules } from '../../support/conformance/basic.js';
import { describePlan } from '../../support/conformance/plan.js';

describePlan('oidcc-basic-certification-test-plan', basicModules, {
  count: BASIC_COUNT,
  responseMode: 'default',
});
