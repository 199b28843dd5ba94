// Modules of the FAPI 2.0 plans about what comes too late.
import { addressOf, expectRefusal, expectRefusedVisit, type FapiModules, redeem } from './fapi2-bench.js';

export const fapiExpiryModules: FapiModules = {
  async 'par-attempt-to-use-expired-request_uri'(bench) {
    await expectRefusedVisit(bench, addressOf(bench, await bench.expiredRequestUri()));
  },
  async 'ensure-token-endpoint-fails-with-expired-auth-code'(bench) {
    expectRefusal(await redeem(bench, await bench.expiredCode()), 'invalid_grant');
  },
};
