// Owns: the suite of ArtifactStore, outside units of work.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import {
  artifactRecord,
  atOnce,
  type Departures,
  expectRecord,
  HOUR,
  later,
  NOW,
  newId,
  newKey,
  seedGrant,
  TEXT,
  type Use,
} from './support.js';

export function describeArtifacts(use: Use, { artifactsExpireThemselves }: Departures = {}): void {
  describe('artifacts', () => {
    it('gives back what was stored: text, nesting, dates to the millisecond', async () => {
      const { artifacts } = use();
      const key = newKey();
      const grant = await seedGrant(use());
      const record = artifactRecord({
        payload: { [TEXT]: TEXT, list: [1, 2.5, null, { deep: [true, ''] }], none: null, empty: {} },
        grantId: grant.id,
        userCodeKey: newKey(),
        expiresAt: later(7),
      });
      await artifacts.upsert('AccessToken', key, record);
      expectRecord(await artifacts.find('AccessToken', key), record);
      expectRecord(await artifacts.findForUse('AccessToken', key), record);
    });

    it('leaves out optional members that were not given', async () => {
      const { artifacts } = use();
      const key = newKey();
      await artifacts.upsert('Interaction', key, artifactRecord());
      const found = await artifacts.find('Interaction', key);
      expect([found?.grantId, found?.userCodeKey, found?.consumedAt]).to.deep.equal(Array(3).fill(undefined));
      expectRecord(found, artifactRecord());
    });

    it('replaces a record that is stored again', async () => {
      const { artifacts } = use();
      const key = newKey();
      const userCodeKey = newKey();
      await artifacts.upsert('DeviceCode', key, artifactRecord({ payload: { a: 1, b: 1 }, userCodeKey }));
      const second = artifactRecord({ payload: { a: 2 }, expiresAt: later(5) });
      await artifacts.upsert('DeviceCode', key, second);
      expectRecord(await artifacts.find('DeviceCode', key), second);
      expect(await artifacts.findByUserCode('DeviceCode', userCodeKey)).to.equal(undefined);
    });

    it('finds nothing under unknown keys, and keeps kinds apart', async () => {
      const { artifacts } = use();
      const key = newKey();
      await artifacts.upsert('AuthorizationCode', key, artifactRecord());
      expect(await artifacts.find('AccessToken', key)).to.equal(undefined);
      expect(await artifacts.findForUse('AccessToken', key)).to.equal(undefined);
      expect(await artifacts.consume('AccessToken', key, NOW)).to.equal(false);
      expect(await artifacts.find('AuthorizationCode', newKey())).to.equal(undefined);
      await artifacts.destroy('AccessToken', key);
      expect(await artifacts.find('AuthorizationCode', key)).to.not.equal(undefined);
    });

    it('destroys one record, and does not mind one that is not there', async () => {
      const { artifacts } = use();
      const [key, other] = [newKey(), newKey()];
      await artifacts.upsert('AccessToken', key, artifactRecord());
      await artifacts.upsert('AccessToken', other, artifactRecord());
      await artifacts.destroy('AccessToken', key);
      await artifacts.destroy('AccessToken', key);
      expect(await artifacts.find('AccessToken', key)).to.equal(undefined);
      expect(await artifacts.find('AccessToken', other)).to.not.equal(undefined);
    });

    it('finds a record by its user code, within its kind', async () => {
      const { artifacts } = use();
      const [key, userCodeKey] = [newKey(), newKey()];
      const record = artifactRecord({ payload: { device: true }, userCodeKey });
      await artifacts.upsert('DeviceCode', key, record);
      await artifacts.upsert('DeviceCode', newKey(), artifactRecord({ userCodeKey: newKey() }));
      expectRecord(await artifacts.findByUserCode('DeviceCode', userCodeKey), record);
      expect(await artifacts.findByUserCode('AccessToken', userCodeKey)).to.equal(undefined);
      expect(await artifacts.findByUserCode('DeviceCode', newKey())).to.equal(undefined);
    });

    if (artifactsExpireThemselves) describeSelfExpiry(use, artifactsExpireThemselves);
    else {
      it('still finds an expired record', async () => {
        const { artifacts } = use();
        const key = newKey();
        await artifacts.upsert('AccessToken', key, artifactRecord({ expiresAt: new Date('2012-01-01') }));
        expect(await artifacts.find('AccessToken', key)).to.not.equal(undefined);
      });
    }

    it('lets exactly one of 50 concurrent callers consume a record', async () => {
      const { artifacts } = use();
      const key = newKey();
      await artifacts.upsert('AuthorizationCode', key, artifactRecord());
      const won = await atOnce(50, (i) => artifacts.consume('AuthorizationCode', key, later(i)));
      expect(won.filter(Boolean)).to.have.length(1);
      const found = await artifacts.find('AuthorizationCode', key);
      expect(found?.consumedAt).to.deep.equal(later(won.indexOf(true)));
    });

    it('keeps a used record used when it is stored again', async () => {
      const { artifacts } = use();
      const key = newKey();
      await artifacts.upsert('AuthorizationCode', key, artifactRecord());
      await artifacts.consume('AuthorizationCode', key, NOW);
      await artifacts.upsert('AuthorizationCode', key, artifactRecord({ payload: { again: true } }));
      expect((await artifacts.find('AuthorizationCode', key))?.consumedAt).to.deep.equal(NOW);
      expect(await artifacts.consume('AuthorizationCode', key, later(1))).to.equal(false);
    });

    describeByGrant(use);
    describeClaims(use);
  });
}

