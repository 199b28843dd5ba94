// `audit` on the embedded database, while the server that has it open serves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import { authorizeUrl, signIn, startApp, type TestApp, USER } from '../support/app.js';
import { runCli, runInProcess } from '../support/cli.js';
import { eventually } from '../support/production/waiting.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

interface JsonEvent {
  id: number;
  at: string;
  type: string;
  actor: string;
  user_id?: string;
  client_id?: string;
  request_id?: string;
  scope?: string;
}

describe('the command audit', () => {
  let app: TestApp;
  let env: Record<string, string>;

  before(async () => {
    app = await startApp();
    env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer };
    await signIn(new Agent(), app.issuer, authorizeUrl(app.issuer));
  });

  after(() => app.close());

  const audit = (...args: string[]) => runInProcess(['audit', ...args], { env });

  async function json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await audit(...args, '--json');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    return JSON.parse(stdout) as T;
  }

  const record = (...types: string[]) =>
    app.services.stores.audit.append(
      types.map((type) => ({ at: app.services.clock.now(), type, actor: 'operator:\u001b[2Jann' })),
    );

  it('shows the newest events, one a line, that cannot steer the terminal', async () => {
    await record('test.steering');
    const { code, stdout } = await audit('tail', '-n', '3');
    expect(code).to.equal(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).to.have.length(4);
    expect(lines[0]).to.match(/^WHEN +TYPE +ACTOR +USER +CLIENT +FROM +REQUEST +DETAILS$/);
    expect(lines[3]).to.include('test.steering').and.include('operator:\\u{1b}[2Jann');
    expect(stdout).to.not.include('\u001b');
  });

  it('searches by whatever an event says, page by page', async () => {
    type Found = { events: JsonEvent[]; next: string | null };
    const { events, next } = await json<Found>('search', '--user', USER.id, '--type', 'login.succeeded');
    expect(next).to.equal(null);
    expect(events).to.have.length(1);
    const [login] = events as [JsonEvent];
    expect(login).to.include({ actor: `user:${USER.id}`, user_id: USER.id, client_id: 'web-app' });
    const of = (...args: string[]) => json<Found>('search', ...args);
    const ids = async (...args: string[]) => (await of(...args)).events.map(({ id }) => id);
    expect(await ids('--request', login.request_id ?? '')).to.include(login.id);
    expect(await ids('--actor', login.actor, '--type', login.type)).to.deep.equal([login.id]);
    expect(await ids('--client', 'another')).to.deep.equal([]);
    expect(await ids('--since', '1h', '--type', login.type)).to.deep.equal([login.id]);
    expect(await ids('--until', '1h')).to.deep.equal([]);
    expect(await ids('--since', login.at, '--type', login.type)).to.deep.equal([login.id]);
    expect(await ids('--until', login.at, '--type', login.type)).to.deep.equal([]);
    const all = await ids();
    const first = await of('--limit', '2');
    const second = await of('--limit', '2', '--cursor', first.next ?? '');
    expect([...first.events, ...second.events].map(({ id }) => id)).to.deep.equal(all.slice(0, 4));
    const { stdout, stderr } = await audit('search', '--limit', '2');
    expect(stdout.trimEnd().split('\n')).to.have.length(3);
    expect(stderr).to.equal(`There is more: --cursor ${first.next}\n`);
    expect((await audit('search', '--type', 'none')).stdout).to.equal('no events\n');
  });

  it('exports JSON lines, the oldest first, nothing else on standard output', async () => {
    const { code, stdout } = await runCli(['audit', 'export'], { env });
    expect(code).to.equal(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonEvent);
    const ids = events.map(({ id }) => id);
    expect(ids).to.deep.equal([...ids].sort((a, b) => a - b));
    expect(events.map(({ type }) => type)).to.include.members(['client.created', 'login.succeeded']);
    for (const event of events) {
      expect(event.at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Object.values(event)).to.not.include(null);
    }
    const some = await audit('export', '--type', 'login.succeeded');
    expect(some.stdout.trimEnd().split('\n')).to.have.length(1);
    expect((await audit('export', '--until', '2020-01-01')).stdout).to.equal('');
  });

  it('verifies the trail, while the server writes it, and knows the head again', async () => {
    type Verified = { ok: boolean; events: number; head: { seq: number; hash: string } };
    const { ok, head } = await json<Verified>('verify');
    expect(ok).to.equal(true);
    await record('test.after');
    const again = await audit('verify', '--head', `${head.seq}:${head.hash}`);
    expect(again.code).to.equal(0);
    expect(again.stdout).to.match(/^\d+ events in \d+ blocks as they were\nhead: \d+:[\w-]{43}\nok\n$/);
    const other = await audit('verify', '--head', `${head.seq}:${'x'.repeat(43)}`);
    expect(other.code).to.equal(1);
    expect(other.stdout).to.include(`head: block ${head.seq} is not the one that was noted\n`);
    expect(other.stdout).to.match(/\n1 finding\n$/);
    expect((await json<Verified>('verify', '--since', '2030-01-01')).events).to.equal(0);
  });

  it('needs the key that the trail was sealed with', async () => {
    await audit('verify');
    const another = {
      ...env,
      KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, n) => n)).toString('hex'),
    };
    const { code, stdout, stderr } = await runInProcess(['audit', 'verify'], { env: another });
    expect(code).to.equal(1);
    expect(stderr).to.match(/does not open with this KEY_ENCRYPTION_KEY/);
    expect(stdout).to.equal('');
  });

  for (const format of ['lines', 'JSON'] as const) {
    it(`follows what happens, as ${format}, until it is interrupted`, async () => {
      await record('test.before', 'test.seen');
      const args = ['audit', 'tail', '-f', '-n', '1', ...(format === 'JSON' ? ['--json'] : [])];
      const child = spawn(process.execPath, [MAIN, ...args], { cwd: tmpdir(), env });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk));
      const ended = once(child, 'close');
      try {
        await eventually(20_000, async () => expect(output).to.include('test.seen'));
        for (const type of ['test.first', 'test.second']) {
          await record(type);
          await eventually(10_000, async () => expect(output).to.include(type));
        }
      } finally {
        child.kill('SIGINT');
        await ended;
      }
      const lines = output.trimEnd().split('\n');
      const types = ['test.seen', 'test.first', 'test.second'];
      if (format === 'JSON') expect(lines.map((line) => JSON.parse(line).type)).to.deep.equal(types);
      expect(lines.map((line) => types.find((type) => line.includes(type)))).to.deep.equal(types);
    });
  }

  it('says how far a long export and a long verification have come', async () => {
    const types = Array.from({ length: 10_050 }, () => 'test.many');
    await record(...types);
    const { stdout, stderr } = await audit('export', '--type', 'test.many');
    expect(stdout.trimEnd().split('\n')).to.have.length(10_050);
    expect(stderr).to.equal('10000 events\n');
    const verified = await audit('verify');
    expect(verified.code).to.equal(0);
    expect(verified.stderr).to.match(/^\d+ events, block \d+ of \d+\n$/);
  });

  it('ends quietly when whoever reads has read enough', async () => {
    const child = spawn(process.execPath, [MAIN, 'audit', 'export'], { cwd: tmpdir(), env });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'close');
    expect([code, errors.replace(/^oidc-provider WARNING.*\n/gm, '')]).to.deep.equal([0, '']);
  });

  const WRONG: string[][] = [
    ['search', '--limit', '0'],
    ['search', '--limit', '201'],
    ['search', '--limit', 'ten'],
    ['search', '--cursor', 'nonsense'],
    ['search', '--since', 'yesterday'],
    ['search', '--since', '2026-13-01'],
    ['search', '--since', '2026-11-22T08:00:00'],
    ['search', '--since', '1h', '--until', '2h'],
    ['search', '--unknown', 'x'],
    ['search', 'something'],
    ['tail', '-n', '-1'],
    ['tail', '-n', '1.5'],
    ['export', '--until', '5y'],
    ['verify', '--head', '1'],
    ['verify', '--head', `0:${'x'.repeat(43)}`],
    ['verify', '--since', 'never'],
    ['unknown'],
  ];
  for (const args of WRONG) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await audit(...args);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(/\S/);
    });
  }

  for (const verb of ['tail', 'search', 'export', 'verify']) {
    it(`explains ${verb} with examples`, async () => {
      const { code, stdout } = await audit(verb, '--help');
      expect(code).to.equal(0);
      expect(stdout).to.include(`audit ${verb}`).and.include('Examples:');
    });
  }
});
