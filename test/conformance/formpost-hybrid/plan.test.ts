// The hybrid plan with every answer by POST; errors too, and nothing in the query or the fragment (§1.5).
import { HYBRID_COUNT, hybridRuns } from '../../support/conformance/basic.js';
import { WITH_IMPLICIT } from '../../support/conformance/bench.js';
import { describeRuns } from '../../support/conformance/plan.js';

describeRuns('oidcc-formpost-hybrid-certification-test-plan', hybridRuns, {
  count: HYBRID_COUNT,
  responseMode: 'form_post',
  env: WITH_IMPLICIT,
});
