// Token requests hold the embedded database's only session; whoever reads at that moment must not stop them.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { obtainTokens, startApp, type TestApp } from '../support/app.js';
import { mixedLoad } from '../support/mixed-load.js';

describe('refreshes, UserInfo and authorizations of one person at once', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });

  after(() => app.close());

  it('are all answered', async () => {
    const agent = new Agent();
    await obtainTokens(app.issuer, agent);
    const statuses = await mixedLoad(app.issuer, agent, 5);
    expect(statuses.filter((status) => status !== 200 && status !== 303)).to.deep.equal([]);
  }).timeout(60_000);
});
