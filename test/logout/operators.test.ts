// What apps were told, for operators: the command line and the Admin API, and metrics.
import { expect } from 'chai';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { USER } from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import { listen, note, SHORT, untilState } from '../support/logout-outbox.js';
import { type LogoutReceiver, openLogoutReceiver } from '../support/logout-receiver.js';
import { eventually } from '../support/production/waiting.js';

describe('the history of logout deliveries', () => {
  let app: AdminApp;
  let receiver: LogoutReceiver;
  let clientId: string;
  let count = 0;

  before(async () => {
    app = await startAdminApp({
      env: { METRICS_PORT: '1' },
      overrides: { deliverySchedule: { ...SHORT, giveUpMs: 300 } },
    });
    app.services.backchannelLogout.start();
  });
  after(() => app.close());

  beforeEach(async () => {
    count += 1;
    clientId = `listener-${count}`;
    receiver = await openLogoutReceiver();
    await listen(app, clientId, receiver.uri);
  });
  afterEach(() => receiver.close());

  const cli = async (...args: string[]) => {
    const env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer };
    return runInProcess(args, { env });
  };
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(...args, '--json');
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  };
  const path = () => `/clients/${clientId}/logout-deliveries`;

  it('is listed, the latest first, in pages and by state', async () => {
    for (const sid of ['1', '2', '3']) await note(app, { clientId, sids: [sid] });
    await receiver.tokens(3);
    await eventually(5_000, async () => {
      const { body } = await app.ask('GET', `${path()}?state=sent`);
      if (body.items.length < 3) throw new Error('not all are sent');
    });
    receiver.answer = 500;
    await note(app, { clientId, sids: ['4'] });
    await untilState(app, clientId, 'given_up');
    const first = await json('client', 'deliveries', clientId, '--limit', '2');
    const rest = await json('client', 'deliveries', clientId, '--cursor', first.next);
    const sids = [...first.deliveries, ...rest.deliveries].map(({ sid }: { sid: string }) => sid);
    expect(sids).to.have.members(['4', '3', '2', '1']);
    expect(sids[0]).to.equal('4');
    expect(rest).not.to.have.property('next');
    const { deliveries } = await json('client', 'deliveries', clientId, '--state', 'given_up');
    expect(deliveries).to.have.length(1);
    expect(deliveries[0]).to.include({ client_id: clientId, user_id: USER.id, state: 'given_up' });
    expect(deliveries[0].last_error).to.include('got: 500');
    const { stdout } = await cli('client', 'deliveries', clientId);
    expect(stdout).to.include('given_up').and.include('got: 500').and.include(USER.id);
    const page = await app.ask('GET', `${path()}?limit=1`);
    expect(page.body.items[0]).to.deep.equal(deliveries[0]);
    expect(page.headers.get('link')).to.include('rel="next"');
    expect(page.text + stdout).not.to.include('sealed');
  });

  it('lets the command line send again those that failed, which the service then does', async () => {
    receiver.answer = 500;
    await note(app, { clientId, sids: ['1', '2'] });
    await untilState(app, clientId, 'given_up');
    await eventually(5_000, async () => {
      const { deliveries } = await json('client', 'deliveries', clientId, '--state', 'given_up');
      if (deliveries.length < 2) throw new Error('not given up yet');
    });
    receiver.answer = 200;
    const { resent } = await json('client', 'resend', clientId, '--failed');
    expect(resent).to.have.length(2);
    await eventually(5_000, async () => {
      const { deliveries } = await json('client', 'deliveries', clientId, '--state', 'sent');
      if (deliveries.length < 2) throw new Error('not sent');
    });
    const [event] = await app.services.stores.audit.list({
      type: 'backchannel_logout.resent',
      clientId,
      limit: 1,
    });
    expect(event?.actor).to.match(/^operator:/);
    expect(event?.details).to.include({ deliveries: 2 });
    expect(await json('client', 'resend', clientId, '--failed')).to.deep.equal({ resent: [] });
  });

  it('lets the Admin API send again what was sent, with another token', async () => {
    await note(app, { clientId, sids: ['1'] });
    const { id } = await untilState(app, clientId, 'sent');
    const { status, body } = await app.ask('POST', `${path()}/resend`, { body: { ids: [id] } });
    expect([status, body]).to.deep.equal([200, { ids: [id] }]);
    const [one, other] = await receiver.tokens(2);
    expect(one).not.to.equal(other);
    await untilState(app, clientId, 'sent');
  });

  it('is refused for what is not there, and nothing is sent then', async () => {
    await note(app, { clientId, sids: ['1'] });
    const { id } = await untilState(app, clientId, 'sent');
    const unknown = await app.ask('POST', `${path()}/resend`, { body: { ids: [id, 'no-such-delivery'] } });
    expect(unknown.status).to.equal(404);
    expect((await app.ask('GET', '/clients/nobody/logout-deliveries')).status).to.equal(404);
    expect((await app.ask('POST', `${path()}/resend`, { body: {} })).status).to.equal(422);
    expect((await app.ask('GET', `${path()}?state=lost`)).status).to.equal(400);
    const other = `${clientId}-other`;
    await listen(app, other, receiver.uri);
    expect((await cli('client', 'resend', other, id)).code).to.equal(3);
    expect((await cli('client', 'deliveries', 'nobody')).code).to.equal(3);
    expect((await cli('client', 'resend', clientId)).code).to.equal(2);
    expect((await cli('client', 'resend', clientId, id, '--failed')).code).to.equal(2);
    expect((await cli('client', 'deliveries', clientId, '--state', 'lost')).code).to.equal(2);
    expect(receiver.received).to.have.length(1);
  });

  it('cannot be sent again once nobody knows whom it was about', async () => {
    const { backchannelLogout } = app.services;
    await backchannelLogout.note({ userId: USER.id, auditedAs: '~abcdefg', clientId, sids: ['1'] });
    backchannelLogout.begin();
    const { id } = await untilState(app, clientId, 'sent');
    const { status, text } = await app.ask('POST', `${path()}/resend`, { body: { ids: [id] } });
    expect([status, text.includes(USER.id)]).to.deep.equal([409, false]);
    expect((await cli('client', 'resend', clientId, id)).code).to.equal(4);
    expect(receiver.received).to.have.length(1);
  });

  it('is read with admin:clients:read, and sent again with admin:clients:write, only', async () => {
    const reader = await app.token('admin:clients:read');
    expect((await app.ask('GET', path(), { token: reader })).status).to.equal(200);
    const body = { failed: true };
    expect((await app.ask('POST', `${path()}/resend`, { token: reader, body })).status).to.equal(403);
    expect((await app.ask('GET', path(), { token: '' })).status).to.equal(401);
  });

  it('is counted', async () => {
    const value = async (series: string) => {
      const { text } = await app.services.metrics.render();
      return Number(new RegExp(`^${series.replace(/[{}]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1]);
    };
    const sent = await value('link2ur_op_logout_attempts_total{outcome="sent"}');
    await note(app, { clientId, sids: ['1'] });
    await untilState(app, clientId, 'sent');
    await app.services.backchannelLogout.settled();
    expect(await value('link2ur_op_logout_attempts_total{outcome="sent"}')).to.equal(sent + 1);
    expect(await value('link2ur_op_logout_attempts_total{outcome="given_up"}')).to.be.above(0);
    expect(await value('link2ur_op_logout_pending')).to.be.a('number').and.not.NaN;
    expect(await value('link2ur_op_logout_oldest_pending_seconds')).to.be.at.least(0);
  });
});
