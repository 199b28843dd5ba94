// One refresh token, many uses: an honest retry gets what the first use got, a late one ends the family.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { obtainTokens, refresh, startApp, type TestApp, userinfo } from '../support/app.js';

describe('a refresh token that is used many times', () => {
  let app: TestApp;
  let agent: Agent;
  /** Milliseconds by which the service's clock is ahead. */
  let ahead = 0;

  before(async () => {
    const clock = { now: () => new Date(Date.now() + ahead) };
    app = await startApp({ overrides: { clock } });
    agent = new Agent();
  });

  beforeEach(() => {
    ahead = 0;
  });

  after(() => app.close());

  const newToken = async () => (await obtainTokens(app.issuer, agent)).refresh_token ?? '';

  for (const round of [1, 2, 3]) {
    it(`gives 50 concurrent uses the same successor, and the family lives (round ${round})`, async () => {
      const token = await newToken();
      const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(app.issuer, token)));
      expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 200));
      const successors = new Set(answers.map(({ body }) => body.refresh_token));
      expect([...successors]).to.have.length(1);
      const [successor = ''] = successors;
      expect(successor).not.to.equal(token);
      for (const { body } of answers) {
        expect((await userinfo(app.issuer, body.access_token ?? '')).status).to.equal(200);
      }
      expect((await refresh(app.issuer, successor)).status).to.equal(200);
    });
  }

  it('gives a retry the same successor until the window, counted from the first use, is over', async () => {
    const token = await newToken();
    const first = await refresh(app.issuer, token);
    for (ahead of [3_000, 6_000, 9_000]) {
      const retry = await refresh(app.issuer, token);
      expect(retry.status).to.equal(200);
      expect(retry.body.refresh_token).to.equal(first.body.refresh_token);
    }
    ahead = 11_000;
    expect((await refresh(app.issuer, token)).body.error).to.equal('invalid_grant');
  });

  it('ends the family when it is used after the window: successor and access tokens die', async () => {
    const token = await newToken();
    const first = await refresh(app.issuer, token);
    ahead = 11_000;
    expect((await refresh(app.issuer, token)).body.error).to.equal('invalid_grant');
    expect((await refresh(app.issuer, first.body.refresh_token ?? '')).body.error).to.equal('invalid_grant');
    expect((await userinfo(app.issuer, first.body.access_token ?? '')).status).to.equal(401);
  });

  it('ends the family when thief and owner use an old token at once after the window', async () => {
    const token = await newToken();
    const { body } = await refresh(app.issuer, token);
    ahead = 11_000;
    await Promise.all([
      ...Array.from({ length: 10 }, () => refresh(app.issuer, token)),
      ...Array.from({ length: 10 }, () => refresh(app.issuer, body.refresh_token ?? '')),
    ]);
    expect((await refresh(app.issuer, body.refresh_token ?? '')).body.error).to.equal('invalid_grant');
  });

  it('does not let a retry skip a generation: it gets its own successor, not the newest token', async () => {
    const first = await newToken();
    const { body: second } = await refresh(app.issuer, first);
    const { body: third } = await refresh(app.issuer, second.refresh_token ?? '');
    expect(third.refresh_token).not.to.equal(second.refresh_token);
    const { body: retry } = await refresh(app.issuer, first);
    expect(retry.refresh_token).to.equal(second.refresh_token);
  });

  it('stays usable with a family of 20 concurrent refreshes, each of its own token', async () => {
    const tokens: string[] = [];
    for (let n = 0; n < 20; n += 1) tokens.push(await newToken());
    const answers = await Promise.all(tokens.map((token) => refresh(app.issuer, token)));
    expect(answers.map(({ status }) => status)).to.deep.equal(tokens.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).to.equal(20);
  });
});
