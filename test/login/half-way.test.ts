// What is under way when the ground it stands on is taken away.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { authorizeUrl, exchangeCode, USER } from '../support/app.js';
import { askSilently, openLogin } from '../support/browsing.js';
import { returnTo, type Scene, STRATEGIES, setScene, uidOf } from '../support/login/person.js';
import { COOKIE, EVENTS_TOKEN, seconds } from '../support/login/site.js';
import { answer, answerParams, goOn, questionOn, walk } from '../support/walk.js';

for (const strategy of STRATEGIES) {
  describe(`a login half way (${strategy})`, () => {
    let scene: Scene;
    before(async () => {
      scene = await setScene(strategy);
    });
    after(() => scene.close());
    const issuer = () => scene.app.issuer;

    /** A login that was done; its answer is not followed yet. */
    async function heldLogin(agent: Agent): Promise<string> {
      const page = await openLogin(agent, issuer());
      if (strategy === 'local') return (await answer(agent, page, 'login')).location ?? '';
      const back = returnTo(page);
      if (strategy === 'session') {
        agent.setCookie(COOKIE, scene.site.open({ id: USER.id, auth_time: seconds(), amr: ['pwd'] }));
      } else {
        back.searchParams.set(
          'login_ticket',
          await scene.site.ticket({ sub: USER.id, interaction: uidOf(back) }),
        );
      }
      return (await agent.get(back.href)).location ?? '';
    }

    const tell = (event: string) =>
      fetch(`${issuer()}/api/admin/oauth/users/${USER.id}/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${EVENTS_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ event }),
      });

    it('is over when the password is changed before it is followed', async () => {
      const agent = new Agent();
      const resume = await heldLogin(agent);
      expect(resume).to.match(/\/api\/oauth\/authorize\//);
      expect((await tell('password_changed')).status).to.equal(204);
      // At the site that session is over as well.
      agent.dropCookie(COOKIE);
      const page = await goOn(agent, issuer(), resume);
      expect(page.location?.startsWith(scene.site.origin) ?? questionOn(page) === 'login').to.equal(true);
      expect((await askSilently(agent, issuer())).get('error')).to.equal('login_required');
    });

    it('begun after that is as good as ever', async () => {
      await tell('password_changed');
      const agent = new Agent();
      const { page } = await walk(agent, issuer(), await heldLogin(agent));
      expect(answerParams({ page }).code).to.be.a('string');
    });
  });
}

describe('an authorization on a remembered consent', () => {
  it('is nothing when the consent is withdrawn while it is given', async () => {
    const scene = await setScene('local');
    try {
      const { issuer } = scene.app;
      const { stores, consents } = scene.app.services;
      await walk(new Agent(), issuer, authorizeUrl(issuer));
      const upsert = stores.grants.upsert.bind(stores.grants);
      let withdrawn = 0;
      stores.grants.upsert = async (grant) => {
        withdrawn += 1;
        if (withdrawn === 1) {
          await consents.withdraw({ userId: USER.id, clientId: 'web-app', actor: `user:${USER.id}` });
        }
        await upsert(grant);
      };
      const agent = new Agent();
      const page = await goOn(agent, issuer, await answer(agent, await openLogin(agent, issuer), 'login'));
      expect(withdrawn).to.be.at.least(1);
      expect(questionOn(page)).to.equal('consent');
      expect((await askSilently(agent, issuer)).get('error')).to.equal('consent_required');
      const { code = '' } = answerParams(await walk(agent, issuer, page));
      expect((await exchangeCode(issuer, code)).status).to.equal(200);
      expect((await consents.list(USER.id)).map(({ clientId }) => clientId)).to.deep.equal(['web-app']);
    } finally {
      await scene.close();
    }
  });
});
