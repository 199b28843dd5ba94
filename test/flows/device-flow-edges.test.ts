// The device flow where it is off, where something is missing, and where what it needs goes away on the way.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { systemClock } from '../../src/lib/clock.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { Agent, formIn, type Page } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER, userinfo, WEB_CLIENT } from '../support/app.js';
import {
  almostIn,
  ask,
  begin,
  DEVICE_CODE,
  DEVICE_FEATURES,
  enter,
  letIn,
  poll,
  press,
  send,
  TV,
} from '../support/device.js';
import { failing } from '../support/failing-stores.js';
import { openLogoutReceiver } from '../support/logout-receiver.js';
import { register } from '../support/relying-party.js';
import { BANK, PAYMENT, seedBank } from '../support/rich-requests.js';
import { walk } from '../support/walk.js';

const OPERATOR = { actor: 'operator:test' };

describe('the device flow, when it is off', () => {
  let app: TestApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  it('is neither there nor advertised', async () => {
    const discovery = await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json();
    expect(JSON.stringify(discovery)).not.to.match(/device/);
    const { status, body } = await ask(app.issuer);
    expect([status, body.error]).to.deep.equal([404, 'not_found']);
    const page = await new Agent().get(`${app.issuer}/device`);
    expect(page.status).to.equal(404);
    expect(page.text).to.include('id="error-code"').and.to.include('not_found');
    const asWeb = { client_id: WEB_CLIENT.client_id, client_secret: SECRET };
    const polled = await poll(app.issuer, 'x', asWeb);
    expect([polled.status, polled.body.error]).to.deep.equal([400, 'unsupported_grant_type']);
  });

  it('cannot be what a client is registered for', async () => {
    const input = { ...WEB_CLIENT, client_id: 'tv', grant_types: [DEVICE_CODE as 'refresh_token'] };
    const refused = await app.services.clients.create(input, OPERATOR).catch((error: Error) => error);
    expect(String(refused)).to.include('device_flow');
  });
});

describe('the device flow while a store is down', () => {
  const state = { isDown: false, up: new Set<string>(['users', 'clients', 'keys', 'unitOfWork']) };
  let app: TestApp;
  before(async () => {
    const stores = failing(createMemoryStores(systemClock), state);
    app = await startApp({ env: { OAUTH_FEATURES: DEVICE_FEATURES }, overrides: { stores } });
    await register(app, TV);
  });
  after(() => app.close());

  it('answers 503 at every step, and everything goes on once it is back', async () => {
    const down = async <T>(work: () => Promise<T>): Promise<T> => {
      state.isDown = true;
      return work().finally(() => {
        state.isDown = false;
      });
    };
    expect((await down(() => ask(app.issuer))).status).to.equal(503);
    const started = await begin(app.issuer);
    const agent = new Agent();
    const first = await agent.get(`${app.issuer}/device`);
    const enterIt = () => agent.submit(formIn(first, 'device-form'), { user_code: started.user_code });
    expect((await down(enterIt)).status).to.equal(503);
    const asked = await enterIt();
    expect((await down(() => press(agent, asked, 'confirm'))).status).to.equal(503);
    const login = await agent.follow(await press(agent, asked, 'confirm'), app.issuer);
    expect((await down(() => poll(app.issuer, started.device_code))).status).to.equal(503);
    const { page } = await walk(agent, app.issuer, login);
    expect(page.text).to.include('id="device-approved"');
    expect((await down(() => poll(app.issuer, started.device_code))).status).to.equal(503);
    expect((await poll(app.issuer, started.device_code)).status).to.equal(200);
  });
});

