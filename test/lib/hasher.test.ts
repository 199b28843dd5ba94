import { setTimeout as delay } from 'node:timers/promises';
import bcrypt from 'bcryptjs';
import { expect } from 'chai';
import { StoreUnavailableError, TooManyRequestsError, ValidationError } from '../../src/lib/errors.js';
import { bcryptCostOf, type Hasher, openHasher } from '../../src/lib/hasher.js';

const LONGEST = 'é'.repeat(36); // 72 bytes

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('hasher', () => {
  let hasher: Hasher;
  before(() => {
    hasher = openHasher({ threads: 1, cost: 4 });
  });
  after(() => hasher.close());

  it('makes a bcrypt hash that only its value matches', async () => {
    const hash = await hasher.hash('right');
    expect(bcrypt.compareSync('right', hash)).to.equal(true);
    expect(bcryptCostOf(hash)).to.equal(4);
    expect(await hasher.compare('right', hash, 'k')).to.equal(true);
    expect(await hasher.compare('wrong', hash, 'k')).to.equal(false);
  });

  it('hashes at cost 10 unless told otherwise', async () => {
    const usual = openHasher({ threads: 1 });
    expect(bcryptCostOf(await usual.hash('x'))).to.equal(10);
    await usual.close();
  });

  it('takes the hashes of other libraries: $2a$, $2b$, $2y$', async () => {
    const hash = bcrypt.hashSync('right', 4);
    for (const prefix of ['$2a', '$2b', '$2y']) {
      expect(await hasher.compare('right', prefix + hash.slice(3), 'k'), prefix).to.equal(true);
    }
  });

  it('takes a value of exactly 72 bytes', async () => {
    expect(await hasher.compare(LONGEST, await hasher.hash(LONGEST), 'k')).to.equal(true);
  });

  it('finds a value beyond 72 bytes wrong even where bcrypt would not', async () => {
    const hash = await hasher.hash(LONGEST);
    expect(bcrypt.compareSync(`${LONGEST}x`, hash)).to.equal(true);
    expect(await hasher.compare(`${LONGEST}x`, hash, 'k')).to.equal(false);
    expect(await hasher.compare('x'.repeat(1_000_000), hash, 'k')).to.equal(false);
  });

  it('finds an impossible value wrong whatever the hash was made from', async () => {
    // Whatever a comparison that cannot match may put in the place of the value.
    for (const value of ['x', '-', '0', 'dummy']) {
      expect(await hasher.compare('y'.repeat(73), await hasher.hash(value), 'k')).to.equal(false);
    }
  });

  it('finds a value with NUL wrong even where bcrypt would not', async () => {
    const hash = await hasher.hash('ab');
    expect(bcrypt.compareSync('ab\0ab', hash)).to.equal(true);
    expect(await hasher.compare('ab\0ab', hash, 'k')).to.equal(false);
  });

  for (const [what, value] of [
    ['empty', ''],
    ['longer than 72 bytes', `${LONGEST}x`],
    ['holding NUL', 'a\0b'],
    ['holding a lone surrogate', 'a\ud800'],
  ] as const) {
    it(`refuses to hash a value ${what}`, async () => {
      expect(await rejectionOf(hasher.hash(value))).to.be.instanceOf(ValidationError);
    });
  }

  for (const hash of ['', 'x', '$2b$10$short', `$2x$04$${'.'.repeat(53)}`, `$2b$31$${'.'.repeat(53)}`]) {
    it(`finds every value wrong for the malformed hash "${hash.slice(0, 12)}"`, async () => {
      expect(await hasher.compare('x', hash, 'k')).to.equal(false);
    });
  }

  it('answers false to a dummy comparison', async () => {
    expect(await hasher.compareDummy('x', 'k')).to.equal(false);
  });

  it('does the work of a comparison for values and hashes that cannot match', async () => {
    const slow = openHasher({ threads: 1, cost: 10 });
    const hash = await slow.hash('right');
    const timeOf = async (attempt: () => Promise<boolean>) => {
      const start = performance.now();
      await attempt();
      return performance.now() - start;
    };
    const usual = await timeOf(() => slow.compare('wrong', hash, 'k'));
    // Loose: without the dummy work these take well under a twentieth.
    const least = usual / 4;
    expect(await timeOf(() => slow.compare('x'.repeat(100), hash, 'k')), 'too long').to.be.above(least);
    expect(await timeOf(() => slow.compare('x', 'malformed', 'k')), 'malformed hash').to.be.above(least);
    expect(await timeOf(() => slow.compareDummy('x', 'k')), 'dummy').to.be.above(least);
    const cheap = await timeOf(() => slow.compareDummy('x', 'k', 4));
    expect(cheap, 'dummy of a low cost').to.be.below(least);
    await slow.close();
  });

  it('keeps the event loop turning while it compares', async () => {
    const hash = bcrypt.hashSync('right', 10);
    await hasher.compareDummy('x', 'k'); // a worker is up
    let turns = 0;
    let done = false;
    const turn = () => {
      turns += 1;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(Array.from({ length: 4 }, () => hasher.compare('wrong', hash, 'k')));
    done = true;
    expect(turns).to.be.above(200);
  });

  it('serves a newcomer during a flood after about one task', async () => {
    const order: string[] = [];
    const hash = bcrypt.hashSync('right', 6);
    const flood = Array.from({ length: 30 }, async () => {
      await hasher.compare('wrong', hash, 'flood');
      order.push('flood');
    });
    await hasher.compare('right', hash, 'newcomer');
    expect(order.length).to.be.at.most(2);
    await Promise.all(flood);
  });

  it('refuses a flood beyond what may wait', async () => {
    const hash = bcrypt.hashSync('right', 6);
    const results = await Promise.all(
      Array.from({ length: 60 }, () => rejectionOf(hasher.compare('wrong', hash, 'flood'))),
    );
    const refused = results.filter((result) => result !== undefined);
    expect(refused).to.have.length(60 - 32 - 1);
    for (const error of refused) expect(error).to.be.instanceOf(TooManyRequestsError);
  });

  it('works again after its idle workers ended', async () => {
    const sleepy = openHasher({ threads: 1, cost: 4, idleMs: 20 });
    const hash = await sleepy.hash('right');
    await delay(200);
    expect(await sleepy.compare('right', hash, 'k')).to.equal(true);
    await sleepy.close();
  });

  it('finishes what was running when it closes and refuses the rest', async () => {
    const closing = openHasher({ threads: 1, cost: 8 });
    await closing.compareDummy('x', 'k');
    const running = closing.hash('right');
    const waiting = rejectionOf(closing.hash('right'));
    await closing.close();
    expect(bcryptCostOf(await running)).to.equal(8);
    expect(await waiting, 'waiting').to.be.instanceOf(StoreUnavailableError);
    const late = await rejectionOf(closing.hash('right'));
    expect(late, 'late').to.be.instanceOf(StoreUnavailableError);
  });
});
