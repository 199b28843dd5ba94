// The frame of the command line: help, usage errors, exit codes.
import { expect } from 'chai';
import { runCli, runInProcess } from '../support/cli.js';

const SESSION = {
  LOGIN_STRATEGY: 'session',
  LINK2UR_LOGIN_URL: 'https://site.example/login',
  LINK2UR_SESSION_URL: 'https://site.example/session',
  LINK2UR_SESSION_COOKIE: 'site',
};

describe('npm run cli', () => {
  it('shows its commands when asked, and when called with nothing, which is a mistake', async () => {
    const asked = await runCli(['--help']);
    expect(asked).to.include({ code: 0, stderr: '' });
    expect(asked.stdout)
      .to.match(/^Usage: /)
      .and.include('doctor handoff');
    expect((await runCli([])).code).to.equal(2);
    expect((await runCli(['user'])).code).to.equal(2);
    expect((await runCli(['user', '-h'])).code).to.equal(0);
  });

  it('shows the help of a command with examples, whatever else is given', async () => {
    const { code, stdout } = await runCli(['doctor', 'handoff', '--unheard-of', '--help']);
    expect(code).to.equal(0);
    expect(stdout).to.include('--cookie-stdin').and.include('Examples:').and.include('Exit code:');
  });

  it('takes an id that begins with a hyphen for an id', async () => {
    const said = await runInProcess(['session', 'end', '-l4x7', '--yes', '--json']);
    expect(said.code).to.equal(3);
    expect(JSON.parse(said.stdout).message).to.include('no such session');
    const mistaken = await runInProcess(['session', 'list', '-json']);
    expect(mistaken.code).to.equal(2);
    expect(mistaken.stderr).to.include("what does '-json' mean here?");
  });

  const mistakes: Record<string, [string[], RegExp, { env?: Record<string, string>; input?: string }?]> = {
    'an unknown noun': [['docter'], /no noun 'docter'; there is: .*\bdoctor\b/],
    'an unknown verb': [['user', 'hand'], /no verb of user 'hand'; there is: show, sessions/],
    'an unknown verb of what does something by itself': [['doctor', 'hand'], /what does 'hand' mean here/],
    'an unknown option': [['doctor', 'handoff', '--cookie'], /--cookie/],
    'a secret on the command line': [
      ['doctor', 'handoff', '--cookie-stdin=s3cret'],
      /does not take an argument/,
    ],
    'an argument too many': [['doctor', 'handoff', 'now'], /what does 'now' mean here/],
    'a cookie and a ticket': [['doctor', 'handoff', '--cookie-stdin', '--ticket-stdin'], /together/],
    'a ticket without that strategy': [
      ['doctor', 'handoff', '--ticket-stdin'],
      /it is session/,
      { env: SESSION },
    ],
    'a cookie without that strategy': [['doctor', 'handoff', '--cookie-stdin'], /it is local/],
    'nothing on standard input': [
      ['doctor', 'handoff', '--cookie-stdin'],
      /no cookie/,
      { env: SESSION, input: '\n' },
    ],
    'a header instead of a value': [
      ['doctor', 'handoff', '--cookie-stdin'],
      /one word/,
      { env: SESSION, input: 'Cookie: site=1' },
    ],
    'a name before the value': [
      ['doctor', 'handoff', '--cookie-stdin'],
      /without site=/,
      { env: SESSION, input: 'site=1' },
    ],
  };
  for (const [mistake, [args, message, options]] of Object.entries(mistakes)) {
    it(`refuses ${mistake} with exit code 2 and says where help is`, async () => {
      const { code, stdout, stderr } = await runInProcess(args, options);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr)
        .to.match(message)
        .and.match(/--help says how to use it\.\n$/);
      const json = await runInProcess([...args, '--json'], options);
      expect(json).to.include({ code: 2, stderr: '' });
      expect(JSON.parse(json.stdout)).to.include({ error: 'usage' });
    });
  }

  it('names the help of what was meant', async () => {
    for (const [args, hint] of [
      [['apply'], 'npm run cli -- apply --help'],
      [['user', 'hand'], 'npm run cli -- user --help'],
      [['user', 'show'], 'npm run cli -- user show --help'],
      [['docter'], 'npm run cli -- --help'],
    ] as const) {
      expect((await runInProcess([...args])).stderr).to.include(`\n${hint} says how`);
    }
  });

  it('ends as a process with that code, too', async () => {
    expect((await runCli(['docter'])).code).to.equal(2);
    expect((await runCli(['doctor', 'handoff'])).code).to.equal(1);
  });

  it('lists everything that is wrong with the configuration, as the server does', async () => {
    const env = { LOGIN_STRATEGY: 'session', PORT: 'many' };
    const { code, stderr } = await runCli(['doctor', 'handoff'], { env });
    expect(code).to.equal(1);
    for (const name of ['PORT', 'LINK2UR_LOGIN_URL', 'LINK2UR_SESSION_URL', 'LINK2UR_SESSION_COOKIE']) {
      expect(stderr).to.include(`  ${name}: `);
    }
    const { stdout } = await runCli(['doctor', 'handoff', '--json'], { env });
    const { error, problems } = JSON.parse(stdout);
    expect(error).to.equal('invalid_configuration');
    expect(problems).to.deep.include({
      field: 'LINK2UR_LOGIN_URL',
      reason: 'is required by LOGIN_STRATEGY=session',
    });
  });
});
