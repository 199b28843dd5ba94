// Owns: the suite of ArtifactStore, outside units of work.
import { expect } from 'chai';
import {
  artifactRecord,
  atOnce,
  expectRecord,
  later,
  NOW,
  newId,
  newKey,
  seedGrant,
  TEXT,
  type Use,
} from './support.js';

export function describeArtifacts(use: Use): void {
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

    it('still finds an expired record', async () => {
      const { artifacts } = use();
      const key = newKey();
      await artifacts.upsert('AccessToken', key, artifactRecord({ expiresAt: new Date('2012-01-01') }));
      expect(await artifacts.find('AccessToken', key)).to.not.equal(undefined);
    });

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

  it('revokes by grant only that kind and that grant', async () => {
    const { artifacts } = use();
    const grant = await seedGrant(use());
    const other = await seedGrant(use());
    const [mine, mineToo, otherKind, otherGrant, noGrant] = [
      newKey(),
      newKey(),
      newKey(),
      newKey(),
      newKey(),
    ];
    await artifacts.upsert('AccessToken', mine, artifactRecord({ grantId: grant.id }));
    await artifacts.upsert('AccessToken', mineToo, artifactRecord({ grantId: grant.id }));
    await artifacts.upsert('AuthorizationCode', otherKind, artifactRecord({ grantId: grant.id }));
    await artifacts.upsert('AccessToken', otherGrant, artifactRecord({ grantId: other.id }));
    await artifacts.upsert('AccessToken', noGrant, artifactRecord());
    await artifacts.revokeByGrantId('AccessToken', grant.id);
    expect(await artifacts.find('AccessToken', mine)).to.equal(undefined);
    expect(await artifacts.find('AccessToken', mineToo)).to.equal(undefined);
    expect(await artifacts.find('AuthorizationCode', otherKind)).to.not.equal(undefined);
    expect(await artifacts.find('AccessToken', otherGrant)).to.not.equal(undefined);
    expect(await artifacts.find('AccessToken', noGrant)).to.not.equal(undefined);
  });
}
