import bcrypt from 'bcryptjs';
import { expect } from 'chai';
import { createSecretVerifier, generateSecret } from '../../src/clients/secrets.js';
import { TooManyRequestsError } from '../../src/lib/errors.js';
import { type Hasher, openHasher } from '../../src/lib/hasher.js';
import type { ClientSecretRecord } from '../../src/store/ports/clients.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const IP = '203.0.113.7';
const hashes = new Map<string, string>();
let lastId = 0;

/** A stored secret; hashes are cheap ones, made once. */
function row(secret: string, extra: Partial<ClientSecretRecord> = {}): ClientSecretRecord {
  const secretHash = hashes.get(secret) ?? bcrypt.hashSync(secret, 4);
  hashes.set(secret, secretHash);
  lastId += 1;
  return { id: lastId, secretHash, createdAt: NOW, ...extra };
}

function clientWith(...secrets: ClientSecretRecord[]) {
  return { client_id: 'shop', secrets };
}

describe('client secrets', () => {
  let hasher: Hasher;
  let calls: Array<{ kind: 'compare' | 'dummy'; key: string }>;
  let now: Date;
  before(() => {
    hasher = openHasher({ threads: 1, cost: 4 });
  });
  after(() => hasher.close());
  beforeEach(() => {
    calls = [];
    now = NOW;
  });

  function createVerifier() {
    return createSecretVerifier({
      clock: { now: () => now },
      hasher: {
        compare(value, hash, key) {
          calls.push({ kind: 'compare', key });
          return hasher.compare(value, hash, key);
        },
        compareDummy(value, key) {
          calls.push({ kind: 'dummy', key });
          return hasher.compareDummy(value, key);
        },
      },
    });
  }

  it('generates different secrets of 32 bytes', () => {
    expect(Buffer.from(generateSecret(), 'base64url')).to.have.length(32);
    expect(generateSecret()).to.match(/^[\w-]{43}$/);
    expect(generateSecret()).not.to.equal(generateSecret());
  });

  it('accepts the right secret and refuses a wrong one', async () => {
    const { verify } = createVerifier();
    expect(await verify(clientWith(row('right')), 'right', IP)).to.equal(true);
    expect(await verify(clientWith(row('right')), 'wrong', IP)).to.equal(false);
  });

  it('costs no bcrypt when a right secret comes again', async () => {
    const { verify } = createVerifier();
    const client = clientWith(row('right'));
    await verify(client, 'right', IP);
    calls = [];
    expect(await verify(client, 'right', IP)).to.equal(true);
    expect(await verify(client, 'right', '198.51.100.1')).to.equal(true);
    expect(calls).to.deep.equal([]);
  });

  it('still refuses a wrong secret, at the cost of bcrypt, once the right one is remembered', async () => {
    const { verify } = createVerifier();
    const client = clientWith(row('right'));
    await verify(client, 'right', IP);
    calls = [];
    expect(await verify(client, 'wrong', IP)).to.equal(false);
    expect(calls).to.have.length(1);
  });

  it('costs no bcrypt when the same wrong secret comes again', async () => {
    const { verify } = createVerifier();
    const client = clientWith(row('right'));
    await verify(client, 'wrong', IP);
    calls = [];
    expect(await verify(client, 'wrong', IP)).to.equal(false);
    expect(calls).to.deep.equal([]);
    expect(await verify(client, 'right', IP)).to.equal(true);
  });

  it('accepts a secret that was wrong before it was added', async () => {
    const { verify } = createVerifier();
    await verify(clientWith(row('old')), 'new', IP);
    expect(await verify(clientWith(row('old'), row('new')), 'new', IP)).to.equal(true);
  });

  it('accepts both secrets while they overlap', async () => {
    const { verify } = createVerifier();
    const client = clientWith(row('old'), row('new'));
    for (const secret of ['new', 'old', 'new']) expect(await verify(client, secret, IP)).to.equal(true);
  });

  it('refuses a remembered secret as soon as its row is gone', async () => {
    const { verify } = createVerifier();
    const old = row('old');
    expect(await verify(clientWith(old, row('new')), 'old', IP)).to.equal(true);
    expect(await verify(clientWith(row('new')), 'old', IP)).to.equal(false);
    expect(await verify(clientWith(), 'old', IP)).to.equal(false);
  });

  it('refuses a remembered secret from the moment it expires', async () => {
    const { verify } = createVerifier();
    const client = clientWith(row('right', { expiresAt: new Date(NOW.getTime() + 1000) }));
    expect(await verify(client, 'right', IP)).to.equal(true);
    now = new Date(NOW.getTime() + 1000);
    expect(await verify(client, 'right', IP)).to.equal(false);
  });

  it("does not accept another client's remembered secret", async () => {
    const { verify } = createVerifier();
    await verify(clientWith(row('right')), 'right', IP);
    expect(await verify({ client_id: 'other', secrets: [row('others')] }, 'right', IP)).to.equal(false);
  });

  it('shares one bcrypt between concurrent first attempts with the same secret', async () => {
    const { verify } = createVerifier();
    const client = clientWith(row('right'));
    const results = await Promise.all([1, 2, 3, 4].map(() => verify(client, 'right', IP)));
    expect(results).to.deep.equal([true, true, true, true]);
    expect(calls).to.have.length(1);
  });

  it('does one comparison for a client without a usable secret', async () => {
    const { verify } = createVerifier();
    const expired = row('right', { expiresAt: new Date(NOW.getTime() - 1) });
    expect(await verify(clientWith(expired), 'right', IP)).to.equal(false);
    expect(calls).to.deep.equal([{ kind: 'dummy', key: `shop|${IP}` }]);
  });

  it('does for an unknown client what it does for a known one, first time and again', async () => {
    const { verify, verifyUnknown } = createVerifier();
    const counts: number[] = [];
    for (const attempt of [
      () => verify(clientWith(row('right')), 'wrong', IP),
      () => verifyUnknown('wrong', IP, 'nobody'),
    ]) {
      for (let i = 0; i < 2; i += 1) {
        calls = [];
        expect(await attempt()).to.equal(false);
        counts.push(calls.length);
      }
    }
    expect(counts).to.deep.equal([1, 0, 1, 0]);
    expect(await verifyUnknown('wrong', IP)).to.equal(false);
  });

  it('gives made-up client ids of one address one turn between them', async () => {
    const { verifyUnknown } = createVerifier();
    await Promise.all(['a', 'b', 'c'].map((clientId) => verifyUnknown('wrong', IP, clientId)));
    expect(new Set(calls.map(({ key }) => key))).to.have.property('size', 1);
  });

  it('refuses secrets beyond 72 bytes instead of cutting them', async () => {
    const { verify } = createVerifier();
    const longest = 'x'.repeat(72);
    const client = clientWith(row(longest));
    expect(await verify(client, `${longest}y`, IP)).to.equal(false);
    expect(await verify(client, longest, IP)).to.equal(true);
    expect(await verify(client, `${longest}y`, IP)).to.equal(false);
  });

  it("verifies one client's first secret while wrong ones flood another", async () => {
    const { verify } = createVerifier();
    const attacked = clientWith(row('right'));
    const victim = { client_id: 'victim', secrets: [row('victims')] };
    let flooded = 0;
    const flood = Array.from({ length: 40 }, async (_, i) => {
      await verify(attacked, `guess ${i}`, IP).catch((error: unknown) => {
        expect(error).to.be.instanceOf(TooManyRequestsError);
        flooded -= 1;
      });
      flooded += 1;
    });
    expect(await verify(victim, 'victims', IP)).to.equal(true);
    expect(flooded).to.be.at.most(2);
    await Promise.all(flood);
    expect(flooded).to.equal(33); // one running, 32 waiting, 7 refused
  });

  it('forgets a refused attempt, so that the next one counts', async () => {
    let isFull = true;
    const { verify } = createSecretVerifier({
      clock: { now: () => now },
      hasher: {
        compare: async (...args) => {
          if (isFull) throw new TooManyRequestsError('full', 1);
          return hasher.compare(...args);
        },
        compareDummy: (...args) => hasher.compareDummy(...args),
      },
    });
    const client = clientWith(row('right'));
    const error: unknown = await verify(client, 'right', IP).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(TooManyRequestsError);
    isFull = false;
    expect(await verify(client, 'right', IP)).to.equal(true);
  });
});
