// What one process ends, every instance refuses within a second: a client, a secret, a consent, a person.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type ClientInput, clientInputSchema } from '../../src/clients/input.js';
import { formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  OTHER_USER,
  postToken,
  refresh,
  userinfo,
  WEB_CLIENT,
} from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, Tab } from '../support/production/instances.js';
import { introspect, newCode } from '../support/production/requests.js';
import { walk } from '../support/walk.js';

/** The promise: whatever was ended is refused everywhere after this long. */
const PROMISE_MS = 1_000;

const SHORT_LIVED = { ...WEB_CLIENT, client_id: 'short-lived', client_name: 'Short-lived App' };
const NEW_SECRET = 'another-secret-of-the-test-suite-00002';

/** What somebody holds who has logged in: made on one instance, used once on the other. */
interface Credentials {
  browser: Tab;
  code: string;
  accessToken: string;
  refreshToken: string;
}

for (const mode of MODES) {
  describe(`two instances on ${mode.name} refuse within a second`, () => {
    let deployment: Deployment;
    let issuer: string;
    let instances: Instance[];
    let hold: (clientId: string, username?: string) => Promise<Credentials>;

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      ({ issuer, instances } = deployment);
      await setClient({});

      hold = async (clientId, username) => {
        const [a, b] = instances as [Instance, Instance];
        const browser = new Tab(issuer, a);
        const asClient = { client_id: clientId };
        const first = await newCode(browser, issuer, asClient, username);
        const { body } = await exchangeCode(a.origin, first, asClient);
        const accessToken = body.access_token ?? '';
        // Whatever may be remembered of all this is remembered by both.
        for (const { origin } of [a, b]) {
          expect((await userinfo(origin, accessToken)).status).to.equal(200);
          expect((await introspect(origin, accessToken, asClient)).body.active).to.equal(true);
        }
        const refreshed = await postToken(b.origin, {
          ...asClient,
          grant_type: 'refresh_token',
          refresh_token: body.refresh_token ?? '',
        });
        expect(refreshed.status).to.equal(200);
        const code = await newCode(browser, issuer, asClient, username);
        return { browser, code, accessToken, refreshToken: refreshed.body.refresh_token ?? '' };
      };
    });

    after(() => deployment?.close());

    function setClient(changes: Partial<ClientInput>) {
      const input = clientInputSchema.parse({ ...SHORT_LIVED, ...changes });
      return deployment.services.clients.apply(input, 'operator:test');
    }

    it('a client that is disabled, at every endpoint, and take it back when it is enabled', async () => {
      const { browser, code, accessToken, refreshToken } = await hold('short-lived');
      const asClient = { client_id: 'short-lived' };
      const use = (origin: string) => ({
        code: exchangeCode(origin, code, asClient),
        refresh: postToken(origin, { ...asClient, grant_type: 'refresh_token', refresh_token: refreshToken }),
      });
      await setClient({ is_active: false });
      await delay(PROMISE_MS);
      for (const instance of instances) {
        const { origin } = instance;
        for (const answer of Object.values(use(origin))) {
          expect((await answer).body.error).to.equal('invalid_client');
        }
        expect((await userinfo(origin, accessToken)).status).to.equal(401);
        const { status, body } = await introspect(origin, accessToken, asClient);
        expect({ status, error: body.error }).to.deep.equal({ status: 401, error: 'invalid_client' });
        browser.via = instance;
        const page = await browser.get(authorizeUrl(issuer, asClient));
        expect({ status: page.status, location: page.location }).to.deep.equal({
          status: 400,
          location: undefined,
        });
      }
      await setClient({});
      await delay(PROMISE_MS);
      const [a, b] = instances as [Instance, Instance];
      expect((await use(a.origin).refresh).status).to.equal(200);
      expect((await userinfo(b.origin, accessToken)).status).to.equal(200);
    });

    it('a client secret that was replaced, and take the new one', async () => {
      const use = (origin: string, secret?: string) =>
        exchangeCode(origin, 'of-nobody', {
          client_id: 'rotated',
          ...(secret !== undefined && { client_secret: secret }),
        });
      await setClient({ client_id: 'rotated' });
      for (const { origin } of instances) {
        expect((await use(origin)).body.error).to.equal('invalid_grant');
      }
      await setClient({ client_id: 'rotated', client_secret: NEW_SECRET });
      await delay(PROMISE_MS);
      for (const { origin } of instances) {
        expect((await use(origin)).body.error).to.equal('invalid_client');
        expect((await use(origin, NEW_SECRET)).body.error).to.equal('invalid_grant');
      }
    });

    it('the tokens of an app that the user removed at one of them, and ask for consent again', async () => {
      const { browser, code, accessToken, refreshToken } = await hold(WEB_CLIENT.client_id);
      const elsewhere = await hold('short-lived');
      const clientId = WEB_CLIENT.client_id;
      const page = await browser.get(`${issuer}/account/apps/${clientId}/revoke`);
      const removed = await browser.submit(formIn(page, 'revoke-form'));
      expect(removed.location).to.match(/\?done=revoked$/);
      await delay(PROMISE_MS);
      for (const instance of instances) {
        const { origin } = instance;
        expect((await userinfo(origin, accessToken)).status).to.equal(401);
        expect((await introspect(origin, accessToken)).body.active).to.equal(false);
        expect((await exchangeCode(origin, code)).body.error).to.equal('invalid_grant');
        expect((await refresh(origin, refreshToken)).body.error).to.equal('invalid_grant');
        browser.via = instance;
        expect((await askSilently(browser, issuer)).get('error')).to.equal('consent_required');
        // What was agreed with another app stays.
        expect((await userinfo(origin, elsewhere.accessToken)).status).to.equal(200);
      }
      const again = await walk(browser, issuer, authorizeUrl(issuer));
      expect(again.shown).to.deep.equal(['consent']);
      expect(again.page.location).to.match(/[?&]code=/);
    });

    it('a person whom the site deactivates in its own table', async () => {
      const { browser, code, accessToken, refreshToken } = await hold(WEB_CLIENT.client_id, OTHER_USER.email);
      const { query } = deployment.backend;
      await query('UPDATE users SET is_active = false WHERE id = $1', [OTHER_USER.id]);
      await delay(PROMISE_MS);
      for (const instance of instances) {
        const { origin } = instance;
        expect((await userinfo(origin, accessToken)).status).to.equal(401);
        expect((await exchangeCode(origin, code)).body.error).to.equal('invalid_grant');
        expect((await refresh(origin, refreshToken)).body.error).to.equal('invalid_grant');
        browser.via = instance;
        expect((await askSilently(browser, issuer)).get('error')).to.equal('login_required');
      }
    });

    it('a person whom the site deletes: everything of theirs is gone', async () => {
      const { query } = deployment.backend;
      await query('UPDATE users SET is_active = true WHERE id = $1', [OTHER_USER.id]);
      await delay(PROMISE_MS);
      const { browser, code, accessToken, refreshToken } = await hold(WEB_CLIENT.client_id, OTHER_USER.email);
      await query('DELETE FROM users WHERE id = $1', [OTHER_USER.id]);
      await delay(PROMISE_MS);
      for (const instance of instances) {
        const { origin } = instance;
        expect((await userinfo(origin, accessToken)).status).to.equal(401);
        expect((await introspect(origin, accessToken)).body.active).to.equal(false);
        expect((await exchangeCode(origin, code)).body.error).to.equal('invalid_grant');
        expect((await refresh(origin, refreshToken)).body.error).to.equal('invalid_grant');
        browser.via = instance;
        expect((await askSilently(browser, issuer)).get('error')).to.equal('login_required');
      }
    });
  });
}
