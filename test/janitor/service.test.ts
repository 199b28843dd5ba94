// What a run of the janitor takes, in which portions, and what ends it early.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { ago, artifactsLeft, createScene, DAY, MINUTE, sealAudit, seedArtifacts } from './support.js';

const KINDS = [
  'artifacts',
  'refresh_tokens',
  'sessions',
  'grants',
  'counters',
  'logout_deliveries',
  'revoked_tokens',
  'registration_tokens',
  'audit_events',
];

describe('a run of the janitor', () => {
  it('takes what has expired, kind by kind, and says how many', async () => {
    const { janitor, stores, calls } = await createScene();
    await seedArtifacts(stores, 3, ago(DAY));
    await seedArtifacts(stores, 2, ago(-DAY));
    const { outcome, deleted } = await janitor.runOnce();
    expect(outcome).to.equal('done');
    expect(deleted).to.deep.equal({
      artifacts: 3,
      refresh_tokens: 0,
      sessions: 0,
      grants: 0,
      counters: 0,
      logout_deliveries: 0,
      revoked_tokens: 0,
      registration_tokens: 0,
      audit_events: 0,
    });
    expect(await artifactsLeft(stores)).to.equal(2);
    expect(calls.map(({ kind }) => kind)).to.deep.equal(KINDS);
  });

  it('goes in batches, and leaves a kind with the first that is not full', async () => {
    const { janitor, stores, calls } = await createScene({ batch: 10 });
    await seedArtifacts(stores, 25, ago(DAY));
    await janitor.runOnce();
    const batches = calls.filter(({ kind }) => kind === 'artifacts');
    expect(batches).to.deep.equal(Array(3).fill({ kind: 'artifacts', batch: 10 }));
    expect(calls).to.have.length(3 + KINDS.length - 1);
    expect(await artifactsLeft(stores)).to.equal(0);
  });

  it('asks for 1,000 at a time', async () => {
    const { janitor, calls } = await createScene();
    await janitor.runOnce();
    expect(new Set(calls.map(({ batch }) => batch))).to.deep.equal(new Set([1_000]));
  });

  it('pauses after each batch at least as long as it took', async () => {
    const slow = 25;
    const { janitor, stores, pauses } = await createScene({
      batch: 1,
      intercept: (kind, real) => async (cutoff, batch) => {
        if (kind === 'artifacts') await delay(slow);
        return real(cutoff, batch);
      },
    });
    await seedArtifacts(stores, 2, ago(DAY));
    await janitor.runOnce();
    // Timers may fire a millisecond early.
    expect(pauses.filter((ms) => ms >= slow - 1)).to.have.length(3);
    expect(Math.min(...pauses)).to.be.at.least(5);
  });

  it('leaves for a minute what has just expired: other instances have other clocks', async () => {
    const { janitor, stores, clock } = await createScene();
    await seedArtifacts(stores, 1, ago(MINUTE - 1_000));
    await janitor.runOnce();
    expect(await artifactsLeft(stores)).to.equal(1);
    clock.advance(2_000);
    await janitor.runOnce();
    expect(await artifactsLeft(stores)).to.equal(0);
  });

  it('keeps audit events as long as they are to be kept, and until they are in a block', async () => {
    const { janitor, stores, clock } = await createScene();
    const { audit } = stores;
    await audit.append([{ at: ago(400 * DAY + 1), type: 'old', actor: 'system' }]);
    await audit.append([{ at: ago(400 * DAY - 1), type: 'kept', actor: 'system' }]);
    expect((await janitor.runOnce()).deleted.audit_events).to.equal(0);
    await sealAudit(stores, clock);
    expect((await janitor.runOnce()).deleted.audit_events).to.equal(1);
    expect((await audit.list({ limit: 10 })).map(({ type }) => type)).to.deep.equal(['kept']);
    clock.advance(2);
    await janitor.runOnce();
    expect(await audit.list({ limit: 10 })).to.deep.equal([]);
  });

  it('keeps a revoked grant until it expires: replays are recognised by it', async () => {
    const { janitor, stores, clock } = await createScene();
    const grant = {
      id: 'grant',
      userId: '10000001',
      clientId: 'web-app',
      scopes: ['openid'],
      claims: [],
      details: {},
      issuedAt: ago(DAY),
      expiresAt: ago(-DAY),
    };
    await stores.grants.upsert(grant);
    await stores.grants.revoke(grant.id, ago(DAY));
    await janitor.runOnce();
    await stores.grants.upsert(grant);
    expect(await stores.grants.find(grant.id), 'brought back').to.equal(undefined);
    clock.advance(DAY + 2 * MINUTE);
    expect((await janitor.runOnce()).deleted.grants).to.equal(1);
  });

  it('ends as busy when another instance is at it, and goes on another time', async () => {
    let isElsewhere = true;
    const { janitor, stores, calls, logs } = await createScene({
      intercept: (kind, real) => async (cutoff, batch) =>
        kind === 'sessions' && isElsewhere ? undefined : real(cutoff, batch),
    });
    await seedArtifacts(stores, 1, ago(DAY));
    const { outcome, deleted } = await janitor.runOnce();
    expect(outcome).to.equal('busy');
    expect(deleted).to.deep.equal({ artifacts: 1, refresh_tokens: 0 });
    expect(calls.map(({ kind }) => kind)).to.deep.equal(['artifacts', 'refresh_tokens', 'sessions']);
    expect(logs.filter(({ level }) => level !== 'info')).to.deep.equal([]);
    isElsewhere = false;
    expect((await janitor.runOnce()).outcome).to.equal('done');
  });

  it('ends as failed when the store does not answer, warns once, and goes on another time', async () => {
    let failing = true;
    const { janitor, stores, calls, logs } = await createScene({
      batch: 2,
      intercept: (_, real) => async (cutoff, batch) => {
        if (failing && calls.length === 2) throw new StoreUnavailableError({ detail: 'gone' });
        return real(cutoff, batch);
      },
    });
    await seedArtifacts(stores, 5, ago(DAY));
    const { outcome, deleted, error } = await janitor.runOnce();
    expect(outcome).to.equal('failed');
    expect(error).to.be.instanceOf(StoreUnavailableError);
    expect(deleted).to.deep.equal({ artifacts: 2 });
    expect(logs.map(({ level }) => level)).to.deep.equal(['warning']);
    expect(logs[0]).to.deep.include({ deleted: { artifacts: 2 } });
    failing = false;
    expect((await janitor.runOnce()).deleted.artifacts).to.equal(3);
    expect(await artifactsLeft(stores)).to.equal(0);
  });

  it('survives an error it does not know, and reports it as one', async () => {
    const { janitor, logs } = await createScene({
      intercept: () => async () => {
        throw new TypeError('a mistake of ours');
      },
    });
    expect((await janitor.runOnce()).outcome).to.equal('failed');
    expect(logs.map(({ level }) => level)).to.deep.equal(['error']);
  });

  it('logs one line when it deleted something, none when not', async () => {
    const { janitor, stores, logs } = await createScene({ batch: 1 });
    await janitor.runOnce();
    expect(logs).to.deep.equal([]);
    await seedArtifacts(stores, 3, ago(DAY));
    await janitor.runOnce();
    expect(logs.map(({ level, outcome }) => [level, outcome])).to.deep.equal([['info', 'done']]);
    expect(logs[0]?.deleted).to.include({ artifacts: 3 });
    expect(logs[0]?.ms).to.be.a('number');
  });
});
