// Keys change while two instances serve: no request fails, no ID token fails to verify, and both follow by themselves.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createServices } from '../../src/app.js';
import { clientInputSchema } from '../../src/clients/input.js';
import { loadConfig } from '../../src/config/load.js';
import { listen } from '../../src/http/listen.js';
import { openStores } from '../../src/store/open.js';
import type { Stores } from '../../src/store/ports/index.js';
import { expectOneActiveEach, OPERATOR, openKeyBench, PRIVATE_MEMBERS } from '../keys/support.js';
import { WEB_CLIENT } from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import { type Backend, type Environment, MODES, openBackend } from '../support/production/backends.js';
import { type Deployment, deploy } from '../support/production/instances.js';
import { startKeyLoad } from '../support/production/key-load.js';
import { eventually } from '../support/production/waiting.js';

const ANNOUNCE_SECONDS = 10;
/** The rest of the load after the last change: longer than JWKS may be cached. */
const AFTERWARDS_MS = 6_000;
const SOON_MS = 8_000;

/** What the instances are deployed with, and the command line beside them. */
const KEK = Buffer.from(Array.from({ length: 32 }, (_, n) => n * 3 + 5)).toString('base64url');
const ENV: Environment = {
  KEY_ENCRYPTION_KEY: KEK,
  // Kept in the database.
  COOKIE_KEYS: '',
  KEY_ANNOUNCE_SECONDS: String(ANNOUNCE_SECONDS),
};

const CLIENTS = { RS256: 'web-app', ES256: 'app-es256', EdDSA: 'app-eddsa' } as const;
type Alg = keyof typeof CLIENTS;

