// Runs the modules of a FAPI 2.0 plan against one provider, one test a module, named after it.
import { isDeployed } from './deployment.js';
import type { FapiBench, FapiModules, FapiVariant } from './fapi2-bench.js';
import { fapiExpiryModules } from './fapi2-expiry.js';
import { openFapiBench } from './fapi2-provider.js';
import { fapiRequestModules } from './fapi2-requests.js';
import { fapiTokenModules } from './fapi2-tokens.js';
import { describeElsewhere, itHas } from './plan.js';

/** The plan of the security profile: all that is in it for plain_fapi and openid_connect. */
export const SECURITY_PROFILE: FapiModules = { ...fapiRequestModules, ...fapiTokenModules };

/** What the suite leaves out with client_auth_type=mtls, and with sender_constrain=mtls. */
const ASSERTION = /client-assertion|as-audience-fails$/;
const PROOF = /dpop/;

/** The same for clients that are known by certificates, and tokens that are bound to them. */
export const WITH_CERTIFICATES: FapiModules = Object.fromEntries(
  Object.entries(SECURITY_PROFILE).filter(([name]) => !ASSERTION.test(name) && !PROOF.test(name)),
);

export function describeFapiPlan(
  name: string,
  modules: FapiModules,
  { count, variant = {} }: { count: number; variant?: FapiVariant },
): void {
  if (isDeployed && variant.isCertified) {
    describeElsewhere(name, 'the proxy in front of the deployment asks for no certificates');
    return;
  }
  // What has to wait for the end of something comes last: most of that time has passed by then.
  const all = { ...modules, ...fapiExpiryModules };

  describe(name, () => {
    let bench: FapiBench;

    before(async () => {
      bench = await openFapiBench(variant);
    });
    after(() => bench.app.close());

    itHas(count, Object.keys(all));

    for (const [module, run] of Object.entries(all)) {
      it(`fapi2-security-profile-final-${module}`, () => run(bench));
    }
  });
}
