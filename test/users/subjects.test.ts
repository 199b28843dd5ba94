// What stands for a user towards apps: the same for ever, for each group another, and nobody's to compute.
import { expect } from 'chai';
import { randomKey } from '../../src/lib/ids.js';
import { createKeyEncryption } from '../../src/lib/key-encryption.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { createSubjects } from '../../src/users/subjects.js';

const clock = { now: () => new Date('2031-01-01T00:00:00Z') };

describe('subjects', () => {
  const stores = createMemoryStores(clock);
  const open = (keys: Buffer[], store = stores.subjectKeys) =>
    createSubjects({ store, encryption: createKeyEncryption({ read: async () => keys }), clock });
  const kek = randomKey();

  it('come from one key, whichever of several processes makes it', async () => {
    const many = Array.from({ length: 10 }, () => open([kek]));
    await Promise.all(many.map((one) => one.prepare()));
    const values = await Promise.all(many.map((one) => one.pairwise('a.example', '10000001')));
    expect(new Set(values)).to.have.property('size', 1);
    expect(values[0]).to.match(/^[\w-]{43}$/);
    expect(await stores.subjectKeys.list()).to.have.length(1);
  });

  it('differ by group, by user and by what they are for', async () => {
    const subjects = open([kek]);
    const values = [
      await subjects.pairwise('a', '10000001'),
      await subjects.pairwise('a', '10000002'),
      await subjects.pairwise('b', '10000001'),
      await subjects.unionId('a', '10000001'),
      // Nobody gets another's by moving the border.
      await subjects.pairwise('a1', '0000001'),
      await subjects.pairwise('a","1', '0000001'),
    ];
    expect(new Set(values)).to.have.property('size', values.length);
  });

  it('are another installation’s for nobody, and need the key-encryption key', async () => {
    const mine = await open([kek]).pairwise('a', '10000001');
    const other = open([kek], createMemoryStores(clock).subjectKeys);
    await other.prepare();
    expect(await other.pairwise('a', '10000001')).to.not.equal(mine);
    const wrong = open([randomKey()]);
    const refused = async () =>
      wrong.pairwise('a', '10000001').then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await refused()).to.include({ code: 'wrong_key_encryption_key' });
    // Neither does anybody make another in its place.
    const start = await wrong.prepare().catch((error: unknown) => error);
    expect(start).to.include({ code: 'wrong_key_encryption_key' });
    expect(await stores.subjectKeys.list()).to.have.length(1);
    expect(await open([randomKey(), kek]).pairwise('a', '10000001')).to.equal(mine);
  });

  it('are refused rather than made of a key that nobody has stored', async () => {
    const subjects = open([kek], createMemoryStores(clock).subjectKeys);
    const error = await subjects.unionId('a', '10000001').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'no_keys' });
    await subjects.prepare();
    expect(await subjects.unionId('a', '10000001')).to.match(/^[\w-]{43}$/);
  });
});
