// A PostgreSQL that has no connections to spare: some requests are told to come again, and it passes by itself.
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { exchangeCode, obtainTokens, refresh, userinfo } from '../support/app.js';
import { asAdmin, MODES } from '../support/production/backends.js';
import { type Deployment, deploy, Tab } from '../support/production/instances.js';
import { askToken, askUserinfo, newCode } from '../support/production/requests.js';
import { eventually, tally } from '../support/production/waiting.js';

const CONNECTIONS = 2;
const AT_ONCE = 30;

for (const mode of MODES) {
  describe(`a role with ${CONNECTIONS} connections on ${mode.name}`, () => {
    const role = `l2u_test_${randomBytes(4).toString('hex')}`;
    const password = randomBytes(12).toString('hex');
    let deployment: Deployment;
    let issuer: string;

    before(async () => {
      await asAdmin(`CREATE ROLE ${role} LOGIN PASSWORD '${password}' CONNECTION LIMIT ${CONNECTIONS}`);
      deployment = await deploy(mode, {
        async reach({ DATABASE_URL = '', ...env }, { query }) {
          await query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
          await query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
          const url = new URL(DATABASE_URL);
          url.username = role;
          url.password = password;
          return { ...env, DATABASE_URL: url.href };
        },
      });
      issuer = deployment.issuer;
    });

    after(async () => {
      await deployment?.close();
      await asAdmin(`DROP ROLE IF EXISTS ${role}`);
    });

    it(`answers ${AT_ONCE} token requests at once with 200 or 503, and those with 503 later with 200`, async () => {
      const tokens: string[] = [];
      const browser = new Tab(issuer, { origin: issuer });
      for (let n = 0; n < AT_ONCE; n += 1) {
        // The service looks after its keys meanwhile, with one of the two: even one at a time may have to come again.
        await eventually(10_000, async () => {
          const { status, body } = await exchangeCode(issuer, await newCode(browser, issuer));
          expect(status).to.equal(200);
          tokens.push(body.refresh_token ?? '');
        });
      }
      const use = (token: string) => askToken(issuer, { grant_type: 'refresh_token', refresh_token: token });
      const answers = await Promise.all(tokens.map(use));
      for (const { status, headers, body, text } of answers) {
        expect(status, text).to.be.oneOf([200, 503]);
        if (status === 503) {
          expect(headers.get('retry-after')).to.match(/^\d+$/);
          expect(body.error).to.equal('temporarily_unavailable');
        }
      }
      for (const token of tokens) {
        await eventually(5_000, async () => expect((await use(token)).status).to.equal(200));
      }
    });

    it(`answers ${AT_ONCE} mixed requests at once with 200 or 503, and works by itself afterwards`, async () => {
      let access = '';
      await eventually(10_000, async () => {
        ({ access_token: access = '' } = await obtainTokens(issuer, new Tab(issuer, { origin: issuer })));
      });
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) =>
          n % 2 ? askUserinfo(issuer, access) : fetch(`${issuer}/readyz`),
        ),
      );
      for (const status of Object.keys(tally(answers.map((answer) => answer.status)))) {
        expect(status).to.be.oneOf(['200', '503']);
      }
      await eventually(5_000, async () => {
        expect((await fetch(`${issuer}/readyz`)).status).to.equal(200);
        expect((await userinfo(issuer, access)).status).to.equal(200);
      });
      const { refresh_token: token = '' } = await obtainTokens(issuer, new Tab(issuer, { origin: issuer }));
      expect((await refresh(issuer, token)).status).to.equal(200);
    });
  });
}
