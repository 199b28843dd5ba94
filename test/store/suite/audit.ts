// Owns: the suite of AuditStore.
import { expect } from 'chai';
import type { AuditEventRecord } from '../../../src/store/ports/index.js';
import { atOnce, expectRecord, later, newId, newUserId, present, TEXT, type Use } from './support.js';

function event(over: Partial<AuditEventRecord> = {}): AuditEventRecord {
  return { at: later(0), type: `test.${newId()}`, actor: 'system', ...over };
}

export function describeAudit(use: Use): void {
  describe('audit', () => {
    it('gives back what was appended, without members that were not given', async () => {
      const { audit } = use();
      const full = event({
        at: later(3),
        actor: `operator:${TEXT}`,
        userId: newUserId(),
        clientId: newId(),
        grantId: newId(),
        scope: 'openid profile',
        ip: '2001:db8::1',
        requestId: newId(),
        details: { [TEXT]: [TEXT, 1, null] },
      });
      const bare = event();
      await audit.append([full, bare]);
      expectRecord((await audit.list({ type: full.type, limit: 5 }))[0], full);
      expectRecord((await audit.list({ type: bare.type, limit: 5 }))[0], bare);
    });

    it('lists the newest first, events of one moment in the order they came, up to the limit', async () => {
      const { audit } = use();
      const { type } = event();
      await audit.append([1, 2, 3].map((n) => event({ type, at: later(n), requestId: `${n}` })));
      await audit.append([4, 5].map((n) => event({ type, at: later(4), requestId: `${n}` })));
      await audit.append([event({ type, at: later(4), requestId: '6' })]);
      const listed = await audit.list({ type, limit: 10 });
      expect(listed.map(({ requestId }) => requestId)).to.deep.equal(['6', '5', '4', '3', '2', '1']);
      const newest = await audit.list({ type, limit: 2 });
      expect(newest.map(({ requestId }) => requestId)).to.deep.equal(['6', '5']);
    });

    it('filters by type, user and client, together too', async () => {
      const { audit } = use();
      const [userId, clientId] = [newUserId(), newId()];
      const both = event({ userId, clientId });
      const userOnly = event({ userId, type: both.type });
      const clientOnly = event({ clientId });
      await audit.append([both, userOnly, clientOnly, event({ type: both.type })]);
      const count = async (filter: { type?: string; userId?: string; clientId?: string }) =>
        (await audit.list({ ...filter, limit: 10 })).length;
      expect(await count({ type: both.type })).to.equal(3);
      expect(await count({ userId })).to.equal(2);
      expect(await count({ clientId })).to.equal(2);
      expect(await count({ userId, clientId })).to.equal(1);
      expect(await count({ type: both.type, userId })).to.equal(2);
      expect(await count({ type: clientOnly.type, userId })).to.equal(0);
      expect(present((await audit.list({ limit: 1 }))[0]).type).to.be.a('string');
    });

    it('keeps what is appended at once, and nothing for an empty list', async () => {
      const { audit } = use();
      const { type } = event();
      await atOnce(20, (i) => audit.append([event({ type, requestId: `${i}` })]));
      await audit.append([]);
      const listed = await audit.list({ type, limit: 100 });
      expect(new Set(listed.map(({ requestId }) => requestId)).size).to.equal(20);
      expect(listed).to.have.length(20);
    });
  });
}
