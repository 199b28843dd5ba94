// Owns: the suite of RefreshTokenStore, outside units of work.
import { expect } from 'chai';
import { GrantGoneError } from '../../../src/store/ports/index.js';
import {
  atOnce,
  expectRecord,
  HOUR,
  later,
  NOW,
  newId,
  newKey,
  present,
  refreshTokenRecord,
  rejectionOf,
  seedGrant,
  TEXT,
  type Use,
} from './support.js';

export function describeRefreshTokens(use: Use): void {
  describe('refresh tokens', () => {
    it('gives back what was stored', async () => {
      const { refreshTokens, grants } = use();
      const key = newKey();
      const stored = await seedGrant(use());
      const record = refreshTokenRecord(stored, {
        sessionUid: newId(),
        scopes: ['openid', 'profile', 'offline_access'],
        rotations: 3,
        issuedAt: later(1),
        expiresAt: later(2),
        details: { [TEXT]: [TEXT, null, { n: 1 }] },
      });
      await refreshTokens.upsert(key, record);
      expectRecord(await refreshTokens.find(key), record);
      const { grant, ...inUse } = (await refreshTokens.findForUse(key)) ?? {};
      expectRecord(inUse, record);
      if (grant) expect(grant).to.deep.equal(await grants.find(stored.id));
    });

    it('leaves out optional members that were not given', async () => {
      const { refreshTokens } = use();
      const key = newKey();
      await refreshTokens.upsert(key, refreshTokenRecord(await seedGrant(use())));
      const found = await refreshTokens.find(key);
      expect([found?.sessionUid, found?.consumedAt, found?.successorSealed]).to.deep.equal(
        Array(3).fill(undefined),
      );
    });

    it('finds nothing under unknown keys', async () => {
      const { refreshTokens } = use();
      expect(await refreshTokens.find(newKey())).to.equal(undefined);
      expect(await refreshTokens.findForUse(newKey())).to.equal(undefined);
      expect(await refreshTokens.consume(newKey(), NOW)).to.equal(false);
      await refreshTokens.destroy(newKey());
    });

    it('destroys one token only', async () => {
      const { refreshTokens } = use();
      const grant = await seedGrant(use());
      const [key, other] = [newKey(), newKey()];
      await refreshTokens.upsert(key, refreshTokenRecord(grant));
      await refreshTokens.upsert(other, refreshTokenRecord(grant));
      await refreshTokens.destroy(key);
      expect(await refreshTokens.find(key)).to.equal(undefined);
      expect(await refreshTokens.find(other)).to.not.equal(undefined);
    });

    it('lets exactly one of 50 concurrent callers consume a token', async () => {
      const { refreshTokens } = use();
      const key = newKey();
      await refreshTokens.upsert(key, refreshTokenRecord(await seedGrant(use())));
      const won = await atOnce(50, (i) => refreshTokens.consume(key, later(i)));
      expect(won.filter(Boolean)).to.have.length(1);
      expect((await refreshTokens.find(key))?.consumedAt).to.deep.equal(later(won.indexOf(true)));
    });

    it('keeps the sealed successor, and a used token used, when the token is stored again', async () => {
      const { refreshTokens } = use();
      const key = newKey();
      const record = refreshTokenRecord(await seedGrant(use()));
      await refreshTokens.upsert(key, record);
      await refreshTokens.consume(key, NOW);
      await refreshTokens.upsert(newKey(), record, { key, successorSealed: 'v1.sealed' });
      const used = { consumedAt: NOW, successorSealed: 'v1.sealed' };
      expectRecord(await refreshTokens.find(key), { ...record, ...used });
      await refreshTokens.upsert(key, { ...record, rotations: 1 });
      expectRecord(await refreshTokens.find(key), { ...record, ...used, rotations: 1 });
      expect(await refreshTokens.consume(key, later(1))).to.equal(false);
    });

    describeByGrant(use);
  });
}

function describeByGrant(use: Use): void {
  it('refuses a token whose grant was never stored', async () => {
    const { refreshTokens } = use();
    const grant = await seedGrant(use());
    const key = newKey();
    const record = refreshTokenRecord({ ...grant, id: newId() });
    expect(await rejectionOf(refreshTokens.upsert(key, record))).to.be.instanceOf(GrantGoneError);
    expect(await refreshTokens.find(key)).to.equal(undefined);
  });

  it('finds no token whose grant is revoked, and refuses one that comes after', async () => {
    const { refreshTokens, grants } = use();
    const grant = await seedGrant(use());
    const [before, after] = [newKey(), newKey()];
    await refreshTokens.upsert(before, refreshTokenRecord(grant));
    await grants.revoke(grant.id, NOW);
    const late = refreshTokens.upsert(after, refreshTokenRecord(grant));
    expect(await rejectionOf(late)).to.be.instanceOf(GrantGoneError);
    for (const key of [before, after]) {
      expect(await refreshTokens.find(key)).to.equal(undefined);
      expect(await refreshTokens.findForUse(key)).to.equal(undefined);
    }
  });

  it('leaves no token alive when it is stored while its grant is revoked', async () => {
    const { refreshTokens, grants } = use();
    for (let round = 0; round < 10; round += 1) {
      const grant = await seedGrant(use());
      const key = newKey();
      const [stored, revoked] = await Promise.allSettled([
        refreshTokens.upsert(key, refreshTokenRecord(grant)),
        grants.revoke(grant.id, NOW),
      ]);
      expect(revoked.status).to.equal('fulfilled');
      if (stored.status === 'rejected') expect(stored.reason).to.be.instanceOf(GrantGoneError);
      expect(await refreshTokens.find(key)).to.equal(undefined);
    }
  });

  it('keeps the grant as long as its longest-lived token', async () => {
    const { refreshTokens, grants } = use();
    const grant = await seedGrant(use(), { expiresAt: later(HOUR) });
    await refreshTokens.upsert(newKey(), refreshTokenRecord(grant, { expiresAt: later(3 * HOUR) }));
    const extended = present(await grants.find(grant.id)).expiresAt;
    expect(extended).to.be.at.least(later(3 * HOUR));
    await refreshTokens.upsert(newKey(), refreshTokenRecord(grant, { expiresAt: later(2 * HOUR) }));
    expect((await grants.find(grant.id))?.expiresAt).to.deep.equal(extended);
    await grants.upsert({ ...grant, scopes: ['openid', 'email'] });
    expectRecord(await grants.find(grant.id), {
      ...grant,
      scopes: ['openid', 'email'],
      expiresAt: extended,
    });
  });

  it('revokes by grant only that grant', async () => {
    const { refreshTokens } = use();
    const [grant, other] = [await seedGrant(use()), await seedGrant(use())];
    const [first, second, kept] = [newKey(), newKey(), newKey()];
    await refreshTokens.upsert(first, refreshTokenRecord(grant));
    await refreshTokens.upsert(second, refreshTokenRecord(grant));
    await refreshTokens.upsert(kept, refreshTokenRecord(other));
    await refreshTokens.revokeByGrantId(grant.id);
    expect(await refreshTokens.find(first)).to.equal(undefined);
    expect(await refreshTokens.find(second)).to.equal(undefined);
    expect(await refreshTokens.find(kept)).to.not.equal(undefined);
  });
}
