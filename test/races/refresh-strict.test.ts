// Without a grace window a refresh token is good for exactly one use.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { obtainTokens, refresh, startApp, type TestApp, userinfo } from '../support/app.js';

describe('a refresh token without a grace window', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_REFRESH_TOKEN_GRACE_SECONDS: '0' } });
  });

  after(() => app.close());

  for (const round of [1, 2, 3]) {
    it(`is good for one of 50 concurrent uses, and then the family is dead (round ${round})`, async () => {
      const { refresh_token: token = '' } = await obtainTokens(app.issuer, new Agent());
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(app.issuer, token)));
      const won = answers.filter(({ status }) => status === 200);
      const lost = answers.filter(({ body }) => body.error === 'invalid_grant');
      expect({ won: won.length, lost: lost.length }).to.deep.equal({ won: 1, lost: 49 });
      const { access_token: access = '', refresh_token: successor = '' } = won[0]?.body ?? {};
      expect((await refresh(app.issuer, successor)).body.error).to.equal('invalid_grant');
      expect((await userinfo(app.issuer, access)).status).to.equal(401);
    });
  }

  it('ends the family at an immediate retry', async () => {
    const { refresh_token: token = '' } = await obtainTokens(app.issuer, new Agent());
    const { body } = await refresh(app.issuer, token);
    expect((await refresh(app.issuer, token)).body.error).to.equal('invalid_grant');
    expect((await refresh(app.issuer, body.refresh_token ?? '')).body.error).to.equal('invalid_grant');
  });
});
