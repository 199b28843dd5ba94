// The basic plan once more, by clients that register themselves: the same modules, and those that need registration.
import { basicModules } from '../../support/conformance/basic.js';
import { describeRegisteredPlan } from '../../support/conformance/registered.js';
import { registeredModules } from '../../support/conformance/registered-modules.js';

describeRegisteredPlan(
  'oidcc-basic-certification-test-plan (registered)',
  { ...basicModules, ...registeredModules },
  { count: 38, enrolling: 'secrets' },
);
