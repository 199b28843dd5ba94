// The service under the role that deploy/app-role.sql makes: everything works, and the audit trail is append-only.
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import pg from 'pg';
import { projectPath } from '../../src/lib/paths.js';
import { exchangeCode, OTHER_USER, refresh, WEB_CLIENT } from '../support/app.js';
import { DAY, MINUTE, openTrail, type TrailRig } from '../support/production/audit.js';
import { asAdmin, type Backend, MODES } from '../support/production/backends.js';
import { type Deployment, deploy, Tab } from '../support/production/instances.js';
import { newCode } from '../support/production/requests.js';

const ROLE = `l2u_test_role_${process.pid}`;
const LOGIN = `l2u_test_login_${process.pid}`;

/** What an owner does once; twice here, for it must do no harm. */
async function makeRole({ env }: Pick<Backend, 'env'>): Promise<string> {
  const owner = new pg.Client({ connectionString: env.DATABASE_URL });
  await owner.connect();
  const script = await readFile(projectPath('deploy', 'app-role.sql'), 'utf8');
  await owner.query("SELECT set_config('link2ur.role', $1, false)", [ROLE]);
  for (let n = 0; n < 2; n += 1) await owner.query(script);
  await owner.query(
    `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${LOGIN}') THEN
       CREATE ROLE ${LOGIN} LOGIN IN ROLE ${ROLE}; END IF; END $$`,
  );
  await owner.end();
  const url = new URL(env.DATABASE_URL);
  url.username = LOGIN;
  return url.href;
}

after(async () => {
  // After every database of this file is gone, nothing depends on them any more.
  for (const role of [LOGIN, ROLE]) await asAdmin(`DROP ROLE IF EXISTS ${role}`);
});

