// The back-channel logout plan once more, by a client that registers itself.
import { BACKCHANNEL_COUNT, backchannelModules } from '../../support/conformance/backchannel-logout.js';
import { CLIENT } from '../../support/conformance/bench.js';
import { describeRegisteredPlan, type RegisteringBench } from '../../support/conformance/registered.js';

const modules = backchannelModules(async (bench: RegisteringBench, settings) =>
  String((await bench.enrol(CLIENT, settings)).client_id),
);

describeRegisteredPlan(
  'oidcc-backchannel-rp-initiated-logout-certification-test-plan (registered)',
  modules,
  { count: BACKCHANNEL_COUNT, enrolling: 'secrets' },
);
