// `user role`.
import { expect } from 'chai';
import { startApp, type TestApp, USER } from '../support/app.js';
import { runInProcess } from '../support/cli.js';

describe('user role', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  const run = (...args: string[]) =>
    runInProcess(['user', 'role', ...args], { env: { DATA_DIR: app.dataDir } });
  const held = () => app.services.roles.has(USER.id, 'admin');

  it('grants, shows and takes away, beside the running server', async () => {
    const granted = await run(USER.id, '--grant', 'admin', '--yes', '--json');
    expect(granted.code).to.equal(0);
    const answer = JSON.parse(granted.stdout);
    expect(answer).to.include({ user_id: USER.id, changed: true });
    expect(answer.roles[0].granted_by).to.match(/^operator:/);
    expect(await held()).to.equal(true);
    expect(JSON.parse((await run(USER.id, '--grant', 'admin', '--yes', '--json')).stdout).changed).to.equal(
      false,
    );
    expect((await run(USER.id)).stdout).to.match(/^ROLE +SINCE +GRANTED BY\nadmin /);
    expect(JSON.parse((await run(USER.id, '--revoke', 'admin', '--json')).stdout)).to.deep.equal({
      user_id: USER.id,
      roles: [],
      changed: true,
    });
    expect(await held()).to.equal(false);
    const events = await app.services.stores.audit.list({ userId: USER.id, limit: 9 });
    const told = events.filter(({ type }) => type.startsWith('user.role_'));
    expect(told.map(({ type }) => type)).to.have.members(['user.role_granted', 'user.role_revoked']);
    for (const { actor } of told) expect(actor).to.match(/^operator:/);
  });

  it('changes nothing unasked, and says what is wrong', async () => {
    const wrong: [number, string[]][] = [
      [2, []],
      [2, [USER.id, '--grant', 'admin']],
      [2, [USER.id, '--grant', 'emperor', '--yes']],
      [2, [USER.id, '--grant', 'admin', '--revoke', 'admin']],
      [2, [USER.id, '--made-up']],
      [3, ['nobody00']],
      [3, ['nobody00', '--grant', 'admin', '--yes']],
    ];
    for (const [code, args] of wrong) {
      const { code: actual, stdout, stderr } = await run(...args);
      expect([actual, stdout], args.join(' ')).to.deep.equal([code, '']);
      expect(stderr, args.join(' ')).to.not.equal('');
    }
    expect(await held()).to.equal(false);
  });
});
