// `revoke`: everything a user's apps hold dies now.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { NotFoundError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  OTHER_USER,
  signIn,
  startApp,
  type TestApp,
  USER,
  WEB_CLIENT,
} from '../support/app.js';
import { askSilently, openLogin } from '../support/browsing.js';
import { openInspector } from '../support/inspector.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { register } from '../support/relying-party.js';
import { AUTHOR, logIn, pendingCode, whatWorks } from '../support/user-operations.js';
import { answer, goOn, questionOn } from '../support/walk.js';

const NOTHING = { browser: false, access: false, refresh: false };

describe('revoking a user', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
    const other = {
      ...WEB_CLIENT,
      client_id: 'other-app',
      redirect_uris: ['https://other.example/callback'],
    };
    await app.services.clients.apply(clientInputSchema.parse(other), 'operator:test');
  });
  after(() => app.close());
  const revoke = (userId: string, clientId?: string) =>
    app.services.users.revoke(userId, { clientId }, AUTHOR);

  it('ends every browser, token and code of theirs, and nobody else’s', async () => {
    const [here, there] = [await logIn(app.issuer, { offline: true }), await logIn(app.issuer)];
    const stranger = await logIn(app.issuer, { offline: true, username: OTHER_USER.email });
    const code = await pendingCode(here, app.issuer);
    const revoked = await revoke(USER.id);
    expect(revoked).to.include({ userId: USER.id, sessions: 2, consents: 1 });
    expect(revoked.grants).to.be.at.least(2);
    expect(revoked.clientIds).to.deep.equal(['web-app']);
    expect(await whatWorks(here, app.issuer)).to.deep.equal(NOTHING);
    expect(await whatWorks(there, app.issuer)).to.deep.equal(NOTHING);
    expect((await exchangeCode(app.issuer, code)).body.error).to.equal('invalid_grant');
    expect(await whatWorks(stranger, app.issuer)).to.deep.equal({
      browser: true,
      access: true,
      refresh: true,
    });
    expect(await app.services.consents.list(USER.id)).to.deep.equal([]);
  });

  it('is written down once, with who did it and how much it was', async () => {
    await logIn(app.issuer);
    await revoke(USER.id);
    await revoke(USER.id);
    const [event, before] = await app.services.stores.audit.list({
      type: 'user.revoked',
      userId: USER.id,
      limit: 2,
    });
    expect(event).to.include(AUTHOR);
    expect(event?.details).to.deep.equal({ sessions: 1, grants: 1, consents: 1 });
    expect(before?.details).to.not.deep.equal({ sessions: 0, grants: 0, consents: 0 });
  });

  it('ends a login that is half way, and one begun later is as good as ever', async () => {
    const agent = new Agent();
    const page = await answer(agent, await openLogin(agent, app.issuer), 'login');
    await revoke(USER.id);
    const end = await goOn(agent, app.issuer, page.location ?? '');
    expect(questionOn(end)).to.equal('login');
    expect((await askSilently(agent, app.issuer)).get('error')).to.equal('login_required');
    expect(await whatWorks(await logIn(app.issuer), app.issuer)).to.include({ browser: true, access: true });
  });

  it('for one app leaves the other apps and the session alone', async () => {
    const login = await logIn(app.issuer, { offline: true });
    const other = { client_id: 'other-app', redirect_uri: 'https://other.example/callback' };
    await signIn(login.agent, app.issuer, authorizeUrl(app.issuer, other));
    const revoked = await revoke(USER.id, 'web-app');
    expect(revoked.consents).to.equal(1);
    expect(revoked.clientIds).to.deep.equal(['web-app']);
    expect((await askSilently(login.agent, app.issuer, other)).has('code')).to.equal(true);
    expect((await askSilently(login.agent, app.issuer)).get('error')).to.equal('consent_required');
    expect(await whatWorks(login, app.issuer)).to.include({ access: false, refresh: false });
    expect(await revoke(USER.id, 'no-such-app')).to.deep.include({ clientIds: [], consents: 0 });
    await revoke(USER.id);
  });

  it('tells apps that take part in no session any more, too', async () => {
    const receiver = await openLogoutReceiver();
    try {
      await register(app, { client_id: 'web-app', backchannel_logout_uri: receiver.uri });
      await logIn(app.issuer, { offline: true });
      await app.services.stores.sessions.destroyByUser(USER.id);
      await revoke(USER.id);
      expect(await receiver.tokens(1)).to.have.length(1);
    } finally {
      await receiver.close();
      await register(app, { client_id: 'web-app', backchannel_logout_uri: undefined });
    }
  });

  for (const id of ['99999999', '', 'too-long-for-an-id', 'a\0bcdefg', '%']) {
    it(`of whom nothing is held (${JSON.stringify(id)}) is refused, and leaves no trace`, async () => {
      const inspector = await openInspector(app.dataDir);
      const before = (await inspector.counts()).oauth_audit_event;
      const works = [
        () => revoke(id),
        () => revoke(id, 'web-app'),
        () => app.services.users.forget(id, AUTHOR),
        () => app.services.users.export(id),
      ];
      for (const work of works) {
        expect(await work().catch((error: unknown) => error)).to.be.instanceOf(NotFoundError);
      }
      expect((await inspector.counts()).oauth_audit_event).to.equal(before);
      await inspector.close();
    });
  }

  it('twenty times at once, while they log in again and again, leaves nothing that hangs together wrongly', async () => {
    const logins = Array.from({ length: 4 }, () =>
      logIn(app.issuer, { offline: true }).catch(() => undefined),
    );
    await Promise.all([...logins, ...Array.from({ length: 20 }, () => revoke(USER.id))]);
    await revoke(USER.id);
    for (const login of await Promise.all(logins)) {
      if (login) expect(await whatWorks(login, app.issuer)).to.deep.equal(NOTHING);
    }
  });
});
