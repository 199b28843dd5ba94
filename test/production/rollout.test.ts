// Starting many at once on a new database, and running beside a newer version that has migrated already.
import { expect } from 'chai';
import { exchangeCode, refresh, seedBasics } from '../support/app.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, Tab } from '../support/production/instances.js';
import { newCode } from '../support/production/requests.js';

const AT_ONCE = 3;

for (const mode of MODES) {
  describe(`on ${mode.name}`, () => {
    let deployment: Deployment;

    before(async () => {
      deployment = await deploy(mode, { count: AT_ONCE, isMigrated: false, isOpenedHere: false });
      await seedBasics(await deployment.open());
    });

    after(() => deployment?.close());

    it(`${AT_ONCE} instances that started at once on a new database are ready, and migrated it once`, async () => {
      const { backend, instances, issuer } = deployment;
      const applied = await backend.query<{ name: string }>(
        'SELECT migration_name AS name FROM _prisma_migrations',
      );
      expect(applied).not.to.be.empty;
      expect(new Set(applied.map(({ name }) => name)).size).to.equal(applied.length);

      const sets = await Promise.all(
        instances.map(async ({ origin }) => {
          expect((await fetch(`${origin}/readyz`)).status).to.equal(200);
          const { keys } = (await (await fetch(`${origin}/api/oauth/jwks`)).json()) as {
            keys: { kid: string }[];
          };
          return keys.map(({ kid }) => kid).sort();
        }),
      );
      const stored = await backend.query<{ kid: string }>('SELECT kid FROM oauth_signing_key');
      expect(stored).not.to.be.empty;
      for (const kids of sets) expect(kids).to.deep.equal(stored.map(({ kid }) => kid).sort());

      for (const [n, instance] of instances.entries()) {
        const code = await newCode(new Tab(issuer, instance), issuer);
        const elsewhere = instances[(n + 1) % AT_ONCE];
        expect((await exchangeCode(elsewhere?.origin ?? '', code)).status).to.equal(200);
      }
    });

    it('an instance serves on when a newer version has migrated the database, and starts there too', async () => {
      const { backend, issuer } = deployment;
      const [old] = deployment.instances as [Deployment['instances'][0]];
      const browser = new Tab(issuer, old);
      // Whatever it prepares or remembers of the tables' shape, it has prepared now.
      const before = await exchangeCode(old.origin, await newCode(browser, issuer));
      expect(before.status).to.equal(200);

      const tables = await backend.query<{ name: string }>(
        `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`,
      );
      for (const { name } of tables) await backend.query(`ALTER TABLE "${name}" ADD COLUMN of_later TEXT`);
      await backend.query(
        `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
         VALUES (gen_random_uuid()::text, repeat('0', 64), now(), '29990101000000_of_later', 1)`,
      );

      const young = await deployment.add();
      for (const instance of [old, young, old]) {
        expect((await fetch(`${instance.origin}/readyz`)).status).to.equal(200);
        browser.via = instance;
        for (const agent of [browser, new Tab(issuer, instance)]) {
          const { status, body } = await exchangeCode(instance.origin, await newCode(agent, issuer));
          expect(status).to.equal(200);
          expect((await refresh(instance.origin, body.refresh_token ?? '')).status).to.equal(200);
        }
      }
      expect((await refresh(young.origin, before.body.refresh_token ?? '')).status).to.equal(200);
    });
  });
}