for (const mode of MODES) {
  describe(`keys on ${mode.name}`, () => {
    let deployment: Deployment;

    before(async () => {
      deployment = await deploy(mode, { count: 2, env: ENV });
      for (const alg of ['ES256', 'EdDSA'] as const) {
        const client = { ...WEB_CLIENT, client_id: CLIENTS[alg], id_token_signed_response_alg: alg };
        await deployment.services.clients.apply(clientInputSchema.parse(client), 'operator:test');
      }
    });
    after(() => deployment?.close());

    async function key(...args: string[]) {
      const env = { ...deployment.backend.env, ...ENV, OAUTH_ISSUER: deployment.issuer };
      const { code, stdout, stderr } = await runInProcess(['key', ...args, '--json'], { env });
      expect(code, stdout + stderr).to.equal(0);
      return JSON.parse(stdout);
    }
    const list = () => deployment.services.keys.list();
    const kidOf = async (alg: string, state: string) =>
      (await list()).find((one) => one.alg === alg && one.state === state)?.kid ?? '';
    const activeKids = async () =>
      Object.fromEntries(
        await Promise.all(
          (Object.keys(CLIENTS) as Alg[]).map(async (alg) => [alg, await kidOf(alg, 'active')]),
        ),
      ) as Record<Alg, string>;

    async function published({ origin }: { origin: string }): Promise<string[]> {
      const text = await (await fetch(`${origin}/api/oauth/jwks`)).text();
      expect(text).not.to.match(PRIVATE_MEMBERS);
      return (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    }
    const everywhere = (check: (kids: string[]) => void) =>
      eventually(SOON_MS, async () => {
        for (const instance of deployment.instances) check(await published(instance));
      });

    it('are rotated, retired and revoked under load: no request fails, every ID token verifies', async () => {
      const before = await activeKids();
      const cookieBefore = await kidOf('HMAC', 'active');
      const { issuer, instances } = deployment;
      const load = startKeyLoad({
        issuer,
        instances,
        clients: Object.values(CLIENTS),
        isRevoked: (kid) => kid === before.EdDSA,
      });
      await key('rotate', '--alg', 'RS256');
      await key('rotate', '--cookie');
      // These two wait for somebody to use them.
      await key('generate', '--alg', 'ES256');
      await key('generate', '--alg', 'EdDSA');
      await delay((ANNOUNCE_SECONDS + 1) * 1_000);
      await key('retire', before.ES256);
      await key('revoke', before.EdDSA, '--yes');
      await delay(AFTERWARDS_MS);
      await load.stop();

      expect(load.failures).to.deep.equal([]);
      const after = await activeKids();
      for (const alg of Object.keys(CLIENTS) as Alg[]) {
        expect(load.kids(CLIENTS[alg]), alg).to.deep.equal([before[alg], after[alg]]);
      }
      expect(await kidOf('HMAC', 'active')).not.to.equal(cookieBefore);
      expect(load.logins()).to.be.greaterThan(20);
      await everywhere((kids) => {
        expect(kids).to.include.members([before.RS256, before.ES256, ...Object.values(after)]);
        expect(kids).not.to.include(before.EdDSA);
      });
      await expectOneActiveEach(deployment.services.stores);
    });

    it('are gone when their time is over, everywhere, and their private part with them', async () => {
      const retired = await kidOf('ES256', 'retired');
      await deployment.backend.query(
        `UPDATE oauth_signing_key SET retired_at = retired_at - interval '15 days' WHERE kid = $1`,
        [retired],
      );
      await everywhere((kids) => expect(kids).not.to.include(retired));
      const rows = await deployment.backend.query(
        'SELECT state, private_sealed, gone_at FROM oauth_signing_key WHERE kid = $1',
        [retired],
      );
      expect(rows[0]).to.include({ state: 'gone', private_sealed: null });
      expect(rows[0]?.gone_at).to.be.instanceOf(Date);
    });

    it('are followed also where no word of a change arrives', async () => {
      const { key: made } = await key('generate', '--alg', 'EdDSA');
      await everywhere((kids) => expect(kids).to.include(made.kid));
      await deployment.backend.query('DELETE FROM oauth_signing_key WHERE kid = $1', [made.kid]);
      await everywhere((kids) => expect(kids).not.to.include(made.kid));
    });

    it('are followed by word of a change alone: nobody has to look', async () => {
      const config = loadConfig({
        ...deployment.backend.env,
        ...ENV,
        OAUTH_ISSUER: deployment.issuer,
        LOG_LEVEL: 'silent',
      });
      // Its background work is not started: it never looks by itself.
      const services = await createServices(config);
      const listener = await listen(services.http, { host: '127.0.0.1', port: 0 });
      try {
        const origin = `http://localhost:${listener.port}`;
        const { keys } = await key('rotate', '--alg', 'RS256', '--now', '--yes');
        const successor = keys.find(({ state }: { state: string }) => state === 'active').kid;
        await eventually(SOON_MS, async () => expect(await published({ origin })).to.include(successor));
      } finally {
        await listener.close();
        await services.close();
      }
    });

    it('wrote no private part into a log', async () => {
      for (const instance of deployment.instances) {
        expect(instance.output()).to.include('other keys are in use').and.not.to.match(PRIVATE_MEMBERS);
        expect(instance.output()).not.to.include(KEK);
      }
    });
  });

  describe(`operators at once on ${mode.name}`, () => {
    let backend: Backend;
    let stores: Stores[];

    before(async () => {
      backend = await openBackend(mode);
      stores = await Promise.all([1, 2].map(() => openStores(loadConfig(backend.env))));
    });
    after(async () => {
      for (const one of stores ?? []) await one.close();
      await backend?.close();
    });

    it('leave each algorithm with one key that signs', async () => {
      const [one, other] = stores.map((each) => openKeyBench({ KEY_ENCRYPTION_KEY: KEK }, each).keys) as [
        Keys,
        Keys,
      ];
      await Promise.all([one.ensure(), other.ensure()]);
      const [first] = stores as [Stores];
      await expectOneActiveEach(first);
      for (let round = 0; round < 6; round += 1) {
        const active = (await one.list()).find(({ alg, state }) => alg === 'ES256' && state === 'active');
        const kid = active?.kid ?? '';
        const results = await Promise.allSettled([
          one.revoke(kid, OPERATOR),
          other.revoke(kid, OPERATOR),
          one.rotate({ algs: ['ES256', 'HMAC'], now: true }, OPERATOR),
          other.rotate({ algs: ['HMAC', 'ES256'], now: true }, OPERATOR),
          other.advance(),
          one.retire(kid, OPERATOR),
        ]);
        const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
        for (const reason of reasons) expect(reason.statusCode, String(reason)).to.equal(409);
        expect(results.slice(0, 2).filter(({ status }) => status === 'fulfilled')).to.have.length(1);
        await expectOneActiveEach(first);
      }
    });
  });
}

type Keys = ReturnType<typeof openKeyBench>['keys'];
