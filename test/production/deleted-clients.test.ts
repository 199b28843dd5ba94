// A client that is deleted is dead on every instance with all that hung on it, also for one that gets its id later;
// and what operators change at once, from several processes, is not lost.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { exchangeCode, postToken, REDIRECT_URI, userinfo } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, Tab } from '../support/production/instances.js';
import { introspect, newCode } from '../support/production/requests.js';

const PROMISE_MS = 1_000;
const AUTHOR = { actor: 'operator:test' };
const SECRET = 'secret-of-the-client-that-is-deleted-01';

const CLIENT = {
  client_name: 'Doomed',
  client_secret: SECRET,
  redirect_uris: [REDIRECT_URI],
  scope: 'openid profile email phone offline_access',
  grant_types: ['authorization_code' as const, 'refresh_token' as const, 'client_credentials' as const],
};

for (const mode of MODES) {
  describe(`clients of several instances on ${mode.name}`, () => {
    let deployment: Deployment;
    let issuer: string;
    let instances: [Instance, Instance];
    let other: Awaited<ReturnType<typeof createServices>>;

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      issuer = deployment.issuer;
      instances = deployment.instances as [Instance, Instance];
      const env = { ...deployment.backend.env, OAUTH_ISSUER: issuer, LOG_LEVEL: 'silent' };
      other = await createServices(loadConfig(env), { withoutKeys: true });
    });
    after(async () => {
      await other?.close();
      await deployment?.close();
    });

    const credentials = (id: string) => ({ client_id: id, client_secret: SECRET });

    /** All that an app can hold, used on both instances. */
    async function hold(id: string) {
      const [a, b] = instances;
      const asClient = credentials(id);
      const browser = new Tab(issuer, a);
      const { body } = await exchangeCode(
        a.origin,
        await newCode(browser, issuer, { client_id: id }),
        asClient,
      );
      const own = await postToken(a.origin, { ...asClient, grant_type: 'client_credentials' });
      const held = {
        browser,
        accessToken: body.access_token ?? '',
        refreshToken: body.refresh_token ?? '',
        ownToken: own.body.access_token ?? '',
        code: await newCode(browser, issuer, { client_id: id }),
      };
      for (const { origin } of [a, b]) {
        expect((await userinfo(origin, held.accessToken)).status).to.equal(200);
        expect((await introspect(origin, held.ownToken, asClient)).body.active).to.equal(true);
      }
      return held;
    }

    it('are gone with their tokens, and their tokens stay dead when the id is given anew', async () => {
      const id = 'doomed';
      await deployment.services.clients.create({ ...CLIENT, client_id: id }, AUTHOR);
      const held = await hold(id);
      const asClient = credentials(id);
      await deployment.services.clients.delete(id, AUTHOR);
      await delay(PROMISE_MS);
      for (const { origin } of instances) {
        const token = { ...asClient, grant_type: 'refresh_token', refresh_token: held.refreshToken };
        expect((await postToken(origin, token)).body.error).to.equal('invalid_client');
        expect((await exchangeCode(origin, held.code, asClient)).body.error).to.equal('invalid_client');
        expect((await userinfo(origin, held.accessToken)).status).to.equal(401);
        expect((await introspect(origin, held.ownToken, asClient)).status).to.equal(401);
      }

      await deployment.services.clients.create({ ...CLIENT, client_id: id }, AUTHOR);
      await delay(PROMISE_MS);
      for (const { origin } of instances) {
        const token = { ...asClient, grant_type: 'refresh_token', refresh_token: held.refreshToken };
        expect((await postToken(origin, token)).body.error).to.equal('invalid_grant');
        expect((await exchangeCode(origin, held.code, asClient)).body.error).to.equal('invalid_grant');
        expect((await userinfo(origin, held.accessToken)).status).to.equal(401);
        for (const value of [held.accessToken, held.ownToken, held.refreshToken]) {
          expect((await introspect(origin, value, asClient)).body).to.deep.equal({ active: false });
        }
      }
      // Nobody has agreed to anything with the new one.
      const silently = await askSilently(held.browser, issuer, { client_id: id });
      expect(silently.get('error')).to.equal('consent_required');
      const counts = await deployment.backend.query<{ grants: string; consents: string }>(
        `SELECT (SELECT count(*) FROM oauth_grant WHERE client_id = $1) AS grants,
           (SELECT count(*) FROM oauth_consent WHERE client_id = $1) AS consents`,
        [id],
      );
      expect(counts).to.deep.equal([{ grants: '0', consents: '0' }]);
    });

    it('answer in order while they are deleted under load: no 500, and no token outlives them', async () => {
      const id = 'busy';
      await deployment.services.clients.create({ ...CLIENT, client_id: id }, AUTHOR);
      const [a] = instances;
      const asClient = credentials(id);
      const chains = await Promise.all(
        Array.from({ length: 4 }, async () => {
          const code = await newCode(new Tab(issuer, a), issuer, { client_id: id });
          return (await exchangeCode(a.origin, code, asClient)).body;
        }),
      );
      const kept = new Set<string>();
      const statuses = new Map<number, number>();
      let isOver = false;
      const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const load = chains.map(async ({ refresh_token: first = '' }, n) => {
        const { origin } = instances[n % 2] as Instance;
        let token = first;
        while (!isOver) {
          const { status, body } = await postToken(origin, {
            ...asClient,
            grant_type: 'refresh_token',
            refresh_token: token,
          });
          count(status);
          if (status === 200) {
            token = body.refresh_token ?? token;
            kept.add(body.access_token ?? '');
          } else if (status !== 503) return;
        }
      });
      await delay(300);
      await deployment.services.clients.delete(id, AUTHOR);
      await delay(PROMISE_MS);
      isOver = true;
      await Promise.all(load);
      expect([...statuses.keys()]).to.satisfy((all: number[]) =>
        all.every((one) => [200, 400, 401, 503].includes(one)),
      );
      expect(statuses.get(200)).to.be.greaterThan(0);
      for (const value of [...kept].slice(-8)) {
        expect((await userinfo(a.origin, value)).status).to.equal(401);
      }
      expect(await deployment.services.stores.clients.find(id)).to.equal(undefined);
    });

    it('lose no change of two operators at once', async () => {
      const id = 'shared';
      const services = [deployment.services, other];
      await deployment.services.clients.create({ ...CLIENT, client_id: id }, AUTHOR);
      const changes = [
        { client_name: 'Renamed' },
        { logo_uri: 'https://l.example/l.png' },
        { default_max_age: 9 },
      ];
      await Promise.all(
        changes.flatMap((change, n) => [services[n % 2]?.clients.update(id, change, AUTHOR)]),
      );
      const { version, ...client } = await deployment.services.clients.get(id);
      expect(client).to.deep.include({ ...changes[0], ...changes[1], ...changes[2] });
      const guarded = await Promise.allSettled(
        services.map(({ clients }, n) => clients.update(id, { client_name: `By ${n}` }, AUTHOR, { version })),
      );
      expect(guarded.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      const rotations = await Promise.allSettled(
        services.map(({ clients }) => clients.rotateSecret(id, { overlapSeconds: 0 }, AUTHOR)),
      );
      await delay(PROMISE_MS);
      for (const rotation of rotations) {
        if (rotation.status === 'rejected') expect(rotation.reason).to.include({ statusCode: 409 });
        else {
          const secret = { client_id: id, client_secret: rotation.value.secret };
          const { body } = await postToken(issuer, { grant_type: 'client_credentials', ...secret });
          expect(body.access_token).to.be.a('string');
        }
      }
    });

    it('raise their version also when an older instance or a hand in SQL changes them', async () => {
      const id = 'by-hand';
      const { services, backend } = deployment;
      const { client } = await services.clients.create({ ...CLIENT, client_id: id }, AUTHOR);
      await backend.query(`UPDATE oauth_client SET client_name = 'By hand' WHERE client_id = $1`, [id]);
      await backend.query(
        `INSERT INTO oauth_client_secret (client_id, secret_hash) VALUES ($1, '$2b$10$x')`,
        [id],
      );
      const stale = await services.clients
        .update(id, { client_name: 'Mine' }, AUTHOR, { version: client.version })
        .catch((error: { statusCode: number }) => error.statusCode);
      expect(stale).to.equal(412);
      await backend.query('UPDATE oauth_client_secret SET last_used_at = now() WHERE client_id = $1', [id]);
      const current = await services.stores.clients.findForUpdate(id);
      expect(current).to.include({ version: client.version + 2, client_name: 'By hand' });
    });
  });
}
