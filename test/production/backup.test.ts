// A backup of a serving database, put back after it was lost: docs/operations.md, "Backup and restore".
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { exchangeCode, refresh, userinfo } from '../support/app.js';
import { runCli } from '../support/cli.js';
import { commandsIn, operationsGuide, sectionOf } from '../support/docs/guide.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, SECRETS, Tab } from '../support/production/instances.js';
import { newCode } from '../support/production/requests.js';

const run = promisify(execFile);

for (const mode of MODES) {
  describe(`a backup on ${mode.name}`, () => {
    let deployment: Deployment;
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'l2u-dump-'));
      deployment = await deploy(mode, { count: 1, isOpenedHere: true });
    });
    after(async () => {
      await deployment?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** Logs somebody in; the tokens. */
    async function logIn() {
      const { issuer, instances } = deployment;
      const browser = new Tab(issuer, instances[0] ?? { origin: issuer });
      const scope = 'openid profile email offline_access';
      const code = await newCode(browser, issuer, { scope, prompt: 'consent' });
      return (await exchangeCode(issuer, code)).body;
    }

    it('brings back clients, people and keys; what was given before does not work, and logins do', async () => {
      const { issuer, backend } = deployment;
      const { DATABASE_URL } = backend.env;
      const before = await logIn();
      const file = join(folder, 'backup.dump');
      const keys = await (await fetch(`${issuer}/api/oauth/jwks`)).text();
      await run('pg_dump', ['--format=custom', `--file=${file}`, `--dbname=${DATABASE_URL}`]);

      // Since the backup: used up, and then all of it is lost.
      expect((await refresh(issuer, before.refresh_token ?? '')).status).to.equal(200);
      await Promise.all(deployment.instances.splice(0).map((instance) => instance.kill()));
      await run('pg_restore', ['--clean', '--if-exists', `--dbname=${DATABASE_URL}`, file]);

      const env = { ...SECRETS, ...backend.env, OAUTH_ISSUER: issuer, PATH: process.env.PATH ?? '' };
      const commands = commandsIn(sectionOf(operationsGuide(), '### Backup and restore'));
      for (const command of commands) {
        const { code, stdout, stderr } = await runCli(command.split(/\s+/), { env });
        expect(code, `${command}: ${stdout}${stderr}`).to.equal(0);
      }

      await deployment.add(Number(new URL(issuer).port));
      expect(await (await fetch(`${issuer}/api/oauth/jwks`)).text()).to.equal(keys);
      // The used refresh token would be good again, had everything not been ended.
      expect((await refresh(issuer, before.refresh_token ?? '')).status).to.equal(400);
      expect((await userinfo(issuer, before.access_token ?? '')).status).to.equal(401);
      const anew = await logIn();
      expect((await userinfo(issuer, anew.access_token ?? '')).status).to.equal(200);
    });
  });
}
