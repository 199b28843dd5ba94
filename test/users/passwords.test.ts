import bcrypt from 'bcryptjs';
import { expect } from 'chai';
import { bcryptCostOf, type Hasher, openHasher } from '../../src/lib/hasher.js';
import type { UserRecord } from '../../src/store/ports/users.js';
import { createPasswordCheck } from '../../src/users/passwords.js';

const IP = '203.0.113.7';
const SITE_COST = 5;

function userWith(extra: Partial<UserRecord>): UserRecord {
  return {
    id: 'a1b2c3d4',
    name: '张三',
    isVerified: true,
    isActive: true,
    updatedAt: new Date('2026-01-01T00:00:00Z'),
    ...extra,
  };
}

describe('passwords', () => {
  const hashedPassword = bcrypt.hashSync('right', SITE_COST);
  let hasher: Hasher;
  let costs: Array<number | undefined>;
  before(() => {
    hasher = openHasher({ threads: 1, cost: 4 });
  });
  after(() => hasher.close());

  /** Checks passwords while noting the bcrypt cost of every comparison. */
  function createCheck() {
    costs = [];
    return createPasswordCheck({
      users: { findAnyPasswordHash: async () => hashedPassword },
      hasher: {
        compare(value, hash, key) {
          costs.push(bcryptCostOf(hash));
          return hasher.compare(value, hash, key);
        },
        compareDummy(value, key, cost) {
          costs.push(cost);
          return hasher.compareDummy(value, key, cost);
        },
      },
    });
  }

  it('accepts the right password of an active user', async () => {
    expect(await createCheck().check(userWith({ hashedPassword }), 'right', IP)).to.equal(true);
  });

  const refused: Array<[string, UserRecord | undefined, string]> = [
    ['a wrong password', userWith({ hashedPassword }), 'wrong'],
    ['an unknown user', undefined, 'right'],
    ['a user without a password', userWith({}), 'right'],
    ['a user whose password column is blank', userWith({ hashedPassword: '' }), ''],
    ['a user whose hash is of another kind', userWith({ hashedPassword: 'pbkdf2:sha256:1$x$y' }), 'right'],
    ['an inactive user with the right password', userWith({ hashedPassword, isActive: false }), 'right'],
    ['a password beyond 72 bytes', userWith({ hashedPassword }), 'x'.repeat(73)],
  ];
  for (const [what, user, password] of refused) {
    it(`refuses ${what} after one comparison of the usual cost`, async () => {
      const { check } = createCheck();
      expect(await check(user, password, IP)).to.equal(false);
      expect(costs).to.deep.equal([SITE_COST]);
    });
  }
});
