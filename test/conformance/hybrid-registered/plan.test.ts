// The hybrid plan once more, by clients that register themselves: the same modules, and those that need registration.
import { hybridRuns } from '../../support/conformance/basic.js';
import { describeRegisteredRuns } from '../../support/conformance/registered.js';
import { withRegistered } from '../../support/conformance/registered-modules.js';

describeRegisteredRuns('oidcc-hybrid-certification-test-plan (registered)', withRegistered(hybridRuns), {
  count: 102,
  enrolling: 'secrets',
});
