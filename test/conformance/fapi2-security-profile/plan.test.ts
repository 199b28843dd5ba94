// fapi2-security-profile-final-test-plan with client_auth_type=private_key_jwt, sender_constrain=dpop,
// openid=openid_connect, fapi_profile=plain_fapi. Modules of other profiles and of message signing are not in it.
import { expect } from 'chai';
import { type FapiBench, openFapiBench } from '../../support/conformance/fapi2-bench.js';
import { fapiRequestModules } from '../../support/conformance/fapi2-requests.js';
import { fapiTokenModules } from '../../support/conformance/fapi2-tokens.js';

const MODULES = { ...fapiRequestModules, ...fapiTokenModules };

describe('fapi2-security-profile-final-test-plan', () => {
  let bench: FapiBench;

  before(async () => {
    bench = await openFapiBench();
  });
  after(() => bench.app.close());

  it('has its 57 modules', () => {
    expect(Object.keys(MODULES)).to.have.lengthOf(57);
  });

  for (const [name, run] of Object.entries(MODULES)) {
    it(`fapi2-security-profile-final-${name}`, () => run(bench));
  }
});
