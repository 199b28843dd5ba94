// The implicit plan with every answer by POST once more, by clients that register themselves. Deployed only: in
// this process formpost-implicit and implicit-registered run each half of it.
import { implicitRuns } from '../../support/conformance/basic.js';
import { isDeployed } from '../../support/conformance/deployment.js';
import { describeRegisteredRuns } from '../../support/conformance/registered.js';
import { withRegistered } from '../../support/conformance/registered-modules.js';

if (isDeployed) {
  describeRegisteredRuns(
    'oidcc-formpost-implicit-certification-test-plan (registered)',
    withRegistered(implicitRuns),
    { count: 58, enrolling: 'secrets', responseMode: 'form_post' },
  );
}
