// kill -9 while tokens are being issued: what was answered is true after a restart, what was not can be had again.
import { expect } from 'chai';
import { REDIRECT_URI } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, Tab } from '../support/production/instances.js';
import { type Answer, askToken, askUserinfo, newCode } from '../support/production/requests.js';
import { eventually } from '../support/production/waiting.js';

const BURST = 20;
const ANSWERED_BEFORE_THE_KILL = 5;
const LEASE_MS = 15_000;

for (const mode of MODES) {
  describe(`an instance that is killed in a burst of token requests, on ${mode.name}`, () => {
    let deployment: Deployment;
    let issuer: string;
    let a: Instance;
    let b: Instance;

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      issuer = deployment.issuer;
      [a, b] = deployment.instances as [Instance, Instance];
    });

    after(() => deployment?.close());

    const byCode = (origin: string, code: string) =>
      askToken(origin, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });
    const byRefreshToken = (origin: string, token: string) =>
      askToken(origin, { grant_type: 'refresh_token', refresh_token: token });

    /** Sends all to A and kills it while it answers; undefined where no answer came. */
    async function burst(requests: (() => Promise<Answer>)[]): Promise<(Answer | undefined)[]> {
      let answered = 0;
      const outcomes = await Promise.allSettled(
        requests.map(async (request) => {
          const answer = await request();
          answered += 1;
          if (answered === ANSWERED_BEFORE_THE_KILL) await a.kill();
          return answer;
        }),
      );
      return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
    }

    /** What the dead process was using may be kept for it for a while. */
    const eventuallyAnswered = (code: string) =>
      eventually(LEASE_MS, async () => {
        const answer = await byCode(b.origin, code);
        if (answer.status === 503) throw new Error(`still ${answer.text}`);
        return answer;
      });

    /** On the port it had: it is the issuer's. */
    async function restart(): Promise<void> {
      a = await deployment.add(Number(new URL(issuer).port));
    }

    async function expectAlive(origin: string, { body }: Answer): Promise<void> {
      expect((await askUserinfo(origin, String(body.access_token))).status).to.equal(200);
      const { status, text } = await byRefreshToken(origin, String(body.refresh_token));
      expect(status, text).to.equal(200);
    }

    it('keeps every refresh it answered, and every other token works once more', async () => {
      const browser = new Tab(issuer, b);
      const tokens: string[] = [];
      for (let n = 0; n < BURST; n += 1) {
        const { body } = await byCode(b.origin, await newCode(browser, issuer));
        tokens.push(String(body.refresh_token));
      }
      const answers = await burst(tokens.map((token) => () => byRefreshToken(a.origin, token)));
      const acknowledged = answers.flatMap((answer) => (answer ? [answer] : []));
      expect(acknowledged).to.have.length.at.least(ANSWERED_BEFORE_THE_KILL);
      for (const answer of acknowledged) expect(answer.status).to.equal(200);

      // The other instance serves on while A is away, and takes the retries.
      for (const [n, answer] of answers.entries()) {
        if (answer) continue;
        await eventually(5_000, async () => {
          const retry = await byRefreshToken(b.origin, tokens[n] ?? '');
          expect(retry.status, retry.text).to.equal(200);
          await expectAlive(b.origin, retry);
        });
      }
      await restart();
      for (const answer of acknowledged) await expectAlive(a.origin, answer);
    });

    it('leaves codes that can be exchanged, or people who need not log in again', async () => {
      const browsers = [new Tab(issuer, b), new Tab(issuer, b), new Tab(issuer, b), new Tab(issuer, b)];
      const codes: { code: string; browser: Tab }[] = [];
      for (let n = 0; n < BURST; n += 1) {
        const browser = browsers[n % browsers.length] as Tab;
        codes.push({ code: await newCode(browser, issuer), browser });
      }
      const answers = await burst(
        codes.map(
          ({ code }) =>
            () =>
              byCode(a.origin, code),
        ),
      );
      const acknowledged = answers.filter((answer) => answer !== undefined);
      for (const answer of acknowledged) expect(answer.status).to.equal(200);
      await restart();
      // First what was answered: showing an unanswered code again may rightly end its session's tokens.
      for (const answer of acknowledged) await expectAlive(a.origin, answer);

      const retried = await Promise.all(
        codes.flatMap(({ code }, n) => (answers[n] ? [] : [eventuallyAnswered(code)])),
      );
      for (const { status, body, text } of retried) {
        if (status !== 200) expect(body.error, text).to.equal('invalid_grant');
      }
      for (const browser of browsers) {
        const code = (await askSilently(browser, issuer)).get('code') ?? '';
        const answer = await byCode(b.origin, code);
        expect(answer.status, answer.text).to.equal(200);
        expect((await askUserinfo(a.origin, String(answer.body.access_token))).status).to.equal(200);
      }
    });

    it('is the only one that notices: the other answers all the while, and is ready', async () => {
      const browser = new Tab(issuer, b);
      const codes: string[] = [];
      for (let n = 0; n < 10; n += 1) codes.push(await newCode(browser, issuer));
      const [, ...answers] = await Promise.all([a.kill(), ...codes.map((code) => byCode(b.origin, code))]);
      expect(answers.map(({ status }) => status)).to.deep.equal(codes.map(() => 200));
      expect((await fetch(`${b.origin}/readyz`)).status).to.equal(200);
    });
  });
}
