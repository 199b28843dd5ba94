// Storage that fails half-way: a request that was not answered with success has cost nothing.
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { Agent, formIn } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  refresh,
  signIn,
  startApp,
  type TestApp,
  userinfo,
} from '../support/app.js';
import { openConsent } from '../support/browsing.js';
import { type Inspector, openInspector } from '../support/inspector.js';

/** SQLSTATE to the status it is answered with: a bug of ours, and a database that is going away. */
const FAILURES: [code: string, status: number][] = [
  ['22012', 500],
  ['57P01', 503],
];

interface Place {
  table: string;
  when: string;
  /** At the end of the transaction instead of at the insert. */
  deferred?: boolean;
}

const PLACES: Record<string, Place> = {
  'the refresh token cannot be stored': { table: 'oauth_refresh_token', when: 'true' },
  'the access token cannot be stored': { table: 'oauth_artifact', when: "NEW.kind = 'AccessToken'" },
  'the audit event cannot be stored': { table: 'oauth_audit_event', when: "NEW.type LIKE 'token.%'" },
  'the transaction cannot be committed': { table: 'oauth_refresh_token', when: 'true', deferred: true },
};

describe('a token request during which', () => {
  let app: TestApp;
  let inspector: Inspector;
  let agent: Agent;

  before(async () => {
    app = await startApp();
    inspector = await openInspector(app.dataDir);
    agent = new Agent();
    await obtainTokens(app.issuer, agent);
  });

  after(async () => {
    await inspector.close();
    await app.close();
  });

  /** Runs `work` while inserts as described fail with `code`. */
  async function failing<T>(
    { table, when, deferred }: Place,
    code: string,
    work: () => Promise<T>,
  ): Promise<T> {
    const kind = deferred ? 'CREATE CONSTRAINT TRIGGER' : 'CREATE TRIGGER';
    const event = deferred ? 'AFTER INSERT' : 'BEFORE INSERT';
    const timing = deferred ? 'DEFERRABLE INITIALLY DEFERRED' : '';
    await inspector.query(
      `CREATE FUNCTION test_failure() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'a failure made by the test' USING ERRCODE = '${code}'; END $$`,
    );
    await inspector.query(
      `${kind} test_failure ${event} ON ${table} ${timing} FOR EACH ROW WHEN (${when})
       EXECUTE FUNCTION test_failure()`,
    );
    try {
      return await work();
    } finally {
      await inspector.query(`DROP TRIGGER test_failure ON ${table}`);
      await inspector.query('DROP FUNCTION test_failure()');
    }
  }

  async function newCode(): Promise<string> {
    const params = { scope: 'openid offline_access', prompt: 'consent' };
    const back = await signIn(agent, app.issuer, authorizeUrl(app.issuer, params));
    return back.searchParams.get('code') ?? '';
  }

  function expectFailure({ status, body, headers }: Awaited<ReturnType<typeof refresh>>, expected: number) {
    expect(status).to.equal(expected);
    expect(body).to.include.keys('error', 'error_description');
    expect(body.error).to.equal(expected === 503 ? 'temporarily_unavailable' : 'server_error');
    expect(JSON.stringify(body)).not.to.match(/made by the test|oauth_|token"/);
    expect(headers.has('retry-after')).to.equal(expected === 503);
  }

  for (const [what, place] of Object.entries(PLACES)) {
    for (const [code, status] of FAILURES) {
      it(`${what} (${code}) is answered with ${status}, and the same code works again`, async () => {
        const value = await newCode();
        await failing(place, code, async () => {
          for (let n = 0; n < 3; n += 1) expectFailure(await exchangeCode(app.issuer, value), status);
        });
        const { status: again, body } = await exchangeCode(app.issuer, value);
        expect(again).to.equal(200);
        expect((await userinfo(app.issuer, body.access_token ?? '')).status).to.equal(200);
        expect((await refresh(app.issuer, body.refresh_token ?? '')).status).to.equal(200);
      });

      it(`${what} (${code}) is answered with ${status}, and the same refresh token works again`, async () => {
        const { refresh_token: token = '' } = await obtainTokens(app.issuer, agent);
        await failing(place, code, async () => {
          for (let n = 0; n < 3; n += 1) expectFailure(await refresh(app.issuer, token), status);
        });
        const { status: again, body } = await refresh(app.issuer, token);
        expect(again).to.equal(200);
        expect((await userinfo(app.issuer, body.access_token ?? '')).status).to.equal(200);
        expect((await refresh(app.issuer, body.refresh_token ?? '')).status).to.equal(200);
      });
    }
  }

  /** Runs `work` while storing a refresh token fails with `error` before the database is asked. */
  async function throwing<T>(error: Error, work: () => Promise<T>): Promise<T> {
    const { refreshTokens } = app.services.stores;
    const { upsert } = refreshTokens;
    refreshTokens.upsert = async () => {
      throw error;
    };
    try {
      return await work();
    } finally {
      refreshTokens.upsert = upsert;
    }
  }

  // Nothing has failed inside the transaction here, so nobody but us rolls it back.
  for (const [error, status] of [
    [new Error('a failure made by the test'), 500],
    [new StoreUnavailableError({ detail: 'a failure made by the test' }), 503],
  ] as const) {
    it(`we fail ourselves is answered with ${status}, and the same code and token work again`, async () => {
      const value = await newCode();
      await throwing(error, async () => expectFailure(await exchangeCode(app.issuer, value), status));
      const { status: again, body } = await exchangeCode(app.issuer, value);
      expect(again).to.equal(200);
      const token = body.refresh_token ?? '';
      await throwing(error, async () => expectFailure(await refresh(app.issuer, token), status));
      const { status: renewed, body: next } = await refresh(app.issuer, token);
      expect(renewed).to.equal(200);
      expect((await refresh(app.issuer, next.refresh_token ?? '')).status).to.equal(200);
    });
  }

  it('nothing can be stored does not undo the revocation that a replay causes', async () => {
    const value = await newCode();
    const { body } = await exchangeCode(app.issuer, value);
    expect((await exchangeCode(app.issuer, value)).body.error).to.equal('invalid_grant');
    expect((await userinfo(app.issuer, body.access_token ?? '')).status).to.equal(401);
  });

  it('another request succeeds is not disturbed by one that fails', async () => {
    const tokens: string[] = [];
    for (let n = 0; n < 6; n += 1) tokens.push((await obtainTokens(app.issuer, agent)).refresh_token ?? '');
    const [hash] = await inspector.query<{ key: string }>(
      'SELECT key FROM oauth_refresh_token ORDER BY issued_at DESC LIMIT 1',
    );
    const place = { table: 'oauth_refresh_token', when: `NEW.key <> '${hash?.key}' AND NEW.rotations > 99` };
    const answers = await failing(place, '57P01', () =>
      Promise.all(tokens.map((token) => refresh(app.issuer, token))),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(tokens.map(() => 200));
  });

  for (const [table, page] of [
    ['oauth_consent', 'consent'],
    ['oauth_grant', 'consent'],
  ] as const) {
    it(`${table} cannot be written leaves the ${page} form good for another try`, async () => {
      await inspector.change('DELETE FROM oauth_consent');
      const browser = new Agent();
      const form = formIn(await openConsent(browser, app.issuer), 'consent-form');
      await failing({ table, when: 'true' }, '57P01', async () => {
        const { status, location, headers } = await browser.submit(form, { decision: 'allow' });
        expect(status).to.equal(503);
        expect(location).to.equal(undefined);
        expect(headers.get('retry-after')).to.match(/^\d+$/);
      });
      const end = await browser.follow(await browser.submit(form, { decision: 'allow' }), app.issuer);
      expect(new URL(end.location ?? '').searchParams.get('code')).to.be.a('string');
    });
  }

  it('the session cannot be saved gives neither cookie nor code, and the login goes on later', async () => {
    const browser = new Agent();
    const login = await browser.follow(authorizeUrl(app.issuer), app.issuer);
    const credentials = { username: 'zhangsan@example.com', password: 'correct horse battery staple' };
    const done = await browser.submit(formIn(login, 'login-form'), credentials);
    await failing({ table: 'oauth_session', when: 'true' }, '57P01', async () => {
      const { status, headers, location } = await browser.get(done.location ?? '');
      expect(status).to.equal(503);
      expect(location).to.equal(undefined);
      expect(headers.getSetCookie()).to.deep.equal([]);
    });
    let page = await browser.follow(done.location ?? '', app.issuer);
    const next = /id="error-continue" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&');
    if (next) page = await browser.follow(new URL(next, app.issuer).href, app.issuer);
    expect(page.text).to.match(/id="(consent-form|login-form)"/);
  });
});
