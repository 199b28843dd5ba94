// The Admin API of two processes on the same stores.
import { expect } from 'chai';
import { ADMIN_SCOPES } from '../../src/clients/resource-servers.js';
import { ADMIN_CLIENT, type ApiAnswer, adminToken, asked } from '../support/admin/app.js';
import { USER } from '../support/app.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance } from '../support/production/instances.js';

const AUTHOR = { actor: 'operator:test' };
const DRAFT = { client_name: 'Raced', redirect_uris: ['https://raced.example/cb'] };

for (const mode of MODES) {
  describe(`admin API of two instances on ${mode.name}`, () => {
    let deployment: Deployment;
    let a: Instance;
    let b: Instance;
    let token: string;

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      [a, b] = deployment.instances as [Instance, Instance];
      await deployment.services.clients.create(ADMIN_CLIENT as never, AUTHOR);
      token = await adminToken({ issuer: a.origin }, ADMIN_SCOPES.join(' '), ADMIN_CLIENT, deployment.issuer);
    });
    after(() => deployment?.close());

    const ask = (
      { origin }: Instance,
      method: string,
      path: string,
      init: Parameters<typeof asked>[4] = {},
    ): Promise<ApiAnswer> => asked(`${origin}/api/admin/oauth`, token, method, path, init);

    it('lets one of many requests with one Idempotency-Key through', async () => {
      const init = { body: DRAFT, headers: { 'idempotency-key': 'idempotency-key-0001' } };
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => ask(n % 2 === 0 ? a : b, 'POST', '/clients', init)),
      );
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses].every((status) => status === 201 || status === 409)).to.equal(true);
      const made = answers.filter(({ status }) => status === 201);
      expect(new Set(made.map(({ text }) => text)).size).to.equal(1);
      const { items } = await deployment.services.clients.list({ q: 'Raced' });
      expect(items).to.have.lengthOf(1);
      const again = await ask(b, 'POST', '/clients', init);
      expect([again.status, again.text]).to.deep.equal([201, made[0]?.text]);
      const other = await ask(a, 'POST', '/clients', { ...init, body: { ...DRAFT, client_name: 'Other' } });
      expect(other.status).to.equal(422);
    });

    it('lets one of many changes of one version through', async () => {
      await ask(a, 'POST', '/clients', { body: { ...DRAFT, client_id: 'contended' } });
      const etag = (await ask(b, 'GET', '/clients/contended')).headers.get('etag') ?? '';
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          ask(n % 2 === 0 ? a : b, 'PATCH', '/clients/contended', {
            body: { client_name: `Contended ${n}` },
            headers: { 'if-match': etag },
          }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array(11).fill(412)]);
    });

    it('knows on B at once that A took the role away', async () => {
      const path = `/users/${USER.id}/roles/admin`;
      expect((await ask(a, 'PUT', path)).status).to.equal(201);
      expect((await ask(b, 'GET', `/users/${USER.id}/roles`)).body.items).to.have.lengthOf(1);
      expect((await ask(a, 'DELETE', path)).status).to.equal(204);
      expect((await ask(b, 'GET', `/users/${USER.id}/roles`)).body.items).to.deep.equal([]);
    });
  });
}
