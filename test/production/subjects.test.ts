// Several instances that start at once on an empty database know each user by the same pairwise subject, whatever
// becomes of them.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { clientInputSchema } from '../../src/clients/input.js';
import { authorizeUrl, REDIRECT_URI, SECRET, seedBasics, signIn, WEB_CLIENT } from '../support/app.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, Tab, viaInstance } from '../support/production/instances.js';

const ID = 'pairwise-app';

for (const mode of MODES) {
  describe(`pairwise subjects on ${mode.name}`, () => {
    let deployment: Deployment;

    before(async () => {
      const env = { OAUTH_FEATURES: 'par,pairwise,unionid' };
      deployment = await deploy(mode, { count: 3, isOpenedHere: false, env });
      const services = await deployment.open();
      await seedBasics(services);
      const described = { ...WEB_CLIENT, client_id: ID, subject_type: 'pairwise' };
      const redirect_uris = [REDIRECT_URI];
      await services.clients.apply(clientInputSchema.parse({ ...described, redirect_uris }), 'operator:test');
    });
    after(() => deployment?.close());

    /** The sub that this instance gives. */
    async function subAt(instance: { origin: string }): Promise<string | undefined> {
      const tab = new Tab(deployment.issuer, instance);
      const url = authorizeUrl(deployment.issuer, { client_id: ID, scope: 'openid' });
      const back = await signIn(tab, deployment.issuer, url);
      const token = viaInstance(`${deployment.issuer}/api/oauth/token`, instance);
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: REDIRECT_URI,
        client_id: ID,
        client_secret: SECRET,
      });
      const answer = (await (await fetch(token, { method: 'POST', body })).json()) as { id_token?: string };
      return decodeJwt(answer.id_token ?? '').sub;
    }

    it('are the same on each, and after all of them have gone', async () => {
      const subs = await Promise.all(deployment.instances.map(subAt));
      expect(subs[0]).to.match(/^[\w-]{43}$/);
      expect(new Set(subs)).to.have.property('size', 1);
      const rows = await deployment.backend.query('SELECT kid FROM oauth_subject_key');
      expect(rows).to.have.length(1);
      const [first] = deployment.instances;
      if (!first) throw new Error('no instance');
      await Promise.all(deployment.instances.map((instance) => instance.kill()));
      const again = await deployment.add(Number(new URL(first.origin).port));
      expect(await subAt(again)).to.equal(subs[0]);
    });
  });
}
