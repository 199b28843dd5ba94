// The third-party-initiated login plan (§1.8), by clients that register themselves.
import { expect } from 'chai';
import { REDIRECT_URI } from '../../support/app.js';
import type { Json } from '../../support/conformance/bench.js';
import { describeRegisteredPlan } from '../../support/conformance/registered.js';

const INITIATE = 'https://rp.example/initiate_login';

describeRegisteredPlan(
  'oidcc-3rdparty-init-login-certification-test-plan (registered)',
  {
    async 'oidcc-3rd_party-init-login'(bench) {
      const { status, body } = await bench.send({
        redirect_uris: [REDIRECT_URI],
        initiate_login_uri: INITIATE,
      });
      expect([status, body.initiate_login_uri]).to.deep.equal([201, INITIATE]);
      const response = await fetch(String(body.registration_client_uri), {
        headers: { authorization: `Bearer ${body.registration_access_token}` },
      });
      expect(response.status).to.equal(200);
      expect(((await response.json()) as Json).initiate_login_uri).to.equal(INITIATE);
    },

    async 'oidcc-3rd_party-init-login-nohttps'(bench) {
      for (const uri of ['http://rp.example/initiate_login', 'http://localhost/', `${INITIATE}#fragment`]) {
        const { status, body } = await bench.send({ redirect_uris: [REDIRECT_URI], initiate_login_uri: uri });
        expect([status, body.error]).to.deep.equal([400, 'invalid_client_metadata']);
      }
    },
  },
  { count: 2, enrolling: 'none' },
);
