// The implicit plan (§1.3), with clients that were allowed its response types: answers are fragments.
import { IMPLICIT_COUNT, implicitRuns } from '../../support/conformance/basic.js';
import { WITH_IMPLICIT } from '../../support/conformance/bench.js';
import { describeRuns } from '../../support/conformance/plan.js';

describeRuns('oidcc-implicit-certification-test-plan', implicitRuns, {
  count: IMPLICIT_COUNT,
  responseMode: 'default',
  env: WITH_IMPLICIT,
});
