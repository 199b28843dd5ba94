// `janitor run`: one sweep, beside a server that runs and beside others that clean.
import { expect } from 'chai';
import { startApp, type TestApp } from '../support/app.js';
import { runCli, runInProcess } from '../support/cli.js';
import { type Inspector, openInspector } from '../support/inspector.js';

const HOUR = "interval '1 hour'";

describe('npm run cli -- janitor run', () => {
  let app: TestApp;
  let inspector: Inspector;
  let env: Record<string, string>;

  before(async () => {
    app = await startApp({ env: { JANITOR_INTERVAL_SECONDS: '0' } });
    inspector = await openInspector(app.dataDir);
    env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer, PORT: new URL(app.issuer).port };
  });
  after(async () => {
    await inspector.close();
    await app.close();
  });

  const expired = (count: number) =>
    inspector.query(
      `INSERT INTO oauth_artifact (kind, key, payload, expires_at)
       SELECT 'Probe', 'expired-' || n || random(), '{}', now() - ${HOUR} FROM generate_series(1, ${count}) AS n`,
    );

  it('deletes all that has expired, says how much of each kind, and leaves the rest', async () => {
    await expired(2_500);
    await inspector.query(
      `INSERT INTO oauth_artifact (kind, key, payload, expires_at) VALUES ('Probe', 'live', '{}', now() + ${HOUR})`,
    );
    const { code, stdout, stderr } = await runCli(['janitor', 'run', '--json'], { env });
    expect(code, stderr).to.equal(0);
    const { deleted, ms } = JSON.parse(stdout);
    expect(deleted).to.include({ artifacts: 2_500, sessions: 0, grants: 0, refresh_tokens: 0 });
    expect(ms).to.be.a('number');
    expect(stderr)
      .to.match(/^artifacts: 1000 deleted$/m)
      .and.match(/^artifacts: 2500 deleted$/m);
    const left = await inspector.query("SELECT key FROM oauth_artifact WHERE kind = 'Probe'");
    expect(left).to.deep.equal([{ key: 'live' }]);
  });

  it('shows a table to people, also when there is nothing to do', async () => {
    const { code, stdout } = await runInProcess(['janitor', 'run'], { env });
    expect(code).to.equal(0);
    expect(stdout).to.match(/^KIND +DELETED\nartifacts +0$/m);
  });

  it('ends with 5 while the database is away, and with 2 when misused', async () => {
    const away = { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none' };
    expect((await runInProcess(['janitor', 'run'], { env: away })).code).to.equal(5);
    expect((await runInProcess(['janitor', 'run', 'now'], { env })).code).to.equal(2);
    expect((await runInProcess(['janitor'], { env })).code).to.equal(2);
  });
});
