// The back-channel logout plan (§1.7), by a client that an operator made.
import { REDIRECT_URI } from '../../support/app.js';
import { BACKCHANNEL_COUNT, backchannelModules } from '../../support/conformance/backchannel-logout.js';
import { type Bench, CLIENT, POST_LOGOUT } from '../../support/conformance/bench.js';
import { describePlan } from '../../support/conformance/plan.js';

const modules = backchannelModules(async (bench: Bench, settings) => {
  await bench.register({
    client_id: CLIENT.id,
    token_endpoint_auth_method: CLIENT.auth,
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [POST_LOGOUT],
    ...settings,
  });
  return CLIENT.id;
});

describePlan('oidcc-backchannel-rp-initiated-logout-certification-test-plan', modules, {
  count: BACKCHANNEL_COUNT,
  responseMode: 'default',
});
