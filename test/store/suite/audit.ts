// Owns: the suite of AuditStore.
import { expect } from 'chai';
import type { AuditFilter } from '../../../src/store/ports/index.js';
import { event, trailOf } from './audit-support.js';
import {
  atOnce,
  expectRecord,
  later,
  newId,
  newUserId,
  present,
  rejectionOf,
  TEXT,
  type Use,
} from './support.js';

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

    it('searches page by page, the newest first, by every filter', async () => {
      const { audit } = use();
      const trail = trailOf(use());
      const [type, actor, requestId] = [newId(), `operator:${newId()}`, newId()];
      await audit.append([0, 1, 2, 3, 4].map((n) => event({ type, at: later(n), scope: `${n}` })));
      await audit.append([event({ type, actor, requestId, at: later(9), scope: '5' })]);
      const search = async (filter: AuditFilter) =>
        (await trail.search({ type, ...filter })).items.map(({ scope }) => scope).join('');
      expect(await search({})).to.equal('543210');
      expect(await search({ actor })).to.equal('5');
      expect(await search({ requestId })).to.equal('5');
      expect(await search({ requestId: 'another' })).to.equal('');
      expect(await search({ since: later(2), until: later(4) })).to.equal('32');
      const pages: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const { items, next } = await trail.search({ type, limit: 2, cursor });
        pages.push(items.map(({ scope }) => scope).join(''));
        cursor = next;
        if (next === undefined) break;
        // What comes meanwhile belongs to no later page.
        await audit.append([event({ type, scope: 'x' })]);
      }
      expect(pages).to.deep.equal(['54', '32', '10']);
    });

    it('refuses a cursor that is none, and a limit that is none', async () => {
      const trail = trailOf(use());
      for (const cursor of ['', 'x', 'MQ==', '-1', Buffer.from('1e3').toString('base64url')]) {
        expect(await rejectionOf(trail.search({ cursor })), cursor).to.include({ statusCode: 400 });
      }
      for (const limit of [0, 201, 1.5, -1, Number.NaN]) {
        expect(await rejectionOf(trail.search({ limit })), `${limit}`).to.include({ statusCode: 400 });
      }
    });

    it('exports everything that matches, the oldest first', async () => {
      const { audit } = use();
      const { type } = event();
      const count = 1_203;
      await audit.append(Array.from({ length: count }, (_, n) => event({ type, scope: `${n}` })));
      const exported: (string | undefined)[] = [];
      for await (const events of trailOf(use()).export({ type }))
        exported.push(...events.map(({ scope }) => scope));
      expect(exported).to.deep.equal(Array.from({ length: count }, (_, n) => `${n}`));
    });

    it('follows the trail: each event once', async () => {
      const { audit } = use();
      const { type } = event();
      const scopes = async (poll: Promise<{ scope?: string | undefined }[]>) =>
        (await poll).map(({ scope }) => scope).join('');
      await audit.append([1, 2, 3].map((n) => event({ type, scope: `${n}` })));
      const tail = trailOf(use()).tail({ type }, 2);
      const nothing = trailOf(use()).tail({ type }, 0);
      expect(await scopes(tail.poll())).to.equal('23');
      expect(await scopes(nothing.poll())).to.equal('');
      expect(await scopes(tail.poll())).to.equal('');
      await audit.append([event({ type, scope: '4' }), event(), event({ type, scope: '5' })]);
      expect(await scopes(tail.poll())).to.equal('45');
      expect(await scopes(nothing.poll())).to.equal('45');
      await audit.append([event({ type, scope: '6' })]);
      expect(await scopes(tail.poll())).to.equal('6');
      expect(await scopes(tail.poll())).to.equal('');
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
