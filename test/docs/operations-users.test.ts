// docs/operations.md, where it speaks of people: its commands exist, and what it says to do about a rogue user works.
import { expect } from 'chai';
import { startApp, type TestApp, USER } from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import { commandsIn, operationsGuide, sectionOf } from '../support/docs/guide.js';
import { logIn, whatWorks } from '../support/user-operations.js';

describe('docs/operations.md about people', () => {
  let text: string;
  let app: TestApp;
  let env: Record<string, string>;
  before(async () => {
    text = operationsGuide();
    app = await startApp();
    env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer, PORT: new URL(app.issuer).port };
  });
  after(() => app.close());

  it('names commands that exist', async () => {
    const sections = ['## Is everything as it should be?', '## Sessions, consents, and the rights of users'];
    const commands = sections.flatMap((heading) => commandsIn(sectionOf(text, heading)));
    expect(commands.length).to.be.above(10);
    for (const command of commands.filter((one) => !one.startsWith('NOUN'))) {
      const words = command
        .split(/\s+/)
        .filter((word) => /^[a-z-]+$/.test(word))
        .slice(0, 2);
      const { code, stdout } = await runInProcess([...words, '--help']);
      expect(code, command).to.equal(0);
      expect(stdout, command).to.include(words.join(' '));
    }
  });

  it('describes each member of an export', async () => {
    await logIn(app.issuer, { offline: true });
    const { stdout } = await runInProcess(['user', 'export', USER.id, '--json'], { env });
    const section = sectionOf(text, '## Sessions, consents, and the rights of users');
    for (const member of Object.keys(JSON.parse(stdout))) expect(section).to.include(`\`${member}\``);
  });

  it('says what to do about a rogue user, and it works', async () => {
    const login = await logIn(app.issuer, { offline: true });
    const commands = commandsIn(sectionOf(text, '### A rogue user'));
    expect(commands).to.have.length(5);
    const said: string[] = [];
    for (const command of commands) {
      const args = command.replace(/\b(USER|ID)\b/, USER.id).split(/\s+/);
      const { code, stdout, stderr } = await runInProcess(args, { env });
      expect(code, `${command}: ${stderr}`).to.equal(0);
      said.push(stdout);
    }
    expect(said[1]).to.include('consent.granted');
    expect(await whatWorks(login, app.issuer)).to.deep.equal({
      browser: false,
      access: false,
      refresh: false,
    });
    expect(said[4])
      .to.match(/Sessions: +0\n/)
      .and.match(/Consents: +0\n/);
  });
});
