// `user`, `session` and `consent` as processes, beside a server that runs on the embedded database.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { OTHER_USER, USER, WEB_CLIENT } from '../support/app.js';
import { freePort, type ServiceProcess, seededDataDir, startService } from '../support/child.js';
import { runCli, runInProcess } from '../support/cli.js';
import { type Inspector, openInspector } from '../support/inspector.js';
import { eventually } from '../support/production/waiting.js';
import { logIn, whatWorks } from '../support/user-operations.js';

const NOTHING = { browser: false, access: false, refresh: false };
const NOBODY = '99999999';

describe('npm run cli -- user, session, consent (while the server runs)', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let inspector: Inspector;
  let env: Record<string, string>;

  before(async () => {
    dataDir = await seededDataDir();
    const port = await freePort();
    env = { DATA_DIR: dataDir, PORT: String(port), TRUST_PROXY: '1' };
    service = await startService(dataDir, port, { TRUST_PROXY: '1' });
    inspector = await openInspector(dataDir);
  });
  after(async () => {
    await inspector?.close();
    service?.process.kill('SIGKILL');
    await service?.ended;
    await rm(dataDir, { recursive: true, force: true });
  });

  const run = (...args: string[]) => runCli(args, { env });
  async function json(...args: string[]) {
    const finished = await run(...args, '--json');
    expect(finished.code, finished.stderr + finished.stdout).to.equal(0);
    return JSON.parse(finished.stdout);
  }
  const issuer = () => service.issuer;

  /** Within a second: this is another process. */
  async function isDead(login: Awaited<ReturnType<typeof logIn>>): Promise<void> {
    await eventually(1_000, async () => {
      const { browser, access } = await whatWorks({ ...login, refreshToken: '' }, issuer());
      if (browser || access) throw new Error('still works');
    });
    expect(await whatWorks(login, issuer())).to.deep.equal(NOTHING);
  }

  it('shows a user by id, e-mail address or phone number', async () => {
    await logIn(issuer(), { offline: true });
    for (const name of [USER.id, USER.email.toUpperCase(), USER.phone]) {
      const shown = await json('user', 'show', name);
      expect(shown).to.include({ user_id: USER.id });
      expect(shown.user).to.include({ name: USER.name, email: USER.email, is_active: true });
      expect(shown.user).to.not.have.any.keys('hashed_password', 'hashedPassword');
      expect(shown.counts).to.deep.equal({ sessions: 1, consents: 1, grants: 1, refresh_tokens: 1 });
      expect(Date.parse(shown.last_used_at)).to.be.a('number').and.not.NaN;
    }
    const { stdout } = await run('user', 'show', USER.id);
    expect(stdout).to.include(USER.name).and.include(USER.email).and.not.include('$2');
  });

  it('lists sessions and consents, for people and for programs', async () => {
    const [session] = (await json('user', 'sessions', USER.id)).sessions;
    expect(session).to.include({ user_id: USER.id });
    expect(session.clients).to.deep.equal([{ client_id: 'web-app', outlives_session: true }]);
    expect((await json('session', 'list', '--user', USER.email)).sessions).to.deep.equal([session]);
    expect((await json('session', 'list', '--client', 'spa')).sessions).to.deep.equal([]);
    const [consent] = (await json('user', 'consents', USER.id)).consents;
    expect(consent).to.include({ user_id: USER.id, client_id: 'web-app' });
    expect((await json('consent', 'list', '--client', 'web-app')).consents).to.deep.equal([consent]);
    expect((await run('session', 'list')).stdout)
      .to.include(session.uid)
      .and.match(/^SESSION +USER/);
    expect((await run('consent', 'list')).stdout)
      .to.include('web-app')
      .and.match(/^USER +APP/);
  });

  it('pages with a cursor', async () => {
    await logIn(issuer(), { username: OTHER_USER.email });
    const first = await json('session', 'list', '--limit', '1');
    const second = await json('session', 'list', '--limit', '1', '--cursor', first.next);
    const uids = [...first.sessions, ...second.sessions].map(({ uid }: { uid: string }) => uid);
    expect(new Set(uids).size).to.equal(2);
    expect(second).to.not.have.property('next');
    expect((await run('session', 'list', '--limit', '1')).stdout).to.include(`--cursor ${first.next}`);
  });

  it('exports all that is held of a user, and no value or hash that somebody could use', async () => {
    const login = await logIn(issuer(), { offline: true });
    const all = await json('user', 'export', USER.id);
    expect(all).to.have.all.keys(
      'version',
      'exported_at',
      'user_id',
      'user',
      'claims',
      'consents',
      'sessions',
      'grants',
      'refresh_tokens',
      'roles',
      'logout_deliveries',
      'audit_events',
    );
    expect(all.version).to.equal(1);
    expect(all.claims).to.include({ sub: USER.id, email: USER.email, phone_number: USER.phone });
    expect(all.refresh_tokens[0]).to.have.keys(
      'client_id',
      'grant_id',
      'session_uid',
      'scopes',
      'issued_at',
      'expires_at',
    );
    expect(all.audit_events.map(({ type }: { type: string }) => type)).to.include('consent.granted');
    const text = JSON.stringify(all);
    const keys = await inspector.query<{ key: string }>(
      'SELECT key FROM oauth_refresh_token UNION SELECT key FROM oauth_session_key UNION SELECT key FROM oauth_artifact',
    );
    for (const secret of [login.accessToken, login.refreshToken, ...keys.map(({ key }) => key), '$2']) {
      expect(text.includes(secret), secret).to.equal(false);
    }
    expect(JSON.parse((await run('user', 'export', USER.id)).stdout)).to.include({ user_id: USER.id });
  });

  it('ends a session, and its tokens within a second on the server', async () => {
    const login = await logIn(issuer(), { username: OTHER_USER.email });
    const { sessions } = await json('user', 'sessions', OTHER_USER.id);
    const uids = sessions.map(({ uid }: { uid: string }) => uid);
    const { ended } = await json('session', 'end', ...uids, '--yes');
    expect(ended.map(({ uid }: { uid: string }) => uid)).to.deep.equal(uids);
    expect(ended[0])
      .to.include({ user_id: OTHER_USER.id })
      .and.deep.include({ clients: ['web-app'] });
    await isDead(login);
  });

  it('ends all sessions of a user', async () => {
    const logins = [
      await logIn(issuer(), { username: OTHER_USER.email }),
      await logIn(issuer(), { username: OTHER_USER.email }),
    ];
    expect((await json('session', 'end', '--user', OTHER_USER.id, '--yes')).ended).to.have.length(2);
    for (const login of logins) await isDead(login);
    expect((await json('session', 'end', '--user', OTHER_USER.id, '--yes')).ended).to.deep.equal([]);
  });

  it('takes a consent back', async () => {
    const login = await logIn(issuer(), { offline: true, username: OTHER_USER.email });
    const done = await json('consent', 'revoke', OTHER_USER.id, 'web-app', '--yes');
    expect(done).to.include({ user_id: OTHER_USER.id, client_id: 'web-app', consents: 1 });
    await isDead(login);
    expect(await json('consent', 'list', '--user', OTHER_USER.id)).to.deep.equal({ consents: [] });
  });

  it('revokes a user, and their tokens are dead within a second on the server', async () => {
    const login = await logIn(issuer(), { offline: true });
    const revoked = await json('user', 'revoke', USER.id, '--yes');
    expect(revoked.clients).to.deep.equal(['web-app']);
    expect(revoked.sessions).to.be.at.least(1);
    await isDead(login);
    expect(await json('user', 'revoke', USER.id, '--yes')).to.include({
      sessions: 0,
      grants: 0,
      consents: 0,
    });
    const [event] = await inspector.query<{ actor: string; request_id: string }>(
      "SELECT actor, request_id FROM oauth_audit_event WHERE type = 'user.revoked' ORDER BY id DESC LIMIT 1",
    );
    expect(event?.actor).to.match(/^operator:/);
    expect(event?.request_id).to.match(/^cli-/);
  });

  it('revokes what one app holds', async () => {
    const login = await logIn(issuer(), { offline: true });
    const revoked = await json('user', 'revoke', USER.email, '--client', WEB_CLIENT.client_id, '--yes');
    expect(revoked).to.include({ user_id: USER.id, consents: 1 });
    await eventually(1_000, async () => {
      if ((await whatWorks({ ...login, refreshToken: '' }, issuer())).access) throw new Error('still works');
    });
  });

  it('forgets a user: only the site’s own row names them, and no secret was said', async () => {
    const ip = '203.0.113.79';
    const login = await logIn(issuer(), { offline: true, ip });
    const finished = await run('user', 'forget', USER.id, '--yes', '--json');
    expect(finished.code).to.equal(0);
    expect(JSON.parse(finished.stdout)).to.include({ user_id: USER.id, sessions: 2, consents: 1 });
    expect(finished.stdout).to.not.match(/"~/);
    expect(finished.stderr).to.match(/may take a while/);
    await isDead(login);
    const rows = (await inspector.dump()).split('\n').filter((row) => !row.startsWith('users '));
    for (const name of [USER.id, USER.name, USER.email, USER.phone, ip]) {
      expect(
        rows.filter((row) => row.includes(name)),
        name,
      ).to.deep.equal([]);
    }
    expect(await json('user', 'show', USER.id)).to.deep.include({
      counts: { sessions: 0, consents: 0, grants: 0, refresh_tokens: 0 },
    });
    expect((await json('user', 'export', USER.id)).audit_events).to.deep.equal([]);
  });

  describe('refuses, and changes nothing:', () => {
    let stored: string;
    before(async () => {
      await logIn(issuer(), { offline: true, username: OTHER_USER.email });
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    beforeEach(async () => {
      stored = await state();
    });
    /** All but what the server does by itself meanwhile: sealing the audit trail. */
    const state = async () =>
      (await inspector.dump())
        .split('\n')
        .filter((row) => !/^(oauth_audit_block|oauth_audit_key) /.test(row))
        .sort()
        .join('\n');

    const refusals: [string, string[], number, RegExp][] = [
      ['a user nobody knows', ['user', 'show', NOBODY], 3, /nobody has this id/],
      ['an address nobody has', ['user', 'show', 'nobody@example.com'], 3, /nobody has this id/],
      ['an id that is none', ['user', 'show', '%'], 3, /nobody has this id/],
      ['sessions of nobody', ['user', 'sessions', NOBODY], 3, /nobody has this id/],
      ['consents of nobody', ['user', 'consents', NOBODY], 3, /nobody has this id/],
      ['an export of nobody', ['user', 'export', NOBODY], 3, /nobody has this id/],
      ['revoking nobody', ['user', 'revoke', NOBODY, '--yes'], 3, /nobody has this id/],
      ['forgetting nobody', ['user', 'forget', NOBODY, '--yes'], 3, /nobody has this id/],
      [
        'sessions of nobody, to be ended',
        ['session', 'end', '--user', NOBODY, '--yes'],
        3,
        /nobody has this id/,
      ],
      ['a session that is not there', ['session', 'end', 'none'], 3, /no such session/],
      ['a list of nobody’s sessions', ['session', 'list', '--user', NOBODY], 3, /nobody has this id/],
      ['a list of what nothing was given', ['consent', 'list', '--client', 'nope'], 3, /no client nope/],
      ['a consent to nobody', ['consent', 'revoke', OTHER_USER.id, 'none', '--yes'], 3, /given nothing/],
      ['a consent of nobody', ['consent', 'revoke', NOBODY, 'web-app', '--yes'], 3, /nobody has this id/],
      ['revoking without --yes', ['user', 'revoke', OTHER_USER.id], 2, /Say --yes/],
      ['forgetting without --yes', ['user', 'forget', OTHER_USER.id], 2, /Say --yes/],
      ['ending many without --yes', ['session', 'end', '--user', OTHER_USER.id], 2, /Say --yes/],
      ['taking back without --yes', ['consent', 'revoke', OTHER_USER.id, 'web-app'], 2, /Say --yes/],
      ['no user', ['user', 'revoke', '--yes'], 2, /something is missing/],
      ['two users', ['user', 'forget', OTHER_USER.id, USER.id, '--yes'], 2, /what does '10000001' mean/],
      ['no session', ['session', 'end'], 2, /say which session/],
      ['a session and a user', ['session', 'end', 'x', '--user', OTHER_USER.id], 2, /say which session/],
      ['a limit that is no number', ['session', 'list', '--limit', 'many'], 2, /whole number/],
      ['a limit too high', ['consent', 'list', '--limit', '201'], 2, /1 to 200/],
      ['a cursor that is none', ['consent', 'list', '--cursor', 'x'], 2, /cursor/],
      ['an unknown option', ['user', 'forget', OTHER_USER.id, '--force'], 2, /--force/],
      ['a value for --yes', ['user', 'forget', OTHER_USER.id, '--yes=no'], 2, /does not take an argument/],
    ];
    for (const [what, args, code, message] of refusals) {
      it(what, async () => {
        const said = await runInProcess(args, { env });
        expect({ code: said.code, stdout: said.stdout }).to.deep.equal({ code, stdout: '' });
        expect(said.stderr).to.match(message);
        expect(await state()).to.equal(stored);
      });
    }

    it('a list of sessions in which one is not there', async () => {
      const { sessions } = await json('user', 'sessions', OTHER_USER.id);
      const said = await run('session', 'end', sessions[0].uid, 'none', '--yes');
      expect(said.code).to.equal(3);
      expect(await state()).to.equal(stored);
    });

    it('as one JSON object on standard output, where that is asked for', async () => {
      const said = await run('user', 'forget', NOBODY, '--yes', '--json');
      expect(said.code).to.equal(3);
      expect(JSON.parse(said.stdout)).to.include({ error: 'not_found' });
    });
  });
});
