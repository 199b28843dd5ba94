// What becomes of keys as time passes, and what operators may do with them.
import { expect } from 'chai';
import { AppError } from '../../src/lib/errors.js';
import {
  ALGS,
  DAY,
  expectOneActiveEach,
  type KeyBench,
  OPERATOR,
  openKeyBench,
  PRIVATE_MEMBERS,
} from './support.js';

async function refusal(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

async function only(bench: KeyBench, alg: string, state: 'announced' | 'active' | 'retired' | 'gone') {
  const [key, ...others] = await bench.records(alg, state);
  expect(others, `${state} keys of ${alg}`).to.deep.equal([]);
  if (!key) throw new Error(`no ${state} key of ${alg}`);
  return key;
}

describe('keys, by themselves', () => {
  it('begin with one active key of each algorithm, and one for cookies', async () => {
    const bench = openKeyBench();
    await Promise.all([bench.keys.ensure(), bench.another().ensure(), bench.another().ensure()]);
    const keys = await bench.keys.list();
    expect(keys.map(({ alg }) => alg)).to.have.members(ALGS);
    expect(new Set(keys.map(({ state }) => state))).to.deep.equal(new Set(['active']));
    await bench.keys.ensure();
    expect(await bench.keys.list()).to.deep.equal(keys);
  });

  it('rotate: announced a day before, active on time, the one before retired and then gone', async () => {
    const bench = openKeyBench();
    const { keys, clock } = bench;
    await keys.ensure();
    const first = await only(bench, 'ES256', 'active');

    clock.pass(89 * DAY - 1);
    await keys.advance();
    expect(await bench.records('ES256', 'announced')).to.deep.equal([]);
    clock.pass(1);
    await keys.advance();
    const next = await only(bench, 'ES256', 'announced');
    expect(next.activatesAt?.getTime()).to.equal(clock.now().getTime() + DAY * 1_000);
    expect((await only(bench, 'ES256', 'active')).kid).to.equal(first.kid);

    clock.pass(DAY - 1);
    await keys.advance();
    expect((await only(bench, 'ES256', 'active')).kid).to.equal(first.kid);
    clock.pass(1);
    await keys.advance();
    expect((await only(bench, 'ES256', 'active')).kid).to.equal(next.kid);
    const retired = await only(bench, 'ES256', 'retired');
    expect(retired).to.include({ kid: first.kid });
    expect(retired.retiredAt).to.deep.equal(clock.now());

    // As long as a session can last: then an ID token may still be shown to log out.
    clock.pass(14 * DAY + 59);
    await keys.advance();
    expect((await only(bench, 'ES256', 'retired')).kid).to.equal(first.kid);
    clock.pass(1);
    await keys.advance();
    const gone = await only(bench, 'ES256', 'gone');
    expect(gone.kid).to.equal(first.kid);
    expect(gone.privateSealed).to.equal(undefined);
    expect(gone.goneAt).to.deep.equal(clock.now());
    await expectOneActiveEach(bench.stores);

    const events = (await bench.events()).filter(({ details }) => details.alg === 'ES256');
    expect(events.map(({ type, details }) => [type, details.before, details.after])).to.deep.equal([
      ['key.activated', undefined, 'active'],
      ['key.announced', undefined, 'announced'],
      ['key.retired', 'active', 'retired'],
      ['key.activated', 'announced', 'active'],
      ['key.gone', 'retired', 'gone'],
    ]);
    expect(new Set(events.map(({ actor }) => actor))).to.deep.equal(new Set(['system']));
  });

  it('announce a cookie key only until every instance knows it', async () => {
    const bench = openKeyBench();
    await bench.keys.ensure();
    bench.clock.pass(90 * DAY - 60);
    await bench.keys.advance();
    await only(bench, 'HMAC', 'announced');
    bench.clock.pass(60);
    await bench.keys.advance();
    await only(bench, 'HMAC', 'retired');
    await expectOneActiveEach(bench.stores);
  });

  it('do not rotate by themselves with KEY_ROTATION_DAYS=0', async () => {
    const bench = openKeyBench({ KEY_ROTATION_DAYS: '0' });
    await bench.keys.ensure();
    const before = await bench.keys.list();
    bench.clock.pass(4_000 * DAY);
    await bench.keys.advance();
    expect(await bench.keys.list()).to.deep.equal(before);
  });

  it('keep to the schedule although many instances look after them at once, and some were away', async () => {
    const bench = openKeyBench();
    const instances = Array.from({ length: 6 }, () => bench.another());
    for (let week = 0; week < 60; week += 1) {
      await Promise.all(instances.map((instance) => instance.ensure()));
      await Promise.all(instances.map((instance) => instance.advance()));
      await expectOneActiveEach(bench.stores);
      bench.clock.pass(7 * DAY);
    }
    // 420 days: 90 days each, and late by up to a week.
    for (const alg of ALGS) {
      const all = (await bench.keys.list()).filter((key) => key.alg === alg);
      expect(all.length, alg).to.be.within(5, 6);
    }
  });

  it('give an algorithm that lost its keys a new one, and retire one of two that sign', async () => {
    const bench = openKeyBench();
    const { keys, stores } = bench;
    await keys.ensure();
    const [lost, doubled] = [await only(bench, 'EdDSA', 'active'), await only(bench, 'RS256', 'active')];
    await stores.keys.change(lost, 'gone', { goneAt: bench.clock.now() });
    await stores.keys.add({ ...doubled, kid: 'by-hand' });
    await keys.advance();
    await expectOneActiveEach(stores);
  });
});

describe('an operator', () => {
  let bench: KeyBench;
  beforeEach(async () => {
    bench = openKeyBench();
    await bench.keys.ensure();
  });

  it('generates a key that waits for as long as nobody rotates', async () => {
    const { keys, clock } = bench;
    const key = await keys.generate({ alg: 'ES256' }, OPERATOR);
    expect(key).to.include({ alg: 'ES256', state: 'announced', purpose: 'token' });
    clock.pass(30 * DAY);
    await keys.advance();
    expect((await only(bench, 'ES256', 'announced')).kid).to.equal(key.kid);
    // Everybody has known it for long: rotating to it costs nothing, and happens at once.
    const report = await keys.rotate({ algs: ['ES256'] }, OPERATOR);
    expect(report.unverifiableSeconds).to.equal(0);
    expect((await only(bench, 'ES256', 'active')).kid).to.equal(key.kid);
    await expectOneActiveEach(bench.stores);
  });

  it('is refused a second key that waits', async () => {
    await bench.keys.generate({ alg: 'RS256' }, OPERATOR);
    const { statusCode, message } = await refusal(bench.keys.generate({ alg: 'RS256' }, OPERATOR));
    expect(statusCode).to.equal(409);
    expect(message).to.include('announced already');
  });

  it('rotates: announced first, and twice is once', async () => {
    const { keys, clock } = bench;
    const { keys: announced, unverifiableSeconds } = await keys.rotate({}, OPERATOR);
    expect(announced.map(({ alg, state }) => `${alg} ${state}`)).to.have.members([
      'RS256 announced',
      'ES256 announced',
      'EdDSA announced',
    ]);
    expect(unverifiableSeconds).to.equal(0);
    clock.pass(3_600);
    const again = await keys.rotate({}, OPERATOR);
    expect(again.keys.map(({ kid }) => kid)).to.have.members(announced.map(({ kid }) => kid));
    expect(await keys.list()).to.have.length(7);
    clock.pass(DAY);
    await keys.advance();
    const active = (await keys.list()).filter(({ state }) => state === 'active');
    expect(active.map(({ kid }) => kid)).to.include.members(announced.map(({ kid }) => kid));
    await expectOneActiveEach(bench.stores);
  });

  it('brings a scheduled rotation forward', async () => {
    const { keys, clock } = bench;
    clock.pass(89 * DAY);
    await keys.advance();
    const planned = await only(bench, 'HMAC', 'active');
    clock.pass(3_600);
    await keys.rotate({ algs: ['HMAC'] }, OPERATOR);
    clock.pass(60);
    await keys.advance();
    expect((await only(bench, 'HMAC', 'retired')).kid).to.equal(planned.kid);
  });

  it('rotates at once, and is told what that costs', async () => {
    const before = await only(bench, 'RS256', 'active');
    const report = await bench.keys.rotate({ algs: ['RS256'], now: true }, OPERATOR);
    expect(report.unverifiableSeconds).to.equal(3_600);
    expect(report.keys.map(({ state }) => state)).to.have.members(['retired', 'active']);
    expect((await only(bench, 'RS256', 'retired')).kid).to.equal(before.kid);
    await expectOneActiveEach(bench.stores);
  });

  it('retires an active key once another can take over, and is told what to do until then', async () => {
    const { keys, clock } = bench;
    const { kid } = await only(bench, 'ES256', 'active');
    const alone = await refusal(keys.retire(kid, OPERATOR));
    expect(alone.statusCode).to.equal(409);
    expect(alone.message).to.include('key rotate --alg ES256');
    await keys.generate({ alg: 'ES256' }, OPERATOR);
    clock.pass(DAY - 1);
    const early = await refusal(keys.retire(kid, OPERATOR));
    expect(early.message).to.include('--now');
    clock.pass(1);
    await keys.retire(kid, OPERATOR);
    expect((await only(bench, 'ES256', 'retired')).kid).to.equal(kid);
    await expectOneActiveEach(bench.stores);
    expect((await refusal(keys.retire(kid, OPERATOR))).statusCode).to.equal(409);
  });

  it('withdraws an announced key by retiring it', async () => {
    const { kid } = await bench.keys.generate({ alg: 'EdDSA' }, OPERATOR);
    await bench.keys.retire(kid, OPERATOR);
    const gone = await only(bench, 'EdDSA', 'gone');
    expect([gone.kid, gone.privateSealed, gone.revokedAt]).to.deep.equal([kid, undefined, undefined]);
    expect((await bench.events()).at(-1)).to.deep.include({ type: 'key.withdrawn', actor: OPERATOR.actor });
  });

  it('revokes a key: gone at once, another active at once, in one unit of work', async () => {
    const { keys } = bench;
    const { kid } = await only(bench, 'RS256', 'active');
    const report = await keys.revoke(kid, OPERATOR);
    expect(report.keys.map(({ state }) => state)).to.deep.equal(['gone', 'active']);
    expect(report.unverifiableSeconds).to.equal(3_600);
    expect((await only(bench, 'RS256', 'gone')).privateSealed).to.equal(undefined);
    await expectOneActiveEach(bench.stores);
    const again = await refusal(keys.revoke(kid, OPERATOR));
    expect(again.statusCode).to.equal(409);
    expect(again.message).to.include('revoked since');
  });

  it('revokes without cost to anybody when a key has been waiting', async () => {
    const { keys, clock } = bench;
    const waiting = await keys.generate({ alg: 'RS256' }, OPERATOR);
    clock.pass(DAY);
    const report = await keys.revoke((await only(bench, 'RS256', 'active')).kid, OPERATOR);
    expect(report.unverifiableSeconds).to.equal(0);
    expect((await only(bench, 'RS256', 'active')).kid).to.equal(waiting.kid);
  });

  it('is told that there is no such key, or no such algorithm', async () => {
    const { keys } = bench;
    for (const work of [keys.retire('nobody', OPERATOR), keys.revoke('nobody', OPERATOR)]) {
      expect((await refusal(work)).statusCode).to.equal(404);
    }
    for (const alg of ['HS256', 'none', 'rs256', '', 'constructor']) {
      expect((await refusal(keys.generate({ alg }, OPERATOR))).statusCode, alg).to.equal(422);
      expect((await refusal(keys.rotate({ algs: ['RS256', alg] }, OPERATOR))).statusCode, alg).to.equal(422);
    }
    expect(await keys.list()).to.have.length(4);
  });

  it('leaves cookie keys of the configuration alone', async () => {
    const own = openKeyBench({ COOKIE_KEYS: 'k7Qm2xVb9TzRw4LpY8sNd3HfJ6cGa1Ue' });
    await own.keys.ensure();
    expect((await own.keys.list()).map(({ purpose }) => purpose)).not.to.include('cookie');
    const refused = await refusal(own.keys.rotate({ algs: ['HMAC'] }, OPERATOR));
    expect(refused.statusCode).to.equal(409);
    expect(refused.message).to.include('COOKIE_KEYS');
  });

  it('is written down as the author of every change, and no private part with it', async () => {
    const { keys } = bench;
    const { kid } = await keys.generate({ alg: 'RS256' }, OPERATOR);
    await keys.rotate({ now: true }, OPERATOR);
    await keys.revoke(kid, OPERATOR);
    await keys.reseal({}, OPERATOR);
    const found = await bench.stores.audit.list({ limit: 200 });
    const ours = found.filter(({ actor }) => actor !== 'system');
    expect(ours.map(({ type }) => type)).to.include.members([
      'key.announced',
      'key.activated',
      'key.retired',
      'key.revoked',
      'key.resealed',
    ]);
    for (const event of ours) expect(event).to.include(OPERATOR);
    const records = await bench.stores.keys.list();
    const shown = JSON.stringify([found, await keys.list()]);
    expect(shown).not.to.match(PRIVATE_MEMBERS);
    for (const key of records) {
      if (key.privateSealed) expect(shown).not.to.include(key.privateSealed);
    }
  });

  it('cannot undo what another does at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = [bench.another(), bench.another()];
      const { kid } = await only(bench, 'ES256', 'active');
      const both = await Promise.allSettled([
        one.revoke(kid, OPERATOR),
        other.revoke(kid, OPERATOR),
        one.rotate({ algs: ['ES256'], now: true }, OPERATOR),
        other.rotate({ algs: ['ES256'] }, OPERATOR),
        other.generate({ alg: 'ES256' }, OPERATOR),
        other.retire(kid, OPERATOR),
        one.advance(),
      ]);
      const reasons = both.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      for (const reason of reasons) expect((reason as AppError).statusCode, String(reason)).to.equal(409);
      expect(both.slice(0, 2).filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      await expectOneActiveEach(bench.stores);
      for (const key of await bench.records('ES256', 'announced')) await bench.keys.retire(key.kid, OPERATOR);
    }
  });
});
