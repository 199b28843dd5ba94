// The hybrid plan (§1.4), with clients that were allowed its response types: answers are fragments.
import { HYBRID_COUNT, hybridRuns } from '../../support/conformance/basic.js';
import { WITH_IMPLICIT } from '../../support/conformance/bench.js';
import { describeRuns } from '../../support/conformance/plan.js';

describeRuns('oidcc-hybrid-certification-test-plan', hybridRuns, {
  count: HYBRID_COUNT,
  responseMode: 'default',
  env: WITH_IMPLICIT,
});
