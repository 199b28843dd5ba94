// The basic plan with every answer by POST; errors too, and nothing in the query (§1.5).
import { BASIC_COUNT, basicModules } from '../../support/conformance/basic.js';
import { describePlan } from '../../support/conformance/plan.js';

describePlan('oidcc-formpost-basic-certification-test-plan', basicModules, {
  count: BASIC_COUNT,
  responseMode: 'form_post',
});
