// `doctor handoff` against a site with sessions that is well, and broken in one place at a time.
import { expect } from 'chai';
import { freePort } from '../support/app.js';
import { type Diagnosis, diagnose, namesOf, runCli } from '../support/cli.js';
import {
  COOKIE_VALUE,
  NOBODY,
  page,
  type Routes,
  redirect,
  type StandInSite,
  somebody,
  startStandInSite,
} from './stand-in-site.js';

type Parameters = { parameters: URLSearchParams };

describe('npm run cli -- doctor handoff', () => {
  let site: StandInSite;

  before(async () => {
    site = await startStandInSite();
  });
  after(() => site.close());
  beforeEach(() => site.breakRoutes({}));

  const withCookie = (routes: Partial<Routes> = {}): Promise<Diagnosis> => {
    site.breakRoutes(routes);
    return diagnose(['--cookie-stdin'], { env: site.env.session, input: `${COOKIE_VALUE}\n` });
  };

  describe('for the session strategy', () => {
    it('finds nothing wrong with a good site, and says what it looked at', async () => {
      const diagnosis = await withCookie();
      expect(namesOf(diagnosis, 'failed')).to.deep.equal([]);
      expect(namesOf(diagnosis, 'warning')).to.deep.equal([]);
      expect(diagnosis.code).to.equal(0);
      expect(Object.keys(diagnosis.checks)).to.include.members([
        'cookie-domain',
        'login-page',
        'login-return-to',
        'login-back',
        'login-prompt',
        'session-nobody',
        'session-nonsense',
        'session-user',
        'session-auth-time',
        'logout',
        'logout-return-to',
        'events',
        'clock',
      ]);
    });

    it('prints one line for each check, and never the cookie', async () => {
      const { code, stdout, stderr } = await runCli(['doctor', 'handoff', '--cookie-stdin'], {
        env: site.env.session,
        input: COOKIE_VALUE,
      });
      expect([code, stderr]).to.deep.equal([0, '']);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[0]).to.include('Login hand-off (session)');
      expect(lines.at(-1)).to.match(/^\d+ ok, \d+ warnings, 0 failed$/);
      for (const line of lines.slice(1, -1)) expect(line).to.match(/^(ok|warning) +[a-z-]+ {2,}\S/);
      expect(stdout).not.to.include(COOKIE_VALUE);
    });

    it('shows nobody’s session to the logout page, and no cookie but the one that is meant', async () => {
      site.seen.length = 0;
      await withCookie();
      const cookies = (path: string) =>
        site.seen.filter((one) => one.path === path).map(({ cookie }) => cookie);
      expect(cookies('/logout')).to.not.include(`site=${COOKIE_VALUE}`);
      expect(cookies('/session')).to.deep.equal([
        undefined,
        'site=link2ur-doctor-nonsense',
        `site=${COOKIE_VALUE}`,
      ]);
    });

    const followsAll = ({ parameters }: Parameters) => redirect(parameters.get('return_to') ?? '/');
    const now = () => Math.floor(Date.now() / 1000);
    const asUser = (members: object): Partial<Routes> => ({
      '/session': ({ isLoggedIn }) => (isLoggedIn ? somebody(members) : NOBODY),
    });
    const faults: Record<string, [Partial<Routes>, string[], string[]]> = {
      'a login page that is not there': [{ '/login': () => ({ status: 404 }) }, ['login-page'], []],
      'a login page that goes back without a login': [{ '/login': followsAll }, ['login-page'], []],
      'a login page that goes anywhere, for a user who is logged in': [
        { '/login': (request) => (request.isLoggedIn ? followsAll(request) : page()) },
        ['login-return-to', 'login-prompt'],
        [],
      ],
      'a login page that compares only the beginning of return_to': [
        {
          '/login': ({ parameters, isLoggedIn }) => {
            const returnTo = parameters.get('return_to') ?? '';
            const isGood = isLoggedIn && !parameters.get('prompt') && returnTo.startsWith('http://localhost');
            return isGood ? redirect(returnTo) : page();
          },
        },
        ['login-return-to'],
        [],
      ],
      'a login page that always asks': [{ '/login': () => page() }, [], ['login-back']],
      'a session endpoint that redirects to the login page': [
        { '/session': ({ isLoggedIn }) => (isLoggedIn ? somebody() : redirect('/login')) },
        ['session-nobody', 'session-nonsense'],
        [],
      ],
      'a session endpoint that answers 200 for nobody': [
        { '/session': ({ isLoggedIn }) => (isLoggedIn ? somebody() : { status: 200, json: { id: null } }) },
        ['session-nobody', 'session-nonsense'],
        [],
      ],
      'a session endpoint that breaks over nonsense': [
        {
          '/session': ({ cookie, isLoggedIn }) =>
            cookie && !isLoggedIn ? { status: 500, html: 'oops' } : isLoggedIn ? somebody() : NOBODY,
        },
        ['session-nonsense'],
        [],
      ],
      'a session endpoint that says 401 in HTML': [
        { '/session': ({ isLoggedIn }) => (isLoggedIn ? somebody() : { status: 401, html: '<p>no</p>' }) },
        [],
        ['session-nobody', 'session-nonsense'],
      ],
      'a session that has ended': [{ '/session': () => NOBODY }, ['session-user'], []],
      'an id that is a number': [asUser({ id: 10000002 }), ['session-user'], []],
      'no auth_time': [asUser({ auth_time: undefined }), [], ['session-auth-time']],
      'an auth_time in milliseconds': [asUser({ auth_time: now() * 1000 }), ['session-auth-time'], []],
      'an auth_time ahead': [asUser({ auth_time: now() + 86_400 }), ['session-auth-time'], []],
      'an auth_time in words': [asUser({ auth_time: '2026-01-01' }), ['session-auth-time'], []],
      'an amr that is no list': [asUser({ amr: 'pwd' }), ['session-amr'], []],
      'an acr that is no text': [asUser({ acr: 2 }), ['session-acr'], []],
      'an acr that is not on the list': [asUser({ acr: 'urn:x:y' }), [], ['session-acr']],
      'a session endpoint that needs 3 seconds': [
        { '/session': () => ({ ...NOBODY, delayMs: 3000 }) },
        ['session-nobody'],
        [],
      ],
      'a logout page that goes anywhere': [{ '/logout': followsAll }, ['logout-return-to'], []],
      'a logout page that only says goodbye': [{ '/logout': () => page('bye') }, [], ['logout']],
      'a logout page that breaks': [{ '/logout': () => ({ status: 500 }) }, ['logout'], []],
    };
    for (const [fault, [routes, failed, warnings]] of Object.entries(faults)) {
      it(`sees ${fault}`, async () => {
        const diagnosis = await withCookie(routes);
        expect(namesOf(diagnosis, 'failed')).to.have.members(failed);
        expect(namesOf(diagnosis, 'warning')).to.have.members(warnings);
        expect(diagnosis.code).to.equal(failed.length > 0 ? 1 : 0);
        for (const name of [...failed, ...warnings]) {
          expect(diagnosis.checks[name]?.advice, name).to.be.a('string');
        }
      });
    }

    it('says whose clock is ahead', async () => {
      for (const [seconds, message] of [
        [-90, / \d\d s behind$/],
        [90, / \d\d s ahead$/],
      ] as const) {
        const headers = () => ({ date: new Date(Date.now() + seconds * 1000).toUTCString() });
        const routes = {
          '/login': () => ({ ...page(), headers: headers() }),
          '/session': () => ({ ...NOBODY, headers: headers() }),
          '/logout': () => ({ ...page(), headers: headers() }),
        };
        site.breakRoutes(routes);
        const { checks } = await diagnose([], { env: site.env.session });
        expect(checks.clock).to.include({ status: 'warning' });
        expect(checks.clock?.message).to.match(message);
      }
    });

    it('warns of answers that need more than half a second', async () => {
      const slow: Partial<Routes> = {
        '/login': () => ({ ...page(), delayMs: 600 }),
        '/session': () => ({ ...NOBODY, delayMs: 600 }),
      };
      site.breakRoutes(slow);
      const { checks, code } = await diagnose([], { env: site.env.session });
      expect(code).to.equal(0);
      expect(checks['session-latency']?.status).to.equal('warning');
      expect(checks['login-page']?.status).to.equal('warning');
    });

    it('says that nothing listens, that a host is unknown, and that no cookie can arrive', async () => {
      const { checks, code } = await diagnose([], {
        env: {
          ...site.env.session,
          LINK2UR_LOGIN_URL: 'https://site.invalid/login',
          LINK2UR_SESSION_URL: `http://localhost:${await freePort()}/session`,
        },
      });
      expect(code).to.equal(1);
      expect(checks['login-page']?.message).to.include('the host is not known');
      expect(checks['session-nobody']?.message).to.include('nothing listens there');
      expect(checks['cookie-domain']?.status).to.equal('failed');
    });

    it('warns when neither logout nor events are configured', async () => {
      const { LINK2UR_LOGOUT_URL: _url, LINK2UR_EVENTS_TOKEN: _token, ...env } = site.env.session;
      const diagnosis = await diagnose([], { env });
      expect(diagnosis.code).to.equal(0);
      expect(namesOf(diagnosis, 'warning')).to.deep.equal(['logout', 'events']);
    });

    it('prints nothing that a terminal could act on', async () => {
      site.breakRoutes(asUser({ auth_time: '\u001b[2J\u009b31m\u202e' }));
      const { stdout } = await runCli(['doctor', 'handoff', '--cookie-stdin'], {
        env: site.env.session,
        input: COOKIE_VALUE,
      });
      expect(stdout)
        .to.include('session-auth-time')
        .and.to.match(/^[\n\x20-\x7e²…]+$/);
    });
  });

  it('says so when no site is asked to log users in', async () => {
    const diagnosis = await diagnose([], { env: {} });
    expect(diagnosis.code).to.equal(1);
    expect(namesOf(diagnosis, 'failed')).to.deep.equal(['strategy']);
  });
});
