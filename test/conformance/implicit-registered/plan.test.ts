// The implicit plan once more, by clients that register themselves: the same modules, and those that need registration.
import { implicitRuns } from '../../support/conformance/basic.js';
import { describeRegisteredRuns } from '../../support/conformance/registered.js';
import { withRegistered } from '../../support/conformance/registered-modules.js';

describeRegisteredRuns('oidcc-implicit-certification-test-plan (registered)', withRegistered(implicitRuns), {
  count: 58,
  enrolling: 'secrets',
});
