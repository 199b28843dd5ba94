// What an instance does with its keys while the store holds one that it cannot open.
import { expect } from 'chai';
import { createKeyRing } from '../../src/keys/ring.js';
import type { KeySet } from '../../src/keys/signing-keys.js';
import type { KeyRecord, KeyState } from '../../src/store/ports/index.js';
import { eventually } from '../support/production/waiting.js';

const NOW = new Date('2026-01-01T00:00:00Z');

function key(kid: string, state: KeyState, sealed = '{"kty":"RSA"}'): KeyRecord {
  const dates = { createdAt: NOW, activatedAt: NOW };
  return { kid, alg: 'RS256', purpose: 'token', state, publicJwk: { kid }, privateSealed: sealed, ...dates };
}

async function openRing(records: KeyRecord[]) {
  let told = () => {};
  const swaps: string[][] = [];
  const kidsOf = ({ signing }: KeySet) => signing.map(({ kid }) => kid ?? '');
  const ring = createKeyRing({
    keys: { ensure: async () => {}, advance: async () => {} },
    store: {
      list: async () => records,
      subscribe(listener) {
        told = listener;
        return () => {};
      },
    },
    encryption: {
      async open(sealed) {
        if (sealed === 'of another') throw new Error('does not open');
        return sealed;
      },
    },
    cookieKeys: ['cookie'],
    logger: { info: () => {}, warn: () => {} },
  });
  const first = kidsOf(await ring.load());
  ring.follow((keys) => swaps.push(kidsOf(keys)));
  return { ring, first, swaps, tell: () => told() };
}

describe('the keys in use', () => {
  it('lose one that was revoked, although another that is new does not open', async () => {
    const records = [key('active', 'active'), key('leaked', 'retired')];
    const { ring, first, swaps, tell } = await openRing(records);
    expect(first).to.deep.equal(['active', 'leaked']);
    records.splice(1, 1, key('leaked', 'gone'), key('foreign', 'announced', 'of another'));
    tell();
    await eventually(1_000, async () => expect(swaps).to.deep.equal([['active']]));
    await ring.close();
  });

  it('keep the last one that can sign', async () => {
    const records = [key('active', 'active')];
    const { ring, swaps, tell } = await openRing(records);
    records.splice(0, 1, key('active', 'gone'), key('foreign', 'active', 'of another'));
    tell();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(swaps).to.deep.equal([]);
    await ring.close();
  });
});
