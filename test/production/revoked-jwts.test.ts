// JWT access tokens on two instances: what ends on one has ended on the other.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { exchangeCode, REDIRECT_URI, SECRET } from '../support/app.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, Tab } from '../support/production/instances.js';
import { newCode } from '../support/production/requests.js';

const AUTHOR = { actor: 'operator:test' };
const API = 'https://api.example/orders';
const SERVICE = { client_id: 'service', client_secret: SECRET };
const SHOP = { client_id: 'shop', client_secret: SECRET };
const SERVER = { client_id: 'server', client_secret: SECRET };

for (const mode of MODES) {
  describe(`JWT access tokens of two instances on ${mode.name}`, () => {
    let deployment: Deployment;
    let a: Instance;
    let b: Instance;

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      [a, b] = deployment.instances as [Instance, Instance];
      const { clients, resourceServers } = deployment.services;
      const machine = { redirect_uris: [], grant_types: ['client_credentials' as const] };
      await clients.create({ ...SERVER, ...machine, client_name: 'Server' }, AUTHOR);
      await resourceServers.create(
        { identifier: API, name: 'Orders', scopes: [{ name: 'orders.read' }], client_id: SERVER.client_id },
        AUTHOR,
      );
      await clients.create({ ...SERVICE, ...machine, client_name: 'Service', scope: 'orders.read' }, AUTHOR);
      const scope = 'openid offline_access orders.read';
      await clients.create({ ...SHOP, client_name: 'Shop', redirect_uris: [REDIRECT_URI], scope }, AUTHOR);
    });
    after(() => deployment?.close());

    const post = (at: Instance, path: string, fields: Record<string, string>) =>
      fetch(`${at.origin}/api/oauth/${path}`, { method: 'POST', body: new URLSearchParams(fields) });

    async function obtain(at: Instance): Promise<string> {
      const grant = { grant_type: 'client_credentials', ...SERVICE, resource: API, scope: 'orders.read' };
      const { access_token: token } = (await (await post(at, 'token', grant)).json()) as {
        access_token: string;
      };
      return token;
    }

    async function isActive(at: Instance, token: string): Promise<unknown> {
      const response = await post(at, 'introspect', { token, ...SERVER });
      expect(response.status).to.equal(200);
      return ((await response.json()) as { active: unknown }).active;
    }

    it('are revoked by jti on both at once, every time', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
        const token = await obtain(from);
        expect(decodeJwt(token).aud).to.equal(API);
        expect(await isActive(to, token)).to.equal(true);
        expect((await post(from, 'revoke', { token, ...SERVICE })).status).to.equal(200);
        expect(await isActive(to, token)).to.equal(false);
        expect(await isActive(from, token)).to.equal(false);
      }
    });

    it('end on both at once with their grant, every time', async () => {
      for (let round = 0; round < 4; round += 1) {
        const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
        const browser = new Tab(deployment.issuer, from);
        const scope = 'openid offline_access orders.read';
        const { client_id } = SHOP;
        const code = await newCode(browser, deployment.issuer, { client_id, scope, resource: API });
        const { body } = await exchangeCode(from.origin, code, { ...SHOP, resource: API });
        const token = body.access_token ?? '';
        expect(decodeJwt(token)).to.include({ aud: API, client_id });
        for (const at of [from, to]) expect(await isActive(at, token)).to.equal(true);
        const given = { token: body.refresh_token ?? '', ...SHOP };
        expect((await post(to, 'revoke', given)).status).to.equal(200);
        for (const at of [from, to]) expect(await isActive(at, token)).to.equal(false);
      }
    });
  });
}
