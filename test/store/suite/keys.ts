// Owns: the suite of KeyStore.
import { expect } from 'chai';
import type { KeyRecord } from '../../../src/store/ports/index.js';
import { atOnce, expectRecord, later, NOW, newId, present, rejectionOf, type Use } from './support.js';

function signingKey(over: Partial<KeyRecord> = {}): KeyRecord {
  return {
    kid: newId(),
    purpose: 'token',
    alg: 'ES256',
    state: 'announced',
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x' },
    privateSealed: 'v1.sealed',
    createdAt: NOW,
    ...over,
  };
}

const cookieKey = (over: Partial<KeyRecord> = {}) =>
  signingKey({ purpose: 'cookie', alg: 'HMAC', publicJwk: undefined, ...over });

export function describeKeys(use: Use): void {
  const find = async (kid: string) => (await use().keys.list()).find((key) => key.kid === kid);

  describe('keys', () => {
    for (const [name, make] of Object.entries({ signing: signingKey, cookie: cookieKey })) {
      it(`gives back a ${name} key as it was stored, with every date`, async () => {
        const { keys } = use();
        const plain = make();
        const dated = make({
          state: 'gone',
          privateSealed: undefined,
          createdAt: later(1),
          activatesAt: later(2),
          activatedAt: later(3),
          retiredAt: later(4),
          goneAt: later(5),
          revokedAt: later(6),
        });
        await keys.add(dated);
        await keys.add(plain);
        expectRecord(present(await find(plain.kid)), plain);
        expectRecord(present(await find(dated.kid)), dated);
        const kids = (await keys.list()).map(({ kid }) => kid);
        expect(kids.indexOf(plain.kid), 'the oldest first').to.be.lessThan(kids.indexOf(dated.kid));
      });

      it(`changes a ${name} key from the state it has, and keeps the dates that are not given`, async () => {
        const { keys } = use();
        const key = make({ activatesAt: later(2) });
        await keys.add(key);
        expect(await keys.change({ ...key, state: 'active' }, 'retired', { retiredAt: NOW })).to.equal(false);
        expectRecord(present(await find(key.kid)), key);
        expect(await keys.change(key, 'active', { activatedAt: later(3) })).to.equal(true);
        expect(await keys.change(key, 'active', { activatedAt: later(9) })).to.equal(false);
        expectRecord(present(await find(key.kid)), { ...key, state: 'active', activatedAt: later(3) });
      });

      it(`destroys the private part of a ${name} key that is gone, for good`, async () => {
        const { keys } = use();
        const key = make();
        await keys.add(key);
        expect(await keys.change(key, 'gone', { goneAt: later(1), revokedAt: later(1) })).to.equal(true);
        const gone = present(await find(key.kid));
        expect(gone.state).to.equal('gone');
        expect(gone.privateSealed).to.equal(undefined);
        expect(await keys.replaceSealed(key, 'v1.sealed', 'v1.other')).to.equal(false);
      });

      it(`replaces the seal of a ${name} key if it is the one expected`, async () => {
        const { keys } = use();
        const key = make();
        await keys.add(key);
        expect(await keys.replaceSealed(key, 'v1.another', 'v1.new')).to.equal(false);
        expect((await find(key.kid))?.privateSealed).to.equal('v1.sealed');
        expect(await keys.replaceSealed(key, 'v1.sealed', 'v1.new')).to.equal(true);
        expect((await find(key.kid))?.privateSealed).to.equal('v1.new');
      });
    }

    it('has one winner of many changes of one key at once', async () => {
      const { keys } = use();
      const key = signingKey();
      await keys.add(key);
      const won = await atOnce(10, (n) => keys.change(key, 'active', { activatedAt: later(n) }));
      expect(won.filter(Boolean)).to.have.length(1);
    });

    it('takes no second key of the same kid', async () => {
      const { keys } = use();
      const key = signingKey();
      await keys.add(key);
      await rejectionOf(keys.add({ ...key, privateSealed: 'v1.other' }));
      expectRecord(present(await find(key.kid)), key);
    });

    it('keeps everybody else out between lock and the end of the unit', async () => {
      const { keys, unitOfWork } = use();
      const kid = newId();
      const results = await atOnce(5, () =>
        unitOfWork.run(
          async () => {
            await keys.lock();
            const isThere = (await keys.list()).some((key) => key.kid === kid);
            await new Promise((resolve) => setTimeout(resolve, 5));
            if (!isThere) await keys.add(signingKey({ kid }));
            return { commit: true, value: !isThere };
          },
          { atOnce: true },
        ),
      );
      expect(results.filter(Boolean)).to.have.length(1);
    });

    it('undoes changes with their unit of work', async () => {
      const { keys, unitOfWork } = use();
      const [key, added] = [signingKey(), cookieKey()];
      await keys.add(key);
      await unitOfWork.run(
        async () => {
          await keys.lock();
          await keys.change(key, 'gone', { goneAt: NOW });
          await keys.add(added);
          return { commit: false, value: undefined };
        },
        { atOnce: true },
      );
      expectRecord(present(await find(key.kid)), key);
      expect(await find(added.kid)).to.equal(undefined);
    });
  });
}
