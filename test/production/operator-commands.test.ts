// Commands on a PostgreSQL and a Redis: the janitor's turn, and the doctor's look at both.
import { expect } from 'chai';
import pg from 'pg';
import { freePort } from '../support/app.js';
import { type Finding, runInProcess } from '../support/cli.js';
import { type Backend, MODES, openBackend } from '../support/production/backends.js';

const HOUR = "interval '1 hour'";
const JANITOR_LOCK = 0x6c32756a;

for (const mode of MODES) {
  describe(`npm run cli on ${mode.name}`, () => {
    let backend: Backend;
    before(async () => {
      backend = await openBackend(mode);
    });
    after(() => backend?.close());

    it('janitor run waits for its turn while another process is cleaning', async () => {
      await backend.query(
        `INSERT INTO oauth_artifact (kind, key, payload, expires_at) VALUES ('Probe', 'x', '{}', now() - ${HOUR})`,
      );
      const other = new pg.Client({ connectionString: backend.env.DATABASE_URL });
      await other.connect();
      await other.query('BEGIN');
      await other.query(`SELECT pg_advisory_xact_lock(${JANITOR_LOCK})`);
      let said = '';
      const running = runInProcess(['janitor', 'run', '--json'], { env: backend.env });
      running.then(({ stderr }) => {
        said = stderr;
      });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(said).to.equal('');
      expect(await backend.query('SELECT 1 FROM oauth_artifact')).to.have.length(1);
      await other.query('COMMIT');
      await other.end();
      const { code, stdout, stderr } = await running;
      expect(code, stderr).to.equal(0);
      expect(JSON.parse(stdout).deleted).to.include({ artifacts: 1 });
      expect(stderr).to.include('Another instance is cleaning');
    });

    it('doctor finds stores that are as they should be', async () => {
      const env = { ...backend.env, PORT: String(await freePort()) };
      const { code, stdout } = await runInProcess(['doctor', '--json'], { env });
      expect(code, stdout).to.equal(0);
      const { checks } = JSON.parse(stdout) as { checks: Finding[] };
      const statusOf = (check: string) => checks.find((finding) => finding.check === check)?.status;
      expect(statusOf('database')).to.equal('ok');
      expect(statusOf('migrations')).to.equal('ok');
      expect(statusOf('redis')).to.equal(mode.usesRedis ? 'ok' : undefined);
      // Nobody has started a server on it yet.
      expect(statusOf('keys')).to.equal('warning');
    });
  });

  describe(`npm run cli -- doctor on a database that is not migrated (${mode.name})`, () => {
    it('says so, and migrates nothing', async () => {
      const backend = await openBackend(mode, { isMigrated: false });
      try {
        const env = { ...backend.env, PORT: String(await freePort()) };
        const { code, stdout } = await runInProcess(['doctor', '--json'], { env });
        expect(code).to.equal(1);
        const { checks } = JSON.parse(stdout) as { checks: Finding[] };
        expect(checks.find(({ check }) => check === 'migrations')).to.include({ status: 'failed' });
        const tables = await backend.query("SELECT 1 FROM pg_tables WHERE tablename LIKE 'oauth_%'");
        expect(tables).to.deep.equal([]);
      } finally {
        await backend.close();
      }
    });
  });
}
