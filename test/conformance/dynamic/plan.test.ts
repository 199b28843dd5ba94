// The dynamic plan (§1.8): clients that register themselves and authenticate by private_key_jwt.
import { DYNAMIC_COUNT, dynamicModules } from '../../support/conformance/dynamic-modules.js';
import { describeRegisteredPlan } from '../../support/conformance/registered.js';

describeRegisteredPlan('oidcc-dynamic-certification-test-plan', dynamicModules, {
  count: DYNAMIC_COUNT,
  enrolling: 'keys',
});
