// When a secret was last used: told to within ten minutes, at no cost for the request.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createSecretUse } from '../../src/clients/secret-use.js';
import { postToken, SECRET, startApp, WEB_CLIENT } from '../support/app.js';
import { eventually } from '../support/production/waiting.js';

const MINUTE_MS = 60_000;

describe('the last use of a secret', () => {
  function rig({ fails = false } = {}) {
    const writes: number[][] = [];
    const state = { now: new Date('2026-03-01T00:00:00Z'), fails };
    const use = createSecretUse({
      clients: {
        async touchSecrets(ids) {
          writes.push([...ids]);
          if (state.fails) throw new Error('the store is away');
        },
      },
      clock: { now: () => state.now },
    });
    const forward = (ms: number) => {
      state.now = new Date(state.now.getTime() + ms);
    };
    return { use, writes, state, forward };
  }

  it('is written once in ten minutes and secret, several together', async () => {
    const { use, writes, forward } = rig();
    for (let n = 0; n < 50; n += 1) for (const id of [1, 2]) use.note({ id });
    await eventually(5_000, async () => expect(writes).to.deep.equal([[1, 2]]));
    forward(9 * MINUTE_MS);
    use.note({ id: 1 });
    await use.close();
    expect(writes).to.have.length(1);
  });

  it('is not written when another instance has just done so', async () => {
    const { use, writes, state } = rig();
    use.note({ id: 1, lastUsedAt: new Date(state.now.getTime() - 9 * MINUTE_MS) });
    await use.close();
    expect(writes).to.deep.equal([]);
    const later = rig();
    later.use.note({ id: 1, lastUsedAt: new Date(later.state.now.getTime() - 10 * MINUTE_MS) });
    await later.use.close();
    expect(later.writes).to.deep.equal([[1]]);
  });

  it('is written when the service ends before its time has come', async () => {
    const { use, writes } = rig();
    use.note({ id: 7 });
    await use.close();
    expect(writes).to.deep.equal([[7]]);
    await use.close();
    expect(writes).to.have.length(1);
  });

  it('fails nobody while the store is away, and is written at a later use', async () => {
    const { use, writes, state } = rig({ fails: true });
    use.note({ id: 7 });
    await eventually(5_000, async () => expect(writes).to.have.length(1));
    await delay(10);
    state.fails = false;
    use.note({ id: 7 });
    await use.close();
    expect(writes).to.deep.equal([[7], [7]]);
  });

  it('is seen by operators after a token request, for a right secret only', async () => {
    const app = await startApp();
    try {
      const id = WEB_CLIENT.client_id;
      await app.services.clients.rotateSecret(id, { label: 'unused' }, { actor: 'operator:test' });
      await postToken(app.issuer, { grant_type: 'client_credentials', client_secret: 'wrong' });
      await delay(700);
      const used = async () =>
        (await app.services.clients.listSecrets(id)).map((secret) => secret.last_used_at !== undefined);
      expect(await used()).to.deep.equal([false, false]);
      const { version } = await app.services.clients.get(id);
      await postToken(app.issuer, { grant_type: 'client_credentials', client_secret: SECRET });
      await eventually(5_000, async () => expect(await used()).to.deep.equal([true, false]));
      expect((await app.services.clients.get(id)).version).to.equal(version);
    } finally {
      await app.close();
    }
  });
});
