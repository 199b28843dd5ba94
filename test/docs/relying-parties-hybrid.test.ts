// The example of another response type in docs/relying-parties.md, run as it is printed.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { projectPath } from '../../src/lib/paths.js';
import { Agent } from '../support/agent.js';
import { REDIRECT_URI, SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { register } from '../support/relying-party.js';
import { postedAnswer, walk } from '../support/walk.js';

const CLIENT_ID = 'guide-hybrid';

interface Example {
  startLogin(): Promise<{ url: string; checks: object }>;
  finishLogin(request: Request, checks: object): Promise<Record<string, unknown>>;
}

describe('docs/relying-parties.md: another response type', () => {
  const environment = { ...process.env };
  let app: TestApp;
  let folder: string;
  let example: Example;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'implicit' } });
    await register(app, {
      client_id: CLIENT_ID,
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code id_token'],
    });
    folder = await mkdtemp(join(projectPath('dist'), 'guide-'));
    const guide = await readFile(projectPath('docs', 'relying-parties.md'), 'utf8');
    const [, text] = /```js file=hybrid\.mjs\n([\s\S]*?)```/.exec(guide) ?? [];
    const file = join(folder, 'hybrid.mjs');
    await writeFile(file, text ?? '');
    Object.assign(process.env, { ISSUER: app.issuer, CLIENT_ID, CLIENT_SECRET: SECRET, REDIRECT_URI });
    example = (await import(pathToFileURL(file).href)) as Example;
  });
  after(async () => {
    for (const name of ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET', 'REDIRECT_URI']) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    await app.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** What the browser posts to the app. */
  async function answerTo(url: string): Promise<Record<string, string>> {
    const { action, fields } = postedAnswer(await walk(new Agent(), app.issuer, url));
    expect(action).to.equal(REDIRECT_URI);
    return fields;
  }

  const post = (fields: Record<string, string>) =>
    new Request(REDIRECT_URI, { method: 'POST', body: new URLSearchParams(fields) });

  it('logs in', async () => {
    const { url, checks } = await example.startLogin();
    const fields = await answerTo(url);
    expect(fields).to.have.all.keys('code', 'id_token', 'state');
    expect(await example.finishLogin(post(fields), checks)).to.include({ sub: USER.id, email: USER.email });
  });

  it('takes no code but the one that the ID token came with', async () => {
    const { url, checks } = await example.startLogin();
    const [fields, other] = [await answerTo(url), await answerTo((await example.startLogin()).url)];
    const mixed = { ...fields, code: other.code ?? '' };
    let refused: unknown;
    await example.finishLogin(post(mixed), checks).catch((error: unknown) => {
      refused = error;
    });
    expect(String((refused as Error)?.message)).to.include('JWT claim value');
  });
});