describe('the device flow at its edges', function () {
  this.timeout(120_000);
  let app: TestApp;
  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: `${DEVICE_FEATURES},rar` } });
    await register(app, TV);
    await register(app, { ...TV, client_id: 'narrow', scope: 'openid' });
  });
  after(() => app.close());

  describe('what is missing or wrong', () => {
    const asked: Record<string, [Record<string, string>, number, string]> = {
      'an unknown client': [{ client_id: 'nobody' }, 401, 'invalid_client'],
      'a client without that grant type': [
        { client_id: WEB_CLIENT.client_id, client_secret: SECRET },
        400,
        'unauthorized_client',
      ],
      'a wrong secret': [
        { client_id: WEB_CLIENT.client_id, client_secret: 'x'.repeat(40) },
        401,
        'invalid_client',
      ],
      'a scope it may not ask for': [{ client_id: 'narrow', scope: 'openid phone' }, 400, 'invalid_scope'],
      'no scope': [{ scope: '' }, 400, 'invalid_scope'],
      'nothing but scopes nobody knows': [{ scope: 'pets' }, 400, 'invalid_scope'],
      'a malformed scope': [{ scope: 'openid "' }, 400, 'invalid_scope'],
      'a malformed max_age': [{ max_age: '-1' }, 400, 'invalid_request'],
      'claims that are no JSON': [{ claims: '{' }, 400, 'invalid_request'],
      'a request object': [{ request: 'x.y.z' }, 400, 'request_not_supported'],
    };
    for (const [name, [fields, status, error]] of Object.entries(asked)) {
      it(`refuses a device authorization request with ${name}`, async () => {
        const answer = await ask(app.issuer, fields);
        expect([answer.status, answer.body.error]).to.deep.equal([status, error]);
        expect(answer.body.error_uri).to.equal(`${app.issuer}/api/oauth/errors#${error}`);
        expect(answer.headers.get('cache-control')).to.equal('no-store');
      });
    }

    it('refuses a repeated parameter, and other methods', async () => {
      const url = `${app.issuer}/api/oauth/device_authorization`;
      const body = 'client_id=tv&scope=openid&scope=profile';
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const twice = await fetch(url, { method: 'POST', headers, body });
      expect([twice.status, ((await twice.json()) as { error: string }).error]).to.deep.equal([
        400,
        'invalid_request',
      ]);
      expect((await fetch(url)).status).to.equal(405);
    });

    it('refuses polls without a device code, with a wrong one, with a user code', async () => {
      const { user_code: code } = await begin(app.issuer);
      const without = await send(`${app.issuer}/api/oauth/token`, {
        grant_type: DEVICE_CODE,
        client_id: 'tv',
      });
      expect([without.status, without.body.error]).to.deep.equal([400, 'invalid_request']);
      for (const wrong of ['x', '#', `#${'a'.repeat(43)}`, code, code.replace('-', '')]) {
        const { status, body } = await poll(app.issuer, wrong);
        expect([status, body.error]).to.deep.equal([400, 'invalid_grant']);
      }
    });

    const forms: Record<string, string> = {
      nothing: '',
      'no code': 'user_code=',
      'two codes': 'user_code=BBBB-BBBB&user_code=CCCC-CCCC',
      NUL: 'user_code=BBBB%00BBBB',
      'half a character': 'user_code=%ED%A0%80',
      'a very long code': `user_code=${'B'.repeat(9_000)}`,
      'a proxy of a name': 'user_code=__proto__&confirm[]=yes',
    };
    for (const [name, fields] of Object.entries(forms)) {
      it(`answers a form with ${name} by a page that says how to go on`, async () => {
        for (const agent of [new Agent(), new Agent()].map((one, n) =>
          Object.assign(one, { has: n === 1 }),
        )) {
          const page = agent.has ? await agent.get(`${app.issuer}/device`) : undefined;
          const xsrf = page ? formIn(page, 'device-form').fields.xsrf : '';
          const headers = { 'content-type': 'application/x-www-form-urlencoded' };
          const answer = await agent.request(`${app.issuer}/device`, {
            method: 'POST',
            headers,
            body: `xsrf=${xsrf}&${fields}`,
          });
          expect(answer.status).to.equal(400);
          expect(answer.text).to.include('</main>').and.not.to.include('server_error');
        }
      });
    }

    it('tells a browser without cookies so, and one with an old page to send it again', async () => {
      const { user_code: code } = await begin(app.issuer);
      const url = `${app.issuer}/device`;
      const bare = await new Agent().post(url, { user_code: code, xsrf: 'x' });
      expect(bare.status).to.equal(400);
      expect(bare.text).to.include('blocks our cookies').and.to.include('href="/device"');
      expect(bare.headers.get('set-cookie')).to.equal(null);
      const agent = new Agent();
      await agent.get(url);
      const old = await agent.post(url, { user_code: code, xsrf: 'f'.repeat(48) });
      expect(old.status).to.equal(400);
      expect(old.text).to.include('Please submit that again').and.to.include('href="/device"');
    });

    it('leaves no session behind for addresses that lead nowhere', async () => {
      for (const path of ['/device/nothing', `/device/${'x'.repeat(64)}`]) {
        const page = await new Agent().get(`${app.issuer}${path}`);
        expect(page.status).to.equal(400);
        expect(page.headers.get('set-cookie')).to.equal(null);
      }
      expect((await new Agent().get(`${app.issuer}/device/`)).status).to.equal(404);
      expect((await new Agent().get(`${app.issuer}/DEVICE`)).status).to.equal(404);
    });

    it('fills in nothing but what looks like text from the address', async () => {
      const hostile = encodeURIComponent('"><script>alert(1)</script>');
      const page = await new Agent().get(`${app.issuer}/device?user_code=${hostile}`);
      expect(page.status).to.equal(200);
      expect(page.text).not.to.include('<script');
      for (const query of ['user_code=', 'user_code=a&user_code=b', 'user_code=%00']) {
        expect((await new Agent().get(`${app.issuer}/device?${query}`)).status).to.be.oneOf([200, 400]);
      }
    });
  });

  describe('what goes away on the way', () => {
    type Step = 'begun' | 'entered' | 'confirmed' | 'approved';
    interface Way {
      agent: Agent;
      page: Page;
      started: Awaited<ReturnType<typeof begin>>;
    }

    let count = 0;
    let id = '';
    beforeEach(async () => {
      count += 1;
      id = `tv-${count}`;
      await register(app, { ...TV, client_id: id });
    });

    async function goTo(step: Step): Promise<Way> {
      const agent = new Agent();
      const started = await begin(app.issuer, { client_id: id });
      let page = await agent.get(`${app.issuer}/device`);
      if (step === 'begun') return { agent, page, started };
      page = await enter(agent, app.issuer, started.user_code);
      if (step === 'entered') return { agent, page, started };
      page = await agent.follow(await press(agent, page, 'confirm'), app.issuer);
      if (step === 'confirmed') return { agent, page, started };
      ({ page } = await walk(agent, app.issuer, page));
      return { agent, page, started };
    }

    /** What remains of the way, and what the device gets. */
    async function goOn(step: Step, { agent, page, started }: Way) {
      let last = page;
      if (step === 'begun') last = await enter(agent, app.issuer, started.user_code);
      if (last.text.includes('device-confirm-form')) last = await press(agent, last, 'confirm');
      if (step !== 'approved') ({ page: last } = await walk(agent, app.issuer, last));
      expect(last.status, last.text).to.be.below(500);
      const polled = await poll(app.issuer, started.device_code, { client_id: id });
      return { last, polled };
    }

    const steps: Step[] = ['begun', 'entered', 'confirmed', 'approved'];
    for (const step of steps) {
      it(`gives nothing when the client is switched off once it is ${step}`, async () => {
        const way = await goTo(step);
        await app.services.clients.setActive(id, false, OPERATOR);
        const { last, polled } = await goOn(step, way);
        expect([polled.status, polled.body.error]).to.deep.equal([401, 'invalid_client']);
        if (step !== 'approved') expect(last.status).to.be.within(400, 499);
      });

      it(`gives nothing to a client of the same name that was made once it is ${step}`, async () => {
        const way = await goTo(step);
        await app.services.clients.delete(id, OPERATOR);
        await register(app, { ...TV, client_id: id });
        const { polled } = await goOn(step, way);
        expect([polled.status, polled.body.error]).to.deep.equal([400, 'invalid_grant']);
      });
    }

    it('gives nothing when the user is deactivated before the device asks', async () => {
      const { started } = await goTo('approved');
      const { users } = app.services.stores;
      const user = await users.find(USER.id);
      if (!user) throw new Error('no user');
      await users.save({ ...user, isActive: false });
      try {
        const { body } = await poll(app.issuer, started.device_code, { client_id: id });
        expect(body.error).to.equal('invalid_grant');
      } finally {
        await users.save(user);
      }
    });

    it('gives nothing where a rule refuses the user, and says that it was not they', async () => {
      // The Admin API is for users with the role admin.
      const scope = 'openid admin:clients:read';
      await register(app, { ...TV, client_id: id, scope });
      const fields = { client_id: id, scope, resource: `${app.issuer}/api/admin/oauth` };
      const started = await begin(app.issuer, fields);
      const { page } = await letIn(new Agent(), app.issuer, started.user_code);
      expect(page.status).to.equal(403);
      expect(page.text).to.include('role admin').and.not.to.include('device-denied');
      const { body } = await poll(app.issuer, started.device_code, { client_id: id });
      expect(body.error).to.equal('access_denied');
    });

    it('has the user asked about authorization details, and gives the device what they agreed to', async () => {
      await seedBank(app);
      const scope = 'openid bank.use';
      await register(app, {
        ...TV,
        client_id: id,
        scope,
        authorization_details_types: ['payment_initiation'],
      });
      // An instance that nobody has asked for details before.
      await app.restart();
      const fields = {
        client_id: id,
        scope,
        resource: BANK,
        authorization_details: JSON.stringify([PAYMENT]),
      };
      const started = await begin(app.issuer, fields);
      const agent = new Agent();
      const asked = await enter(agent, app.issuer, started.user_code);
      const { page, shown } = await walk(agent, app.issuer, await press(agent, asked, 'confirm'));
      expect(shown).to.include('consent');
      expect(page.text).to.include('id="device-approved"');
      const { status, body } = await poll(app.issuer, started.device_code, { client_id: id, resource: BANK });
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body.authorization_details).to.deep.equal([PAYMENT]);
    });

    it('shows the app among the connected apps, whose button ends the tokens of the device', async () => {
      const { agent, started } = await goTo('approved');
      const { body } = await poll(app.issuer, started.device_code, { client_id: id });
      const list = await agent.follow(`${app.issuer}/account/apps`, app.issuer);
      expect(list.text).to.include(`data-client-id="${id}"`);
      const ask = await agent.follow(`${app.issuer}/account/apps/${id}/revoke`, app.issuer);
      await agent.follow(await agent.submit(formIn(ask, 'revoke-form')), app.issuer);
      expect((await userinfo(app.issuer, String(body.access_token))).status).to.equal(401);
      const refreshed = await send(`${app.issuer}/api/oauth/token`, {
        grant_type: 'refresh_token',
        refresh_token: String(body.refresh_token),
        client_id: id,
      });
      expect(refreshed.body.error).to.equal('invalid_grant');
    });

    it('tells the app by back-channel logout when the login that let it in ends', async () => {
      const receiver = await openLogoutReceiver();
      try {
        const told = { backchannel_logout_uri: receiver.uri, backchannel_logout_session_required: true };
        await register(app, { ...TV, client_id: id, ...told });
        const agent = new Agent();
        const started = await begin(app.issuer, { client_id: id });
        await letIn(agent, app.issuer, started.user_code);
        const { body } = await poll(app.issuer, started.device_code, { client_id: id });
        const { sid } = decodeJwt(String(body.id_token));
        expect(sid).to.be.a('string');
        await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
        const [token = ''] = await receiver.tokens(1);
        expect(decodeJwt(token)).to.include({ sid, sub: USER.id, aud: id });
      } finally {
        await receiver.close();
      }
    });

    it('gives nothing when the user takes access away before the device asks', async () => {
      const { started } = await goTo('approved');
      await app.services.consents.withdraw({
        userId: USER.id,
        clientId: id,
        actor: 'operator:test',
        ip: undefined,
        requestId: undefined,
      });
      const { body } = await poll(app.issuer, started.device_code, { client_id: id });
      expect(body.error).to.equal('invalid_grant');
    });

    it('has the device begin again when the browser logs out in the very last step', async () => {
      const agent = new Agent();
      const started = await begin(app.issuer, { client_id: id });
      const last = await almostIn(agent, app.issuer, await enter(agent, app.issuer, started.user_code));
      await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      const page = await agent.get(last);
      expect(page.status).to.equal(400);
      expect(page.text).to.include('href="/device"').and.not.to.include('device-approved');
      const { status, body } = await poll(app.issuer, started.device_code, { client_id: id });
      expect([status, body.error]).to.deep.equal([400, 'expired_token']);
    });

    it('ends the tokens of a device without offline_access with the login that let it in', async () => {
      const agent = new Agent();
      const fields = { client_id: id, scope: 'openid profile' };
      const [early, late] = [await begin(app.issuer, fields), await begin(app.issuer, fields)];
      for (const { user_code: code } of [early, late]) await letIn(agent, app.issuer, code);
      const { body } = await poll(app.issuer, early.device_code, { client_id: id });
      await walk(agent, app.issuer, `${app.issuer}/api/oauth/logout`);
      expect((await userinfo(app.issuer, String(body.access_token))).status).to.equal(401);
      expect((await poll(app.issuer, late.device_code, { client_id: id })).body.error).to.equal(
        'invalid_grant',
      );
    });
  });
});
