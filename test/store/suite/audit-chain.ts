// Owns: the suite of AuditChainStore and AuditKeyStore, through the audit trail that is built on them.
import { expect } from 'chai';
import { seal } from '../../../src/lib/sealed.js';
import type { StoredAuditEvent } from '../../../src/store/ports/index.js';
import { event, KEK, trailOf } from './audit-support.js';
import { atOnce, later, newId, newUserId, present, rejectionOf, TEXT, type Use } from './support.js';

const newPseudonym = () =>
  `~${newUserId()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '0')
    .slice(1)}`;

export function describeAuditChain(use: Use): void {
  describe('audit chain', () => {
    const append = (...events: Parameters<typeof event>[0][]) => use().audit.append(events.map(event));
    const sealed = async () =>
      (await use().auditChain.listBlocks({ seq: 0 }, 10_000)).flatMap((b) => b.eventIds);
    const find = async (type: string) => use().audit.scan({ type }, { order: 'oldest', limit: 100 });

    it('puts every event into one block, whatever it holds, and nothing when there is nothing', async () => {
      const type = newId();
      await append(
        {
          type,
          actor: `operator:${TEXT}`,
          userId: newUserId(),
          scope: 'openid',
          ip: '::1',
          requestId: newId(),
        },
        { type, details: { z: [1, { b: 2, a: null }], a: TEXT, personal: { email: TEXT } }, at: later(-7) },
        { type, details: {} },
      );
      await trailOf(use()).seal();
      const ids = (await find(type)).map(({ id }) => id);
      expect(ids).to.have.length(3);
      expect((await sealed()).filter((id) => ids.includes(id))).to.deep.equal(ids);
      expect(await trailOf(use()).seal()).to.deep.equal({ events: 0, head: undefined });
      const { problems, head } = await trailOf(use()).verify();
      expect(problems).to.deep.equal([]);
      expect(head).to.deep.equal(await trailOf(use()).head());
    });

    it('seals no event twice and misses none when many seal and append at once', async () => {
      const type = newId();
      const trail = trailOf(use());
      await atOnce(30, async (n) => {
        await append({ type, requestId: `${n}` });
        if (n % 3 === 0) await trail.seal({ wait: n % 2 === 0 });
      });
      await trail.seal();
      const ids = (await find(type)).map(({ id }) => id);
      const all = await sealed();
      expect(ids).to.have.length(30);
      expect(all.filter((id) => ids.includes(id)).sort((a, b) => a - b)).to.deep.equal(ids);
      const seqs = (await use().auditChain.listBlocks({ seq: 0 }, 10_000)).map(({ seq }) => seq);
      expect(seqs).to.deep.equal(seqs.map((_, index) => index + 1));
      expect((await trail.verify()).problems).to.deep.equal([]);
    });

    it('knows the head that was noted, and another when it sees it', async () => {
      const trail = trailOf(use());
      await append({});
      await trail.seal();
      const noted = present(await trail.head());
      await append({});
      await trail.seal();
      expect((await trail.verify({ expectedHead: noted })).ok).to.equal(true);
      const altered = {
        seq: noted.seq,
        hash: noted.hash.replace(/./, (first) => (first === 'A' ? 'B' : 'A')),
      };
      const beyond = { seq: noted.seq + 10, hash: noted.hash };
      for (const expectedHead of [altered, beyond]) {
        const { problems } = await trail.verify({ expectedHead });
        expect(problems.map(({ kind, block }) => [kind, block])).to.deep.equal([['head', expectedHead.seq]]);
      }
    });

    it('verifies from a moment on', async () => {
      const trail = trailOf(use());
      await append({});
      await trail.seal();
      const all = await trail.verify();
      const none = await trail.verify({ since: later(5_000) });
      const some = await trail.verify({ since: later(0) });
      expect([none.ok, none.blocks, none.events]).to.deep.equal([true, 0, 0]);
      expect([some.ok, some.head]).to.deep.equal([true, all.head]);
      expect(some.blocks).to.be.at.least(1);
    });

    it('puts a pseudonym in the place of a person, and accepts it once the trail says they were forgotten', async () => {
      const trail = trailOf(use());
      const [type, userId, otherId] = [newId(), newUserId(), newUserId()];
      const pseudonym = newPseudonym();
      await append(
        {
          type,
          userId,
          actor: `user:${userId}`,
          ip: '192.0.2.1',
          requestId: 'kept',
          details: { a: 1, personal: { email: TEXT } },
        },
        { type, userId: otherId, actor: `user:${userId}`, details: { personal: 1 } },
        { type, userId, actor: 'operator:ann' },
        { type, userId: otherId, actor: `user:${otherId}`, ip: '192.0.2.2', details: { personal: 2 } },
      );
      expect(await trail.pseudonymise(userId, pseudonym)).to.equal(3);
      const [own, foreign, byOther, others] = (await find(type)) as [
        StoredAuditEvent,
        StoredAuditEvent,
        StoredAuditEvent,
        StoredAuditEvent,
      ];
      const name = `user:${pseudonym}`;
      expect(own).to.include({ userId: pseudonym, actor: name, ip: undefined, requestId: 'kept' });
      expect(own.details).to.deep.equal({ a: 1 });
      expect(foreign).to.include({ userId: otherId, actor: name, details: undefined });
      expect(byOther).to.include({ userId: pseudonym, actor: 'operator:ann' });
      expect(others).to.deep.include({
        userId: otherId,
        ip: '192.0.2.2',
        details: { personal: 2 },
      });
      expect(others.redacted).to.equal(undefined);
      const before = await trail.verify();
      expect(before.problems.map(({ kind, eventId }) => [kind, eventId])).to.deep.equal(
        [own, foreign, byOther].map(({ id }) => ['redacted', id]),
      );
      await append({ type: 'user.forgotten', userId: pseudonym, details: { pseudonym } });
      expect((await trail.verify()).problems).to.deep.equal([]);

      // The other person in an event that is redacted already.
      const second = newPseudonym();
      expect(await trail.pseudonymise(otherId, second)).to.equal(2);
      await append({ type: 'user.forgotten', details: { pseudonym: second } });
      expect((await find(type))[1]).to.include({ userId: second, actor: name });
      expect((await trail.verify()).problems).to.deep.equal([]);
      expect(await trail.pseudonymise(userId, pseudonym)).to.equal(0);
    });

    it('refuses a pseudonym that could be somebody', async () => {
      for (const pseudonym of ['', 'abcdefgh', '~short', '~toolong1', '~ABCDEFG']) {
        expect(await rejectionOf(trailOf(use()).pseudonymise(newUserId(), pseudonym))).to.include({
          statusCode: 400,
        });
      }
    });

    for (const commit of [true, false]) {
      it(`${commit ? 'keeps' : 'undoes'} a pseudonym with its unit of work`, async () => {
        const trail = trailOf(use());
        const [type, userId, pseudonym] = [newId(), newUserId(), newPseudonym()];
        await append({ type, userId });
        await use().unitOfWork.run(
          async () => {
            await append({ type, userId });
            await append({ type: 'user.forgotten', userId: pseudonym, details: { pseudonym } });
            expect(await trail.pseudonymise(userId, pseudonym)).to.equal(2);
            return { commit, value: undefined };
          },
          { atOnce: true },
        );
        const named = (await find(type)).map((found) => found.userId);
        expect(named).to.deep.equal(commit ? [pseudonym, pseudonym] : [userId]);
        expect((await trail.verify()).problems).to.deep.equal([]);
      });
    }

    it('deletes no event that is in no block', async () => {
      const { audit } = use();
      const at = new Date('2003-04-05T00:00:00.000Z');
      const before = new Date('2003-04-06T00:00:00.000Z');
      await trailOf(use()).seal();
      await audit.deleteExpired(before, 100);
      await append({ at });
      expect(await audit.deleteExpired(before, 100)).to.equal(0);
      await trailOf(use()).seal();
      expect(await audit.deleteExpired(before, 100)).to.equal(1);
    });

    it('has one key, whoever comes first, and the same under another key encryption key', async () => {
      const { auditKeys } = use();
      const key = async () => ({ kid: newId(), sealed: 'x', createdAt: later(0) });
      await trailOf(use()).seal();
      const lists = await atOnce(5, () => auditKeys.initialize(key));
      for (const list of lists) expect(list).to.have.length(1);
      const [kept] = await auditKeys.list();
      const { kid, sealed: before } = present(kept);
      const another = Buffer.alloc(32, 'another key encryption key');
      await append({});
      expect(await rejectionOf(trailOf(use(), [another]).seal())).to.include({
        code: 'wrong_key_encryption_key',
      });
      expect(await rejectionOf(trailOf(use(), []).seal())).to.include({ code: 'no_keys' });
      expect((await trailOf(use(), [another, KEK]).verify()).problems).to.deep.equal([]);
      const other = seal(another, 'x', 'another thing');
      expect(await auditKeys.replaceSealed(kid, 'something else', other)).to.equal(false);
      expect(await auditKeys.replaceSealed(kid, before, other)).to.equal(true);
      expect(await rejectionOf(trailOf(use()).seal())).to.include({ code: 'wrong_key_encryption_key' });
      expect(await auditKeys.replaceSealed(kid, other, before)).to.equal(true);
      expect((await trailOf(use()).verify()).ok).to.equal(true);
    });
  });
}
