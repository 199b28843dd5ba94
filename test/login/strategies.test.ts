// What every way of logging in has in common, whichever one is configured.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';
import { Agent, formIn, type Page } from '../support/agent.js';
import { authorizeUrl, exchangeCode, OTHER_USER, USER } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { logInFrom, type Scene, STRATEGIES, setScene } from '../support/login/person.js';
import { seconds } from '../support/login/site.js';
import { answer, answerParams, goOn, questionOn } from '../support/walk.js';

/** What the site does to its own table when somebody deletes their account. */
async function deleteRow(dataDir: string, id: string): Promise<void> {
  const client = new pg.Client(embeddedConnection(dataDir));
  await client.connect();
  await client.query('DELETE FROM users WHERE id = $1', [id]);
  await client.end();
}

for (const strategy of STRATEGIES) {
  describe(`login by ${strategy}`, () => {
    let scene: Scene;

    before(async () => {
      scene = await setScene(strategy);
    });
    after(() => scene.close());

    const issuer = () => scene.app.issuer;

    const begin = (agent: Agent, params: Record<string, string> = {}) =>
      goOn(agent, issuer(), authorizeUrl(issuer(), params));

    /** Agrees if asked, and redeems the code; the ID token's claims. */
    async function finish(agent: Agent, page: Page): Promise<Record<string, unknown>> {
      const last =
        questionOn(page) === 'consent'
          ? await goOn(agent, issuer(), await answer(agent, page, 'consent'))
          : page;
      const params = answerParams({ page: last });
      expect(params.state).to.equal('the-state');
      const { status, body } = await exchangeCode(issuer(), params.code ?? '');
      expect(status, JSON.stringify(body)).to.equal(200);
      return decodeJwt(body.id_token ?? '');
    }

    async function loggedIn(user = USER): Promise<Agent> {
      const agent = new Agent();
      await finish(agent, await logInFrom(scene, agent, await begin(agent), user));
      return agent;
    }

    it('ends in tokens for that user', async () => {
      const agent = new Agent();
      const page = await begin(agent, { max_age: '600' });
      const before = seconds();
      const claims = await finish(agent, await logInFrom(scene, agent, page));
      expect(claims.sub).to.equal(USER.id);
      expect(claims.amr).to.deep.equal(['pwd']);
      expect(claims.auth_time).to.be.within(before - 1, seconds());
    });

    it('is remembered: the next request asks nothing', async () => {
      const agent = await loggedIn();
      const back = await askSilently(agent, issuer());
      expect(back.get('code')).to.be.a('string');
    });

    it('is asked for again by prompt=login, and proves a new time', async () => {
      const agent = await loggedIn();
      const page = await begin(agent, { prompt: 'login' });
      expect(page.location?.startsWith(scene.site.origin) ?? questionOn(page) === 'login').to.equal(true);
      const requested = seconds();
      const claims = await finish(agent, await logInFrom(scene, agent, page));
      expect(claims.auth_time).to.be.at.least(requested - 1);
    });

    it('may be another user than before', async () => {
      const agent = await loggedIn();
      const page = await begin(agent, { prompt: 'login' });
      const claims = await finish(agent, await logInFrom(scene, agent, page, OTHER_USER));
      expect(claims.sub).to.equal(OTHER_USER.id);
    });

    it('can be that of another user from the consent page ("not you?")', async () => {
      const agent = await loggedIn();
      const consent = await begin(agent, { prompt: 'consent' });
      const page = await goOn(agent, issuer(), await agent.submit(formIn(consent, 'switch-form')));
      if (page.location) expect(new URL(page.location).searchParams.get('prompt')).to.equal('select_account');
      const claims = await finish(agent, await logInFrom(scene, agent, page, OTHER_USER));
      expect(claims.sub).to.equal(OTHER_USER.id);
    });

    it('gives the session a new id', async () => {
      const agent = new Agent();
      const page = await begin(agent);
      const before = agent.cookieHeader(`${issuer()}/`);
      await logInFrom(scene, agent, page);
      const name = /link2ur_op_session=[^;]+/;
      expect(agent.cookieHeader(`${issuer()}/`)).to.match(name);
      expect(name.exec(agent.cookieHeader(`${issuer()}/`))?.[0]).not.to.equal(name.exec(before)?.[0]);
    });

    for (const gone of ['deactivated', 'deleted'] as const) {
      it(`is no use to somebody ${gone} between login and token`, async () => {
        const { stores } = scene.app.services;
        const user = {
          ...USER,
          id: gone === 'deleted' ? '20000001' : '20000002',
          email: `${gone}@example.com`,
        };
        const hashedPassword = (await stores.users.findByIdentifier(USER.email))?.hashedPassword;
        await stores.users.save({ ...user, phone: undefined, hashedPassword });
        const agent = new Agent();
        const page = await logInFrom(scene, agent, await begin(agent), user);
        const back = await goOn(agent, issuer(), await answer(agent, page, 'consent'));
        const { code = '' } = answerParams({ page: back });
        if (gone === 'deleted') await deleteRow(scene.app.dataDir, user.id);
        else await stores.users.save({ ...user, phone: undefined, hashedPassword, isActive: false });
        // The site does not tell: what it wrote to its own table is seen within a second.
        await delay(1_000);
        const { status, body } = await exchangeCode(issuer(), code);
        expect([status, body.error]).to.deep.equal([400, 'invalid_grant']);
        expect((await askSilently(agent, issuer())).get('error')).to.equal('login_required');
      });
    }
  });
}
