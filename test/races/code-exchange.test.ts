// One code, many exchanges at once: one wins, and then its tokens die, since somebody else had the code.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
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

const OFFLINE = { scope: 'openid profile offline_access', prompt: 'consent' };

describe('a code that is exchanged many times at once', () => {
  let app: TestApp;
  let agent: Agent;

  before(async () => {
    app = await startApp();
    agent = new Agent();
    await obtainTokens(app.issuer, agent);
  });

  after(() => app.close());

  async function newCode(): Promise<string> {
    const back = await signIn(agent, app.issuer, authorizeUrl(app.issuer, OFFLINE));
    return back.searchParams.get('code') ?? '';
  }

  for (const round of [1, 2, 3]) {
    it(`is good for one of 50, whose tokens are dead afterwards (round ${round})`, async () => {
      const code = await newCode();
      const answers = await Promise.all(Array.from({ length: 50 }, () => exchangeCode(app.issuer, code)));
      const won = answers.filter(({ status }) => status === 200);
      const lost = answers.filter(({ body }) => body.error === 'invalid_grant');
      expect({ won: won.length, lost: lost.length }).to.deep.equal({ won: 1, lost: 49 });
      const { access_token: access = '', refresh_token: token = '' } = won[0]?.body ?? {};
      expect(access).not.to.equal('');
      expect((await userinfo(app.issuer, access)).status).to.equal(401);
      expect((await refresh(app.issuer, token)).body.error).to.equal('invalid_grant');
    });
  }

  it('does not take other codes of the same user and client with it', async () => {
    const [bad, good] = [await newCode(), await newCode()];
    const [, answer] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, () => exchangeCode(app.issuer, bad))),
      exchangeCode(app.issuer, good),
    ]);
    // Both hang on the same session's grant or on grants of their own: in either case no half-dead tokens.
    const alive = (await userinfo(app.issuer, answer.body.access_token ?? '')).status === 200;
    const renewed = (await refresh(app.issuer, answer.body.refresh_token ?? '')).status === 200;
    expect(renewed).to.equal(alive);
  });

  it('leaves a user who starts again with tokens that work', async () => {
    const tokens = await obtainTokens(app.issuer, agent);
    expect((await userinfo(app.issuer, tokens.access_token ?? '')).status).to.equal(200);
    expect((await refresh(app.issuer, tokens.refresh_token ?? '')).status).to.equal(200);
  });

  it('is replayed later: every token it gave is dead, those of a rotation too', async () => {
    const code = await newCode();
    const { body } = await exchangeCode(app.issuer, code);
    const { body: rotated } = await refresh(app.issuer, body.refresh_token ?? '');
    expect((await userinfo(app.issuer, rotated.access_token ?? '')).status).to.equal(200);
    expect((await exchangeCode(app.issuer, code)).body.error).to.equal('invalid_grant');
    for (const token of [body.access_token, rotated.access_token]) {
      expect((await userinfo(app.issuer, token ?? '')).status).to.equal(401);
    }
    expect((await refresh(app.issuer, rotated.refresh_token ?? '')).body.error).to.equal('invalid_grant');
  });

  it('does not hold up codes of other people: 20 at once all succeed', async () => {
    const codes: string[] = [];
    for (let n = 0; n < 20; n += 1) codes.push(await newCode());
    const answers = await Promise.all(codes.map((code) => exchangeCode(app.issuer, code)));
    expect(answers.map(({ status }) => status)).to.deep.equal(codes.map(() => 200));
  });
});
