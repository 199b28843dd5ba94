// Connections to PostgreSQL or Redis that break in the middle of token requests: 200 or 503, and no lost login.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { REDIRECT_URI } from '../support/app.js';
import { MODES } from '../support/production/backends.js';
import type { FaultProxy } from '../support/production/fault-proxy.js';
import { deployFaulty, type FaultyDeployment, serversOf } from '../support/production/faulty.js';
import type { Tab } from '../support/production/instances.js';
import { type Answer, askToken, askUserinfo, newCode } from '../support/production/requests.js';
import { eventually } from '../support/production/waiting.js';

const BURST = 15;
const CUTS = 10;
const SILENCE_MS = 3_000;
/** How soon after the fault a retry must succeed. */
const RETRY_MS = 5_000;

for (const mode of MODES) {
  describe(`connections that break, on ${mode.name}`, () => {
    let deployment: FaultyDeployment;
    let issuer: string;
    let browser: Tab;

    before(async () => {
      deployment = await deployFaulty(mode);
      issuer = deployment.issuer;
      browser = deployment.tab();
    });

    after(() => deployment?.close());

    const byCode = (code: string) =>
      askToken(issuer, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });
    const byRefreshToken = (token: string) =>
      askToken(issuer, { grant_type: 'refresh_token', refresh_token: token });

    /** A browser that meets a connection being made anew presses Reload. */
    const makeCode = () => eventually(RETRY_MS, () => newCode(browser, issuer));
    async function makeToken(): Promise<string> {
      const { body } = await answered('a new token', () => newCode(browser, issuer).then(byCode));
      return String(body.refresh_token);
    }

    /** The first answer that is not "try again", as a program that tries again gets it. */
    function answered(what: string, request: () => Promise<Answer>): Promise<Answer> {
      return eventually(RETRY_MS, async () => {
        const answer = await request();
        if (answer.status === 503) throw new Error(`${what}: still ${answer.text}`);
        return answer;
      });
    }

    /** An answer is a success or says "try again"; and trying again works. */
    async function expectNothingLost(what: string, first: Answer, retry: () => Promise<Answer>) {
      expect(first.status, `${what}: ${first.text}`).to.be.oneOf([200, 503]);
      const { status, text, body } = first.status === 503 ? await answered(what, retry) : first;
      expect(status, `${what}, tried again: ${text}`).to.equal(200);
      const user = await answered(what, () => askUserinfo(issuer, String(body.access_token)));
      expect(user.status, `${what}, userinfo after it: ${user.text}`).to.equal(200);
      const next = await answered(what, () => byRefreshToken(String(body.refresh_token)));
      expect(next.status, `${what}, the refresh after it: ${next.text}`).to.equal(200);
    }

    const KINDS = { code: [makeCode, byCode], 'refresh token': [makeToken, byRefreshToken] } as const;

    for (const server of serversOf(mode)) {
      /** Exchanges and refreshes, all at once, while `disturb` is at work; then nobody has lost anything. */
      async function burst(disturb: (proxy: FaultProxy, isOver: () => boolean) => Promise<void>) {
        const requests: (() => Promise<Answer>)[] = [];
        for (let n = 0; n < BURST; n += 1) {
          const [code, token] = [await makeCode(), await makeToken()];
          requests.push(
            () => byCode(code),
            () => byRefreshToken(token),
          );
        }
        let isOver = false;
        const disturbing = disturb(deployment.proxy(server), () => isOver);
        const answers = await Promise.all(requests.map((request) => request())).finally(() => {
          isOver = true;
          return disturbing;
        });
        for (const [n, request] of requests.entries()) {
          await expectNothingLost(`request ${n}`, answers[n] as Answer, request);
        }
      }

      it(`to ${server} in a burst of ${BURST} exchanges and ${BURST} refreshes cost nobody the login`, () =>
        burst(async (proxy, isOver) => {
          while (!isOver()) {
            await delay(40);
            proxy.dropConnections();
          }
        }));

      it(`to ${server} after it fell silent in such a burst cost nobody the login`, () =>
        burst(async (proxy) => {
          await delay(60);
          await proxy.begin('stall');
          await delay(SILENCE_MS);
          await proxy.heal();
        }));

      for (const [kind, [make, use]] of Object.entries(KINDS)) {
        /** Uses a new one each time, while the connection breaks after so many bytes from the server. */
        async function cutAt(points: (length: number) => number[]): Promise<void> {
          const proxy = deployment.proxy(server);
          const whole = await make();
          const before = proxy.bytesFromServer();
          await use(whole);
          const length = proxy.bytesFromServer() - before;
          const lost: string[] = [];
          for (const bytes of points(length)) {
            const value = await make();
            proxy.cutAfter(bytes);
            const answer = await use(value);
            proxy.cutAfter(Number.POSITIVE_INFINITY);
            const what = `cut after ${bytes} of ${length} bytes`;
            await expectNothingLost(what, answer, () => use(value)).catch(({ message }: Error) =>
              lost.push(message),
            );
          }
          expect(lost).to.deep.equal([]);
        }

        it(`to ${server} at any point of its use leave a ${kind} that works`, () =>
          // The very last answer too: what it tells has been done.
          cutAt((length) => [
            ...Array.from({ length: CUTS }, (_, n) => Math.floor((length * n) / CUTS)),
            length - 4,
            length - 2,
          ]));

        if (server !== 'PostgreSQL') continue;
        it(`to ${server} that has committed and could not say so leave a ${kind} that works`, async () => {
          const value = await make();
          deployment.proxy(server).cutBefore('COMMIT');
          await expectNothingLost('cut at COMMIT', await use(value), () => use(value));
        });
      }
    }
  });
}