describe('the service under a role of least privilege', () => {
  describe('that serves', () => {
    let deployment: Deployment | undefined;

    after(() => deployment?.close());

    it('logs users in, refreshes, tells of itself as ready, and leaves a trail', async () => {
      const [mode] = MODES;
      if (!mode) throw new Error('there is no mode');
      const reach = async (env: Record<string, string>, backend: Backend) => ({
        ...env,
        DATABASE_URL: await makeRole(backend),
      });
      deployment = await deploy(mode, { reach });
      const { issuer, backend, instances } = deployment;
      const browser = new Tab(issuer, instances[0] ?? { origin: issuer });
      const code = await newCode(browser, issuer, { client_id: WEB_CLIENT.client_id }, OTHER_USER.email);
      const { status, body } = await exchangeCode(issuer, code);
      expect(status).to.equal(200);
      if (body.refresh_token) expect((await refresh(issuer, body.refresh_token)).status).to.equal(200);
      expect((await fetch(`${issuer}/readyz`)).status).to.equal(200);
      const used = await backend.query<{ usename: string }>(
        'SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND usename = $1',
        [LOGIN],
      );
      expect(used).to.have.length(1);
      const types = await backend.query<{ type: string }>('SELECT type FROM oauth_audit_event');
      expect(types.map(({ type }) => type)).to.include.members(['login.succeeded', 'token.issued']);
    });
  });

  describe('the audit trail', () => {
    let rig: TrailRig;
    let url: string;
    let app: pg.Client;

    before(async () => {
      rig = await openTrail();
      url = await makeRole(rig.backend);
      app = new pg.Client({ connectionString: url });
      await app.connect();
      const services = await rig.open(0, { DATABASE_URL: url });
      await rig.seal(services, { userId: '10000001', ip: '192.0.2.1' }, {});
    });

    after(async () => {
      await app?.end();
      await rig?.close();
    });

    const rows = () => rig.backend.query('SELECT * FROM oauth_audit_event ORDER BY id');

    const EVENT_VALUES = "now(), 'x', 'system'";
    for (const statement of [
      "UPDATE oauth_audit_event SET type = 'x'",
      'UPDATE oauth_audit_event SET ip = NULL',
      'DELETE FROM oauth_audit_event',
      "DELETE FROM oauth_audit_event WHERE at < now() - interval '1000 days'",
      'TRUNCATE oauth_audit_event',
      'ALTER TABLE oauth_audit_event DISABLE TRIGGER USER',
      'ALTER TABLE oauth_audit_event DROP COLUMN redacted',
      'DROP TRIGGER oauth_audit_event_guard ON oauth_audit_event',
      'DROP TABLE oauth_audit_event',
      "SET session_replication_role = 'replica'",
      `INSERT INTO oauth_audit_event (id, at, type, actor) VALUES (1, ${EVENT_VALUES})
         ON CONFLICT (id) DO UPDATE SET type = 'x'`,
      "SELECT setval('oauth_audit_event_id_seq', 1)",
      "UPDATE oauth_audit_block SET hash = 'x'",
      'DELETE FROM oauth_audit_block',
      'TRUNCATE oauth_audit_block',
      'DELETE FROM oauth_audit_key',
      "UPDATE oauth_audit_key SET kid = 'x'",
      "CREATE OR REPLACE FUNCTION oauth_audit_prune(before timestamptz, batch integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
      "UPDATE users SET name = 'x'",
      'DELETE FROM _prisma_migrations',
    ]) {
      it(`refuses ${statement.replace(/\s+/g, ' ')}`, async () => {
        const before = await rows();
        const error = await app.query(statement).then(
          () => undefined,
          (reason: { code: string }) => reason.code,
        );
        expect(error).to.equal('42501');
        expect(await rows()).to.deep.equal(before);
      });
    }

    it('deletes nothing of the last day by way of the function for retention', async () => {
      const { rows: answer } = await app.query(
        "SELECT oauth_audit_prune(now() + interval '1 day', 100) AS gone",
      );
      expect(answer).to.deep.equal([{ gone: 0 }]);
      expect(await rows()).to.have.length(2);
    });

    for (const [what, item] of Object.entries({
      'another person': `{"id": 1, "user_id": "10000002", "actor": "system", "redacted": "p.m"}`,
      'another actor': `{"id": 1, "user_id": "~aaaaaaa", "actor": "operator:x", "redacted": "p.m"}`,
      'no reason': `{"id": 1, "user_id": "~aaaaaaa", "actor": "system", "redacted": null}`,
      'a person where there was none': `{"id": 2, "user_id": "~aaaaaaa", "actor": "system", "redacted": "p.m"}`,
    })) {
      it(`changes nothing to ${what} by way of the function for pseudonyms`, async () => {
        const before = await rows();
        const error = await app.query('SELECT oauth_audit_redact($1)', [`[${item}]`]).then(
          () => undefined,
          (reason: { code: string }) => reason.code,
        );
        expect(error).to.equal('42501');
        expect(await rows()).to.deep.equal(before);
      });
    }

    it('is sealed, pruned, pseudonymised and verified all the same', async () => {
      const past = await rig.open(410 * DAY, { DATABASE_URL: url });
      await rig.tamper('DELETE FROM oauth_audit_block', 'DELETE FROM oauth_audit_event');
      for (let n = 0; n < 3; n += 1) await rig.seal(past, { userId: '10000001' });
      const services = await rig.open(MINUTE, { DATABASE_URL: url });
      await rig.seal(services, { userId: '10000001', actor: 'user:10000001', ip: '192.0.2.1' });
      const { outcome, deleted } = await services.janitor.runOnce();
      expect({ outcome, events: deleted.audit_events }).to.deep.equal({ outcome: 'done', events: 3 });
      expect(await services.auditTrail.pseudonymise('10000001', '~abcdef0')).to.equal(1);
      await rig.seal(services, { type: 'user.forgotten', details: { pseudonym: '~abcdef0' } });
      const { problems, events, head } = await services.auditTrail.verify();
      expect({ problems, events, seq: head?.seq }).to.deep.equal({ problems: [], events: 2, seq: 5 });
      const [row] = await rows();
      expect(row).to.include({ user_id: '~abcdef0', actor: 'user:~abcdef0', ip: null });
    });
  });

  it('is not made of a role that owns the tables', async () => {
    const rig = await openTrail();
    const owner = new pg.Client({ connectionString: rig.backend.env.DATABASE_URL });
    await owner.connect();
    const script = await readFile(projectPath('deploy', 'app-role.sql'), 'utf8');
    await owner.query("SELECT set_config('link2ur.role', current_user, false)");
    const error = await owner.query(script).catch((reason: Error) => reason.message);
    await owner.end();
    await rig.close();
    expect(error).to.match(/owns the tables/);
  });
});
