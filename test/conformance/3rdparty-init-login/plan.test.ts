// The third-party-initiated login plan (§1.8), as far as it is about what is registered: by the command line here.
// What the suite asks of dynamic registration, the tests of that ask.
import { expect } from 'chai';
import { REDIRECT_URI, type TestApp } from '../../support/app.js';
import { runInProcess } from '../../support/cli.js';
import { describePlan } from '../../support/conformance/plan.js';

const INITIATE = 'https://rp.example/initiate_login';

function create(app: TestApp, initiate: string) {
  const about = ['--name', 'Suite', '--redirect-uri', REDIRECT_URI, '--initiate-login-uri', initiate];
  const env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer };
  return runInProcess(['client', 'create', ...about, '--json'], { env });
}

describePlan(
  'oidcc-3rdparty-init-login-certification-test-plan',
  {
    async 'oidcc-3rd_party-init-login'({ app }) {
      const { code, stdout, stderr } = await create(app, INITIATE);
      expect(code, stderr).to.equal(0);
      const made = JSON.parse(stdout);
      expect(made.initiate_login_uri).to.equal(INITIATE);
      expect(await app.services.clients.get(made.client_id)).to.include({ initiate_login_uri: INITIATE });
      // The library knows it, too.
      const client = await app.services.handle.provider().Client.find(made.client_id);
      expect(client?.initiateLoginUri).to.equal(INITIATE);
    },

    async 'oidcc-3rd_party-init-login-nohttps'({ app }) {
      const before = (await app.services.clients.list({})).items.length;
      for (const uri of ['http://rp.example/initiate_login', 'http://localhost/', `${INITIATE}#fragment`]) {
        const { code, stdout, stderr } = await create(app, uri);
        expect(code).to.equal(2);
        expect(stdout + stderr).to.include('initiate_login_uri');
      }
      expect((await app.services.clients.list({})).items.length).to.equal(before);
    },
  },
  { count: 2, responseMode: 'default', inProcess: 'it looks at what is stored' },
);
