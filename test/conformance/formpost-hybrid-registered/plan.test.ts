// The hybrid plan with every answer by POST once more, by clients that register themselves. Deployed only: in
// this process formpost-hybrid and hybrid-registered run each half of it.
import { hybridRuns } from '../../support/conformance/basic.js';
import { isDeployed } from '../../support/conformance/deployment.js';
import { describeRegisteredRuns } from '../../support/conformance/registered.js';
import { withRegistered } from '../../support/conformance/registered-modules.js';

if (isDeployed) {
  describeRegisteredRuns(
    'oidcc-formpost-hybrid-certification-test-plan (registered)',
    withRegistered(hybridRuns),
    { count: 102, enrolling: 'secrets', responseMode: 'form_post' },
  );
}
