// The basic plan with every answer by POST once more, by clients that register themselves.
import { basicModules } from '../../support/conformance/basic.js';
import { describeRegisteredPlan } from '../../support/conformance/registered.js';
import { registeredModules } from '../../support/conformance/registered-modules.js';

describeRegisteredPlan(
  'oidcc-formpost-basic-certification-test-plan (registered)',
  { ...basicModules, ...registeredModules },
  { count: 38, enrolling: 'secrets', responseMode: 'form_post' },
);
