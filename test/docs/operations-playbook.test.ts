// docs/operations.md, "When something happens": each answer is run as it is printed, beside the running service, and does
// what it promises.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import {
  authorizeUrl,
  postToken,
  refresh,
  SECRET,
  startApp,
  type TestApp,
  userinfo,
  WEB_CLIENT,
} from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import { commandsIn, operationsGuide, sectionOf } from '../support/docs/guide.js';
import { type Login, logIn, whatWorks } from '../support/user-operations.js';

const NOTHING = { browser: false, access: false, refresh: false };

describe('docs/operations.md, when something happens', () => {
  const guide = operationsGuide();
  let app: TestApp;
  let env: Record<string, string>;

  beforeEach(async () => {
    app = await startApp();
    env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer, PORT: new URL(app.issuer).port };
  });
  afterEach(() => app.close());

  /** Runs what a section prints; what each command said. */
  async function follow(heading: string, count: number): Promise<string[]> {
    const commands = commandsIn(sectionOf(guide, heading));
    expect(commands, heading).to.have.length(count);
    const said: string[] = [];
    for (const command of commands) {
      const args = command.replace('CLIENT', WEB_CLIENT.client_id).split(/\s+/);
      const { code, stdout, stderr } = await runInProcess(args, { env });
      expect(code, `${command}: ${stdout}${stderr}`).to.equal(0);
      said.push(stdout);
    }
    return said;
  }

  const authenticates = async (secret: string) =>
    (
      await postToken(app.issuer, {
        grant_type: 'refresh_token',
        refresh_token: 'none',
        client_secret: secret,
      })
    ).body.error !== 'invalid_client';

  const isEventually = async (login: Login, expected: object) => {
    // Told to a running embedded server within a second.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await whatWorks(login, app.issuer)).to.deep.equal(expected);
  };

  it('names sections that are there', () => {
    const anchors = [...guide.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(headings).to.include.members(anchors);
  });

  it('ends a secret that has leaked: the new one works, the old one does not', async () => {
    const login = await logIn(app.issuer, { offline: true });
    expect(await authenticates(SECRET)).to.equal(true);
    const [said = '', events] = await follow("### A client's secret has leaked", 2);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await authenticates(SECRET)).to.equal(false);
    const secret = /[\w-]{43}/.exec(said)?.[0] ?? '';
    expect(await authenticates(secret)).to.equal(true);
    expect(events).to.include('client.secret_rotated').and.not.include(secret);
    // Who is logged in there stays so.
    expect(await whatWorks(login, app.issuer)).to.include({ browser: true, access: true });
  });

  it('shuts out a rogue client, and only that', async () => {
    const login = await logIn(app.issuer, { offline: true });
    await follow('### A rogue client', 2);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await userinfo(app.issuer, login.accessToken)).status).to.equal(401);
    expect((await refresh(app.issuer, login.refreshToken)).status).to.equal(401);
    expect((await login.agent.get(authorizeUrl(app.issuer))).status).to.equal(400);
    const other = { ...WEB_CLIENT, client_id: 'another-app' };
    await app.services.clients.apply(clientInputSchema.parse(other), 'operator:test');
    const answer = await postToken(app.issuer, { client_id: 'another-app', grant_type: 'refresh_token' });
    expect(answer.body.error).to.equal('invalid_request');
  });

  it('rotates everything: nothing from before works, and people can log in', async () => {
    const login = await logIn(app.issuer, { offline: true });
    const said = await follow('### Rotate everything', 5);
    await isEventually(login, NOTHING);
    const secret = /[\w-]{43}/.exec(said[3] ?? '')?.[0] ?? '';
    expect(await authenticates(SECRET)).to.equal(false);
    expect(await authenticates(secret)).to.equal(true);
  });

  it('restores a backup of the embedded database without reviving what was over by then', async function () {
    // Four starts of an embedded database, on a machine that runs other tests as well.
    this.timeout(180_000);
    const login = await logIn(app.issuer, { offline: true });
    const backup = await mkdtemp(join(tmpdir(), 'l2u-backup-'));
    try {
      await app.services.auditTrail.seal({ wait: true });
      // Copied while the service is stopped; put back after it has gone on.
      await app.restart({ while: () => cp(app.dataDir, backup, { recursive: true }) });
      await app.restart({
        while: async () => {
          await rm(app.dataDir, { recursive: true });
          await cp(backup, app.dataDir, { recursive: true });
          await follow('### Backup and restore', 4);
        },
      });
      expect(await whatWorks(login, app.issuer)).to.deep.equal(NOTHING);
      expect(await whatWorks(await logIn(app.issuer), app.issuer)).to.include({
        browser: true,
        access: true,
      });
    } finally {
      await rm(backup, { recursive: true, force: true });
    }
  });
});
