// PostgreSQL or Redis fails for a while: 503 soon, never a false answer, and afterwards nothing was lost.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type Form, formIn } from '../support/agent.js';
import { authorizeUrl, REDIRECT_URI } from '../support/app.js';
import { openConsent } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import type { Fault } from '../support/production/fault-proxy.js';
import { deployFaulty, type FaultyDeployment, serversOf } from '../support/production/faulty.js';
import type { Tab } from '../support/production/instances.js';
import {
  type Answer,
  askToken,
  askUserinfo,
  introspect,
  newCode,
  revoke,
  send,
} from '../support/production/requests.js';
import { eventually } from '../support/production/waiting.js';

/** The promise is 3 s; the rest is for a busy machine. */
const ANSWER_MS = 4_000;
const RECOVERY_MS = 5_000;
/** What one instance remembers it may use this long. */
const MEMORY_MS = 1_000;

const FAULTS: [fault: Fault, words: string][] = [
  ['refuse', 'refuses connections'],
  ['reset', 'breaks connections'],
  ['stall', 'takes everything and answers nothing'],
  ['slow', 'answers too late'],
];

/** Nothing of our insides: statements, tables, hosts, stacks. */
const INSIDES = /oauth_\w|\b(select|insert|update|delete) |prisma|redis|postgres|ECONN|ETIMEDOUT|\n\s+at /i;

/** What somebody holds when the fault begins. */
interface Belongings {
  code: string;
  refreshToken: string;
  accessToken: string;
  otherAccessToken: string;
  loggedIn: Tab;
  agreeing: Tab;
  consent: Form;
}

for (const mode of MODES) {
  describe(`on ${mode.name}`, () => {
    let deployment: FaultyDeployment;
    let issuer: string;

    before(async () => {
      deployment = await deployFaulty(mode);
      issuer = deployment.issuer;
    });

    after(() => deployment?.close());

    afterEach(async () => {
      for (const server of serversOf(mode)) await deployment.proxy(server).heal();
    });

    const byCode = (code: string) =>
      askToken(issuer, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });
    const byRefreshToken = (token: string) =>
      askToken(issuer, { grant_type: 'refresh_token', refresh_token: token });

    async function belongings(): Promise<Belongings> {
      const loggedIn = deployment.tab();
      const { body } = await byCode(await newCode(loggedIn, issuer));
      // Of another browser: revoking it ends whatever hangs on the same grant.
      const { body: other } = await byCode(await newCode(deployment.tab(), issuer));
      const agreeing = deployment.tab();
      const page = await openConsent(agreeing, issuer, { prompt: 'consent' });
      return {
        code: await newCode(loggedIn, issuer),
        refreshToken: String(body.refresh_token),
        accessToken: String(body.access_token),
        otherAccessToken: String(other.access_token),
        loggedIn,
        agreeing,
        consent: formIn(page, 'consent-form'),
      };
    }

    /** A request that must be answered in time. */
    async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
      const start = performance.now();
      const answer = await work();
      expect(performance.now() - start, `milliseconds of ${what}`).to.be.below(ANSWER_MS);
      return answer;
    }

    async function expectRefusedProgram(what: string, request: () => Promise<Answer>): Promise<void> {
      const { status, headers, text, body } = await timed(what, request);
      expect(status, what).to.equal(503);
      expect(headers.get('retry-after'), what).to.match(/^\d+$/);
      expect(headers.get('content-type'), what).to.match(/^application\/json/);
      expect(body.error, what).to.equal('temporarily_unavailable');
      expect(body.error_description, what).to.be.a('string');
      expect(text, what).not.to.match(INSIDES);
    }

    async function expectRefusedBrowser(what: string, request: () => ReturnType<Tab['get']>): Promise<void> {
      const { status, headers, text, location } = await timed(what, request);
      expect({ status, location }, what).to.deep.equal({ status: 503, location: undefined });
      expect(headers.get('retry-after'), what).to.match(/^\d+$/);
      expect(headers.get('content-type'), what).to.match(/^text\/html/);
      expect(text, what).to.include('temporarily_unavailable').and.not.match(INSIDES);
    }

    async function expectStatus(path: string, status: number): Promise<void> {
      const answer = await timed(path, () => send(`${issuer}${path}`));
      expect(answer.status, path).to.equal(status);
    }

    /** Asks everything at once; what was not answered as it should be. */
    async function wrongAnswers(mine: Belongings): Promise<string[]> {
      const { code, refreshToken, accessToken, otherAccessToken, loggedIn, agreeing, consent } = mine;
      const agree = () => agreeing.submit(consent, { decision: 'allow' });
      const outcomes = await Promise.allSettled([
        expectRefusedProgram('token (code)', () => byCode(code)),
        expectRefusedProgram('token (refresh token)', () => byRefreshToken(refreshToken)),
        expectRefusedProgram('userinfo', () => askUserinfo(issuer, accessToken)),
        expectRefusedProgram('introspection', () => introspect(issuer, accessToken)),
        expectRefusedProgram('revocation', () => revoke(issuer, otherAccessToken)),
        expectRefusedBrowser('authorize', () => loggedIn.get(authorizeUrl(issuer))),
        expectRefusedBrowser('the consent form', agree),
        expectStatus('/.well-known/openid-configuration', 200),
        expectStatus('/api/oauth/jwks', 200),
        expectStatus('/healthz', 200),
        expectStatus('/readyz', 503),
      ]);
      return outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [(outcome.reason as Error).message] : [],
      );
    }

    /** Everything held before works: retried as people and programs do, for as long as was promised. */
    async function expectRecovery(mine: Belongings): Promise<void> {
      const end = performance.now() + RECOVERY_MS;
      const soon = (what: string, status: number, request: () => Promise<{ status: number }>) =>
        eventually(end - performance.now(), async () => {
          expect((await request()).status, what).to.equal(status);
        });
      const { code, refreshToken, accessToken, otherAccessToken, loggedIn, agreeing, consent } = mine;
      let successor = '';
      await Promise.all([
        soon('readyz', 200, () => send(`${issuer}/readyz`)),
        soon('the same code', 200, () => byCode(code)),
        soon('the same refresh token', 200, async () => {
          const answer = await byRefreshToken(refreshToken);
          successor = String(answer.body.refresh_token);
          return answer;
        }),
        soon('userinfo', 200, () => askUserinfo(issuer, accessToken)),
        soon('introspection', 200, () => introspect(issuer, accessToken)),
        soon('revocation', 200, () => revoke(issuer, otherAccessToken)),
        soon('authorize', 303, () => loggedIn.get(authorizeUrl(issuer))),
        soon('the same consent form', 303, () => agreeing.submit(consent, { decision: 'allow' })),
      ]);
      expect((await byRefreshToken(successor)).status).to.equal(200);
      expect((await introspect(issuer, accessToken)).body.active).to.equal(true);
      expect((await askUserinfo(issuer, otherAccessToken)).status).to.equal(401);
      for (const browser of [loggedIn, agreeing]) {
        const end = await browser.follow(authorizeUrl(issuer), issuer);
        expect(end.location).to.match(/[?&]code=/);
      }
    }

    for (const server of serversOf(mode)) {
      for (const [fault, words] of FAULTS) {
        it(`${server} that ${words} costs nobody anything but time`, async () => {
          const mine = await belongings();
          await deployment.proxy(server).begin(fault);
          await delay(MEMORY_MS);
          const wrong = await wrongAnswers(mine);
          await deployment.proxy(server).heal();
          await expectRecovery(mine);
          expect(wrong).to.deep.equal([]);
        });
      }
    }
  });
}