function describeSelfExpiry(use: Use, reason: string): void {
  it(`forgets expired records by itself (${reason})`, async () => {
    const { artifacts } = use();
    const [key, stale, lasting] = [newKey(), newKey(), newKey()];
    const isFound = async (wanted: string) => (await artifacts.find('AccessToken', wanted)) !== undefined;
    // In real time: this is the one clock of such a store that a test cannot move.
    const soon = new Date(Date.now() + 1_000);
    await artifacts.upsert('AccessToken', key, artifactRecord({ expiresAt: soon }));
    await artifacts.upsert('AccessToken', stale, artifactRecord({ expiresAt: new Date('2012-01-01') }));
    await artifacts.upsert('AccessToken', lasting, artifactRecord());
    expect(await isFound(key)).to.equal(true);
    const deadline = Date.now() + 10_000;
    while (((await isFound(key)) || (await isFound(stale))) && Date.now() < deadline) await delay(100);
    expect([await isFound(key), await isFound(stale)]).to.deep.equal([false, false]);
    expect(await isFound(lasting)).to.equal(true);
    // Nothing is left for the janitor, and its visit does no harm.
    expect(await artifacts.countExpired(new Date(), 10)).to.equal(0);
    expect(await artifacts.deleteExpired(new Date(), 10)).to.equal(0);
    expect(await isFound(lasting)).to.equal(true);
  });
}

function describeByGrant(use: Use): void {
  it('finds no record whose grant is revoked, whether stored before or after', async () => {
    const { artifacts, grants } = use();
    const grant = await seedGrant(use());
    const [before, after, userCodeKey] = [newKey(), newKey(), newKey()];
    await artifacts.upsert('AccessToken', before, artifactRecord({ grantId: grant.id, userCodeKey }));
    expect(await artifacts.find('AccessToken', before)).to.not.equal(undefined);
    await grants.revoke(grant.id, NOW);
    await artifacts.upsert('AccessToken', after, artifactRecord({ grantId: grant.id }));
    for (const key of [before, after]) {
      expect(await artifacts.find('AccessToken', key)).to.equal(undefined);
      expect(await artifacts.findForUse('AccessToken', key)).to.equal(undefined);
    }
    expect(await artifacts.findByUserCode('AccessToken', userCodeKey)).to.equal(undefined);
  });

  it('finds no record whose grant was never stored', async () => {
    const { artifacts } = use();
    const key = newKey();
    await artifacts.upsert('AccessToken', key, artifactRecord({ grantId: newId() }));
    expect(await artifacts.find('AccessToken', key)).to.equal(undefined);
    expect(await artifacts.findForUse('AccessToken', key)).to.equal(undefined);
  });

  it('leaves no record alive when it is stored while its grant is revoked', async () => {
    const { artifacts, grants } = use();
    for (let round = 0; round < 10; round += 1) {
      const grant = await seedGrant(use());
      const key = newKey();
      await Promise.all([
        artifacts.upsert('AccessToken', key, artifactRecord({ grantId: grant.id })),
        grants.revoke(grant.id, NOW),
      ]);
      expect(await artifacts.find('AccessToken', key)).to.equal(undefined);
    }
  });

  it('makes room when a grant is revoked, and takes nothing that hangs on another grant or on none', async () => {
    const { artifacts, grants } = use();
    const grant = await seedGrant(use());
    const other = await seedGrant(use());
    const [mine, mineToo, otherGrant, noGrant] = [newKey(), newKey(), newKey(), newKey()];
    await artifacts.upsert('AccessToken', mine, artifactRecord({ grantId: grant.id }));
    await artifacts.upsert('AccessToken', mineToo, artifactRecord({ grantId: grant.id }));
    await artifacts.upsert('AccessToken', otherGrant, artifactRecord({ grantId: other.id }));
    await artifacts.upsert('AccessToken', noGrant, artifactRecord());
    await grants.revoke(grant.id, NOW);
    await artifacts.revokeByGrantId('AccessToken', grant.id);
    expect(await artifacts.find('AccessToken', mine)).to.equal(undefined);
    expect(await artifacts.find('AccessToken', mineToo)).to.equal(undefined);
    expect(await artifacts.find('AccessToken', otherGrant)).to.not.equal(undefined);
    expect(await artifacts.find('AccessToken', noGrant)).to.not.equal(undefined);
  });
}

