// Whoever owns the database can change it; `audit verify` says what they changed. The key is not in the database.
import { expect } from 'chai';
import { runInProcess } from '../support/cli.js';
import { DAY, MINUTE, openTrail, type TrailRig } from '../support/production/audit.js';

const EVENT = {
  type: 'login.succeeded',
  actor: 'user:10000001',
  userId: '10000001',
  clientId: 'web-app',
  grantId: 'grant',
  scope: 'openid',
  ip: '192.0.2.1',
  requestId: 'request',
  details: { a: 1, personal: { email: 'a@x.example' } },
};

/** Every column, and another value for it. */
const COLUMNS: Record<string, string> = {
  at: "at - interval '1 hour'",
  type: "'login.failed'",
  actor: "'user:10000002'",
  user_id: "'10000002'",
  client_id: 'NULL',
  grant_id: "''",
  scope: "'openid email'",
  ip: "'192.0.2.2'",
  request_id: "'another'",
  details: `'{"a": 2, "personal": {"email": "a@x.example"}}'`,
  'details, redacted': `'{"a": 1}', 'made.up'`,
  redacted: "'made.up'",
};

describe('audit verify on PostgreSQL', () => {
  let rig: TrailRig;

  /** Blocks 1 to 3 of events 1 to 9; the ids 10 to 12 were never used; block 4 of event 13. All some time ago. */
  beforeEach(async () => {
    rig = await openTrail();
    const services = await rig.open(20 * MINUTE);
    for (let n = 0; n < 3; n += 1) await rig.seal(services, EVENT, EVENT, EVENT);
    await rig.backend.query("SELECT setval('oauth_audit_event_id_seq', 12)");
    await rig.seal(services, EVENT);
  });

  afterEach(() => rig.close());

  const kinds = ({ problems }: { problems: { kind: string; event_id?: number; block?: number }[] }) =>
    problems.map(({ kind, event_id, block }) => `${kind} ${event_id ?? `block ${block}`}`);

  it('finds nothing where nothing was done, and says what the head is', async () => {
    const { code, ok, events, blocks, head, problems } = await rig.verify();
    expect({ code, ok, events, blocks, problems }).to.deep.equal({
      code: 0,
      ok: true,
      events: 10,
      blocks: 4,
      problems: [],
    });
    expect((await rig.verify('--head', `${head?.seq}:${head?.hash}`)).code).to.equal(0);
  });

  it('finds an event that was altered, whatever of it', async () => {
    const columns = Object.entries(COLUMNS);
    const services = await rig.open(20 * MINUTE);
    await rig.seal(services, ...columns.map(() => EVENT));
    await rig.tamper(
      ...columns.map(
        ([column, value], n) =>
          `UPDATE oauth_audit_event SET (${column}) = ROW(${value}) WHERE id = ${14 + n}`,
      ),
    );
    const verified = await rig.verify();
    expect(verified.code).to.equal(1);
    expect(kinds(verified)).to.deep.equal(columns.map((_, n) => `altered ${14 + n}`));
    expect(verified.events).to.equal(10);
    const { code, stdout } = await runInProcess(['audit', 'verify'], { env: rig.env });
    expect(code).to.equal(1);
    expect(stdout).to.include('altered: event 14 was altered (block 5)\n').and.include('12 findings\n');
  });

  it('finds an event that was removed, and says when it happened', async () => {
    const [row] = await rig.backend.query<{ at: Date }>('SELECT at FROM oauth_audit_event WHERE id = 5');
    await rig.tamper('DELETE FROM oauth_audit_event WHERE id = 5');
    const verified = await rig.verify();
    expect(verified.code).to.equal(1);
    expect(verified.problems).to.deep.equal([
      {
        kind: 'missing',
        event_id: 5,
        block: 2,
        message: `event 5 of ${row?.at.toISOString()} is missing (block 2)`,
      },
    ]);
  });

  for (const id of [0, -7, 11]) {
    it(`finds an event that was put in afterwards, with id ${id}`, async () => {
      await rig.tamper(
        `INSERT INTO oauth_audit_event (id, at, type, actor) VALUES (${id}, now(), 'made.up', 'system')`,
      );
      const verified = await rig.verify();
      expect([verified.code, ...kinds(verified)]).to.deep.equal([1, `added ${id}`]);
    });
  }

  for (const [what, change] of Object.entries({
    'one digest': 'event_digests = array_replace(event_digests, event_digests[2], event_digests[1])',
    'one event less':
      'event_ids = event_ids[1:2], event_times = event_times[1:2], event_digests = event_digests[1:2]',
    'another time': "at = at - interval '1 day'",
    'a shorter retention': 'retained_since = now()',
    'older events': "event_times = ARRAY[now() - interval '900 days', event_times[2], event_times[3]]",
    'another skip': 'skipped = ARRAY[4, 6]',
    'another hash': 'hash = prev_hash',
  })) {
    it(`finds a block that was altered: ${what}`, async () => {
      await rig.tamper(`UPDATE oauth_audit_block SET ${change} WHERE seq = 2`);
      const verified = await rig.verify();
      expect(verified.code).to.equal(1);
      expect(kinds(verified)).to.include('block block 2');
    });
  }

  it('finds that a block was removed, in the middle or at the beginning, with its events or without', async () => {
    await rig.tamper('DELETE FROM oauth_audit_block WHERE seq = 3');
    expect(kinds(await rig.verify())).to.deep.equal(['missing_block block 3']);
    await rig.tamper('DELETE FROM oauth_audit_event WHERE id BETWEEN 7 AND 9');
    expect(kinds(await rig.verify())).to.deep.equal(['missing_block block 3']);
    await rig.tamper('DELETE FROM oauth_audit_block WHERE seq < 3');
    expect(kinds(await rig.verify())).to.deep.equal([
      'missing_block block 3',
      ...[1, 2, 3, 4, 5, 6].map((id) => `added ${id}`),
    ]);
    await rig.tamper('DELETE FROM oauth_audit_event WHERE id < 7');
    expect(kinds(await rig.verify())).to.deep.equal(['missing_block block 3']);
  });

  for (const [what, statements] of Object.entries({
    'with its events': ['DELETE FROM oauth_audit_event WHERE id = 13'],
    'without its events, which are put into a new block': [],
  })) {
    it(`finds, by a head that was noted, that the end was cut off ${what}`, async () => {
      const { head } = await rig.verify();
      await rig.tamper('DELETE FROM oauth_audit_block WHERE seq = 4', ...statements);
      expect((await rig.verify()).code).to.equal(0);
      const verified = await rig.verify('--head', `${head?.seq}:${head?.hash}`);
      expect([verified.code, ...kinds(verified)]).to.deep.equal([1, 'head block 4']);
    });
  }

  it('finds, by a head that was noted, that the whole chain was made anew', async () => {
    const { head } = await rig.verify();
    await rig.tamper(
      'DELETE FROM oauth_audit_block',
      'DELETE FROM oauth_audit_key',
      "UPDATE oauth_audit_event SET type = 'made.up'",
    );
    expect((await rig.verify()).code).to.equal(0);
    expect(kinds(await rig.verify('--head', `${head?.seq}:${head?.hash}`))).to.deep.equal(['head block 4']);
  });

  it('finds that the key is gone', async () => {
    await rig.tamper('DELETE FROM oauth_audit_key');
    expect(kinds(await rig.verify())).to.deep.equal([1, 2, 3, 4].map((seq) => `key block ${seq}`));
  });

  it('finds a person replaced whom nobody forgot, and a pseudonym or address changed after it', async () => {
    const { auditTrail } = await rig.open(20 * MINUTE);
    expect(await auditTrail.pseudonymise('10000001', '~abcdef0')).to.equal(10);
    const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13];
    const verified = await rig.verify();
    expect([verified.code, ...kinds(verified)]).to.deep.equal([1, ...ids.map((id) => `redacted ${id}`)]);
    const services = await rig.open(15 * MINUTE);
    const forgotten = { type: 'user.forgotten', details: { pseudonym: '~abcdef0' } };
    await rig.seal(services, forgotten, { ...forgotten, details: { pseudonym: '~zzzzzzz' } });
    expect(kinds(await rig.verify())).to.deep.equal([]);
    await rig.tamper(
      "UPDATE oauth_audit_event SET user_id = '~zzzzzzz' WHERE id = 1",
      "UPDATE oauth_audit_event SET actor = 'operator:ann' WHERE id = 2",
      "UPDATE oauth_audit_event SET ip = '192.0.2.9' WHERE id = 3",
      `UPDATE oauth_audit_event SET details = details || '{"personal": 1}' WHERE id = 4`,
    );
    expect(kinds(await rig.verify())).to.deep.equal([1, 2, 3, 4].map((id) => `altered ${id}`));
  });

  it('takes for pruned what was old enough, also after the retention was made longer, and nothing else', async () => {
    const old = await rig.open(3 * DAY);
    const late = await rig.open(2 * DAY);
    const current = await rig.open(0, { AUDIT_RETENTION_DAYS: '1' });
    // A trail of its own: the one made above is younger than what comes now.
    await rig.tamper('DELETE FROM oauth_audit_block', 'DELETE FROM oauth_audit_event');
    for (const services of [old, old, late, late]) await rig.seal(services, EVENT, EVENT);
    await rig.seal(current, EVENT);
    const { deleted } = await current.janitor.runOnce();
    expect(deleted.audit_events).to.equal(8);
    const seqs = await rig.backend.query<{ seq: string }>('SELECT seq FROM oauth_audit_block ORDER BY seq');
    expect(seqs.map(({ seq }) => seq)).to.deep.equal(['4', '5']);
    // As the command line has it, AUDIT_RETENTION_DAYS is 400.
    const verified = await rig.verify();
    expect(verified).to.deep.include({ code: 0, events: 1, pruned: 2, blocks: 2, problems: [] });
    await rig.tamper('DELETE FROM oauth_audit_block WHERE seq = 4');
    expect(kinds(await rig.verify())).to.deep.equal(['missing_block block 4']);
  });
});
