// Many requests of one person at once, over few connections: none waits for a connection that waits for it.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { obtainTokens } from '../support/app.js';
import { mixedLoad } from '../support/mixed-load.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy } from '../support/production/instances.js';

for (const mode of MODES) {
  describe(`refreshes, UserInfo and authorizations of one person at once on ${mode.name}`, () => {
    let deployment: Deployment;

    before(async () => {
      deployment = await deploy(mode, { env: { DATABASE_POOL_MAX: '3' } });
    });

    after(() => deployment?.close());

    it('are all answered, over three connections', async () => {
      const agent = new Agent();
      await obtainTokens(deployment.issuer, agent);
      const statuses = await mixedLoad(deployment.issuer, agent, 6);
      expect(statuses.filter((status) => status !== 200 && status !== 303)).to.deep.equal([]);
    });
  });
}