function describeClaims(use: Use): void {
  describe('claims', () => {
    it('are for exactly one of 50 concurrent callers, and for nobody while they last', async () => {
      const { artifacts } = use();
      const key = newKey();
      const until = { now: new Date(), expiresAt: new Date(Date.now() + HOUR) };
      const won = await atOnce(50, () => artifacts.claim('ReplayDetection', key, until));
      expect(won.filter(Boolean)).to.have.length(1);
      expect(await artifacts.claim('ReplayDetection', key, until)).to.equal(false);
    });

    it('keep kinds and keys apart', async () => {
      const { artifacts } = use();
      const key = newKey();
      const until = { now: new Date(), expiresAt: new Date(Date.now() + HOUR) };
      expect(await artifacts.claim('ReplayDetection', key, until)).to.equal(true);
      expect(await artifacts.claim('LoginTicket', key, until)).to.equal(true);
      expect(await artifacts.claim('ReplayDetection', newKey(), until)).to.equal(true);
    });

    it('can be had again once they have expired', async () => {
      const { artifacts } = use();
      const key = newKey();
      const now = Date.now();
      const first = { now: new Date(now), expiresAt: new Date(now + 60) };
      expect(await artifacts.claim('LoginTicket', key, first)).to.equal(true);
      await new Promise((resolve) => setTimeout(resolve, 120));
      const second = { now: new Date(now + 120), expiresAt: new Date(now + HOUR) };
      const won = await atOnce(20, () => artifacts.claim('LoginTicket', key, second));
      expect(won.filter(Boolean)).to.have.length(1);
    });

    it('can tell by whom, and tell of the next one once they have expired', async () => {
      const { artifacts } = use();
      const key = newKey();
      const now = Date.now();
      const of = (by: string, from: number, ms: number) => ({
        now: new Date(from),
        expiresAt: new Date(from + ms),
        payload: { by },
      });
      expect(await artifacts.claim('DeviceCodeEntered', key, of('one', now, 60))).to.equal(true);
      expect(await artifacts.claim('DeviceCodeEntered', key, of('other', now, HOUR))).to.equal(false);
      expect((await artifacts.find('DeviceCodeEntered', key))?.payload).to.deep.equal({ by: 'one' });
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect(await artifacts.claim('DeviceCodeEntered', key, of('other', now + 120, HOUR))).to.equal(true);
      expect((await artifacts.find('DeviceCodeEntered', key))?.payload).to.deep.equal({ by: 'other' });
    });

    it('are not undone with a unit of work: what was seen has been seen', async () => {
      const { artifacts, unitOfWork } = use();
      const key = newKey();
      const until = { now: new Date(), expiresAt: new Date(Date.now() + HOUR) };
      await unitOfWork.run(async () => {
        expect(await artifacts.claim('ReplayDetection', key, until)).to.equal(true);
        return { commit: false, value: undefined };
      });
      expect(await artifacts.claim('ReplayDetection', key, until)).to.equal(false);
    });
  });
}
