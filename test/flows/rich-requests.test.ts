// Rich authorization requests (RFC 9396): an app asks for one thing exactly, the user reads exactly that, and the token
// says it.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { Agent, type Page } from '../support/agent.js';
import {
  authorizeUrl,
  OTHER_USER,
  postToken,
  REDIRECT_URI,
  startApp,
  type TestApp,
  USER,
} from '../support/app.js';
import { type ClientKey, jwksOf, makeClientKey, now, signed } from '../support/client-keys.js';
import { openInspector } from '../support/inspector.js';
import { type Scene, setScene } from '../support/login/person.js';
import { COOKIE, seconds } from '../support/login/site.js';
import { register } from '../support/relying-party.js';
import { introspect, OPERATOR } from '../support/resource-server.js';
import {
  askFor,
  asking,
  BANK,
  BANK_API,
  PAYER,
  PAYMENT,
  PAYMENT_TYPE,
  POST_OFFICE,
  redeem,
  seedBank,
} from '../support/rich-requests.js';
import { basic } from '../support/token-endpoint.js';
import { answer, answerParams, goOn, questionOn, walk } from '../support/walk.js';

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };
const LETTER = { type: 'letter' };

describe('authorization details', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'par,jar,rar' } });
    await seedBank(app);
  });
  after(() => app.close());

  const detailsIn = ({ authorization_details: details }: Record<string, unknown>) => details;

  /** The consent page for these details, of somebody who just logged in. */
  async function consentPage(details: unknown, more: Record<string, string> = {}, agent = new Agent()) {
    let page = await goOn(agent, app.issuer, authorizeUrl(app.issuer, asking(details, more)));
    if (questionOn(page) === 'login')
      page = await goOn(agent, app.issuer, await answer(agent, page, 'login'));
    return page;
  }

  /** What is in the list of details, without markup. */
  const toldOn = ({ text }: Page) =>
    (/<ul class="asked-details"[\s\S]*?<\/ul>/.exec(text)?.[0] ?? '')
      .replace(/<dt[^>]*>/g, ' | ')
      .replace(/<\/dt>/g, ': ')
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ')
      .trim();

  async function refusalOf(details: unknown, more: Record<string, string> = {}): Promise<string | undefined> {
    const json = typeof details === 'string' ? details : JSON.stringify(details);
    const url = authorizeUrl(app.issuer, { ...asking([]), authorization_details: json, ...more });
    return answerParams({ page: await goOn(new Agent(), app.issuer, url) }).error;
  }

  it('are advertised by type', async () => {
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const { authorization_details_types_supported: types } = (await response.json()) as Record<
      string,
      unknown
    >;
    expect(types).to.deep.equal(['letter', 'payment_initiation']);
  });

  it('are in the token response, in the JWT and in the introspection answer, and in nobody else’s', async () => {
    const { status, body } = await redeem(app, await askFor(app, [PAYMENT]));
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(detailsIn(body)).to.deep.equal([PAYMENT]);
    const { access_token: token = '' } = body;
    expect(detailsIn(decodeJwt(token))).to.deep.equal([PAYMENT]);
    expect(decodeJwt(token).aud).to.equal(BANK);
    const { body: told } = await introspect(app, token, BANK_API);
    expect([told.active, detailsIn(told)]).to.deep.equal([true, [PAYMENT]]);
    expect((await introspect(app, token, { ...PAYER, client_id: 'web-app' })).body.active).to.equal(false);
  });

  it('are read by the user in their language, every value of them, each time', async () => {
    const agent = new Agent();
    const whole = {
      ...PAYMENT,
      reference: 'Order 7',
      actions: ['initiate', 'status'],
      urgent: true,
      tries: 3,
    };
    const english = await consentPage([whole], { ui_locales: 'en' }, agent);
    expect(toldOn(english)).to.equal(
      'Pay 123.50 EUR to Tea Shop | Reference: Order 7 | actions: initiate, status | urgent: true | tries: 3',
    );
    await goOn(agent, app.issuer, await answer(agent, english, 'consent'));
    const chinese = await consentPage([PAYMENT, LETTER], { ui_locales: 'zh', resource: BANK }, agent).catch(
      String,
    );
    // A letter belongs to another API, which the request did not name.
    expect(answerParams({ page: chinese as Page }).error).to.equal('invalid_authorization_details');
    const again = await consentPage([PAYMENT], { ui_locales: 'zh' }, agent);
    expect(toldOn(again)).to.equal('向 Tea Shop 支付 123.50 EUR');
  });

  it('cannot be allowed silently, not by an app of our own either', async () => {
    const agent = new Agent();
    await askFor(app, [PAYMENT], { agent });
    const silent = await goOn(
      agent,
      app.issuer,
      authorizeUrl(app.issuer, asking([PAYMENT], { prompt: 'none' })),
    );
    expect(answerParams({ page: silent }).error).to.equal('consent_required');
    const own = { is_first_party: true, authorization_details_types: ['payment_initiation'] };
    await register(app, { client_id: 'own', scope: 'openid bank.use', ...own });
    const page = await consentPage([PAYMENT], { client_id: 'own' }, agent);
    expect(questionOn(page)).to.equal('consent');
  });

  it('that the user denies are no token', async () => {
    const denied = await askFor(app, [PAYMENT], { manners: { decision: 'deny' } });
    expect(answerParams(denied)).to.include({ error: 'access_denied', state: 'the-state' });
  });

  const hostile = '"><script>alert(1)</script>&<img src=x>';
  it('are shown as text, whatever is in them', async () => {
    const page = await consentPage([{ ...PAYMENT, creditor: hostile, reference: hostile }], {
      ui_locales: 'en',
    });
    expect(page.text).not.to.include('<script>alert').and.not.include('<img src=x');
    expect(page.text).to.include('&lt;script&gt;alert(1)');
  });

  const bad: Record<string, [unknown, Record<string, string>?]> = {
    'an unknown type': [[{ type: 'unknown' }]],
    'a type that is a name of the language': [[{ type: 'constructor' }]],
    'no JSON': ['{nonsense'],
    'no list': [{ type: 'letter' }],
    'a list of texts': [['letter']],
    'no type': [[{ amount: 1 }]],
    'a member missing': [[{ type: 'payment_initiation', creditor: 'x' }]],
    'a member too many': [[{ ...PAYMENT, payee: 'Eve' }]],
    'a member too many, inside': [[{ ...PAYMENT, amount: { ...PAYMENT.amount, tip: '1' } }]],
    'a member of the language’s': ['[{"type":"letter","__proto__":{"x":1}}]'],
    'an object for a text': [[{ ...PAYMENT, creditor: {} }]],
    'a text for an object': [[{ ...PAYMENT, amount: '1' }]],
    'a value that is not allowed': [[{ ...PAYMENT, amount: { value: '1', currency: 'XYZ' } }]],
    'an action that is not allowed': [[{ ...PAYMENT, actions: ['delete'] }]],
    'a text that is too long': [[{ ...PAYMENT, creditor: 'x'.repeat(201) }]],
    'a text that turns direction': [[{ ...PAYMENT, creditor: 'Tea\u202Epohs' }]],
    'a text that nobody sees': [[{ ...PAYMENT, creditor: 'Tea\u200BShop' }]],
    'an empty text': [[{ ...PAYMENT, creditor: '' }]],
    'too many of them': [Array(11).fill(PAYMENT)],
    'more than a person reads': [
      Array(9).fill({ ...PAYMENT, creditor: 'x'.repeat(200), reference: 'y'.repeat(200) }),
    ],
    'another resource than is named': [[PAYMENT], { resource: POST_OFFICE }],
  };
  for (const [what, [details, more = {}]] of Object.entries(bad)) {
    it(`with ${what} are refused`, async () => {
      expect(await refusalOf(details, more)).to.be.oneOf([
        'invalid_authorization_details',
        'invalid_request',
      ]);
    });
  }

  it('are refused with the standard’s code, at the authorization and at the PAR endpoint', async () => {
    expect(await refusalOf([{ type: 'unknown' }])).to.equal('invalid_authorization_details');
    expect(await refusalOf([{ ...PAYMENT, payee: 'Eve' }])).to.equal('invalid_authorization_details');
    await register(app, { client_id: 'plain', scope: 'openid bank.use' });
    expect(await refusalOf([PAYMENT], { client_id: 'plain' })).to.equal('invalid_authorization_details');
    const pushed = await push({ ...asking([{ type: 'unknown' }]) });
    expect([pushed.status, pushed.body.error]).to.deep.equal([400, 'invalid_authorization_details']);
  });

  async function push(fields: Record<string, string>) {
    const response = await fetch(`${app.issuer}/api/oauth/par`, {
      method: 'POST',
      headers: { authorization: basic(PAYER.client_id, PAYER.client_secret) },
      body: new URLSearchParams({ response_type: 'code', redirect_uri: REDIRECT_URI, ...fields }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }

  it('can be pushed', async () => {
    const { status, body } = await push(asking([PAYMENT]));
    expect(status, JSON.stringify(body)).to.equal(201);
    const query = new URLSearchParams({ client_id: PAYER.client_id, request_uri: body.request_uri ?? '' });
    const done = await walk(new Agent(), app.issuer, `${app.issuer}/api/oauth/authorize?${query}`);
    expect(done.shown).to.include('consent');
    expect(detailsIn((await redeem(app, done)).body)).to.deep.equal([PAYMENT]);
  });

  it('can be signed, as a list', async () => {
    const key: ClientKey = await makeClientKey();
    const types = { authorization_details_types: ['payment_initiation'] };
    await register(app, { client_id: 'signer', scope: 'openid bank.use', jwks: jwksOf(key), ...types });
    const request = await signed(key, {
      iss: 'signer',
      aud: app.issuer,
      client_id: 'signer',
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      resource: BANK,
      state: 'signed',
      exp: now() + 60,
      authorization_details: [PAYMENT],
    });
    const query = new URLSearchParams({ client_id: 'signer', request });
    const done = await walk(new Agent(), app.issuer, `${app.issuer}/api/oauth/authorize?${query}`);
    const { body } = await redeem(app, done, { client_id: 'signer' });
    expect(detailsIn(body)).to.deep.equal([PAYMENT]);
  });

  it('are narrowed, never widened, when the code is redeemed and at each refresh', async () => {
    const second = { ...PAYMENT, creditor: 'Book Shop' };
    const done = await askFor(app, [PAYMENT, second], { more: OFFLINE });
    const { body } = await redeem(app, done);
    expect(detailsIn(body)).to.deep.equal([PAYMENT, second]);
    let token = body.refresh_token ?? '';
    const refresh = async (fields: Record<string, string>) => {
      const all = { grant_type: 'refresh_token', refresh_token: token, ...PAYER, ...fields };
      const answer = await postToken(app.issuer, all);
      token = answer.body.refresh_token ?? token;
      return answer;
    };
    const narrow = await refresh({ resource: BANK, authorization_details: JSON.stringify([second]) });
    expect(detailsIn(narrow.body), JSON.stringify(narrow.body)).to.deep.equal([second]);
    // Members in another order are the same thing.
    const { amount, ...rest } = PAYMENT;
    const turned = JSON.stringify([{ ...rest, amount: { currency: amount.currency, value: amount.value } }]);
    expect(detailsIn((await refresh({ resource: BANK, authorization_details: turned })).body)).to.deep.equal([
      PAYMENT,
    ]);
    expect(detailsIn((await refresh({ resource: BANK })).body)).to.deep.equal([PAYMENT, second]);
    // A token for UserInfo has none of them.
    expect(detailsIn((await refresh({})).body)).to.equal(undefined);
    const before = token;
    const wide = { ...PAYMENT, amount: { value: '999.00', currency: 'EUR' } };
    const refused = await refresh({ resource: BANK, authorization_details: JSON.stringify([wide]) });
    expect([refused.status, refused.body.error]).to.deep.equal([400, 'invalid_authorization_details']);
    expect(token).to.equal(before);
    // A mistake costs nothing: the same token is as good as before it.
    expect((await refresh({ resource: BANK })).status).to.equal(200);
    expect(token).not.to.equal(before);
  });

  it('cannot be had without a user', async () => {
    const { status, body } = await postToken(app.issuer, {
      grant_type: 'client_credentials',
      ...PAYER,
      resource: BANK,
      scope: 'bank.use',
      authorization_details: JSON.stringify([PAYMENT]),
    });
    expect([status, body.error]).to.deep.equal([400, 'invalid_authorization_details']);
  });

  it('leave a trace of their type, and not of their values, in the audit trail', async () => {
    await redeem(app, await askFor(app, [PAYMENT]));
    const inspector = await openInspector(app.dataDir);
    const rows = await inspector.query<{ details: unknown }>(
      'SELECT * FROM oauth_audit_event ORDER BY id DESC',
    );
    await inspector.close();
    expect(JSON.stringify(rows)).to.include('"authorization_details_types":["payment_initiation"]');
    expect(JSON.stringify(rows)).not.to.include('Tea Shop');
  });

  it('of a type that is taken away are asked for in vain at once, and its clients go on without it', async () => {
    const { resourceServers } = app.services;
    const { version } = await resourceServers.get(POST_OFFICE);
    await resourceServers.update(POST_OFFICE, { authorization_details_types: [] }, OPERATOR, { version });
    expect(await refusalOf([LETTER], { resource: POST_OFFICE })).to.equal('invalid_authorization_details');
    expect((await redeem(app, await askFor(app, [PAYMENT]))).status).to.equal(200);
    const types = [{ type: 'letter' }, { type: 'parcel' }];
    await resourceServers.update(POST_OFFICE, { authorization_details_types: types }, OPERATOR, {});
    const again = authorizeUrl(app.issuer, asking([LETTER], { resource: POST_OFFICE }));
    expect(questionOn(await goOn(new Agent(), app.issuer, again))).to.equal('login');
  });

  it('of a type that is changed while the user reads are not given unread', async () => {
    const { resourceServers } = app.services;
    const agent = new Agent();
    const page = await consentPage([PAYMENT], {}, agent);
    const { members, ...type } = PAYMENT_TYPE;
    const renamed = members.map((member) => ({
      ...member,
      name: member.name === 'creditor' ? 'payee' : member.name,
    }));
    const description = { en: 'Pay {payee}' };
    const change = (types: unknown[]) =>
      resourceServers.update(BANK, { authorization_details_types: types }, OPERATOR, {});
    await change([{ ...type, description, members: renamed }]);
    const done = await goOn(agent, app.issuer, await answer(agent, page, 'consent'));
    await change([PAYMENT_TYPE]);
    expect(answerParams({ page: done }).error).to.equal('invalid_authorization_details');
  });

  it('keep their type to one API', async () => {
    const { resourceServers } = app.services;
    const other = {
      identifier: 'https://other.example/',
      name: 'Other',
      scopes: [{ name: 'other.use' }],
      authorization_details_types: [PAYMENT_TYPE],
    };
    const error = await resourceServers.create(other, OPERATOR).catch((reason) => reason);
    expect(JSON.stringify(error.problems)).to.include('is a type of https://bank.example/api already');
  });
});

describe('authorization details that one user allowed', () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene('session', { OAUTH_FEATURES: 'rar' });
    await seedBank(scene.app);
  });
  after(() => scene.close());

  it('are asked of another who takes over the request', async () => {
    const { issuer } = scene.app;
    const logInAtSite = (agent: Agent, id: string) =>
      agent.setCookie(COOKIE, scene.site.open({ id, auth_time: seconds(), amr: ['pwd'] }));
    // The other has agreed to the scopes before: only the details are left to ask.
    const other = new Agent();
    logInAtSite(other, OTHER_USER.id);
    expect(answerParams(await askFor(scene.app, [PAYMENT], { agent: other }))).to.have.property('code');

    const agent = new Agent();
    logInAtSite(agent, USER.id);
    const page = await goOn(agent, issuer, authorizeUrl(issuer, asking([PAYMENT])));
    expect(questionOn(page)).to.equal('consent');
    // While the first user reads, the second logs in at the site in this browser.
    logInAtSite(agent, OTHER_USER.id);
    const next = await goOn(agent, issuer, await answer(agent, page, 'consent'));
    expect([questionOn(next), next.text.includes('Tea Shop')]).to.deep.equal(['consent', true]);
    const done = await walk(agent, issuer, next);
    const { body } = await redeem(scene.app, done);
    expect(decodeJwt(String(body.access_token)).sub).to.equal(OTHER_USER.id);
  });
});

describe('authorization details, switched off', () => {
  it('are not advertised, no client can be registered for them, and nobody is asked for any', async () => {
    const app = await startApp();
    try {
      const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
      expect(await response.json()).not.to.have.property('authorization_details_types_supported');
      const error = await seedBank(app).catch((reason) => reason);
      expect(JSON.stringify(error.problems)).to.include('needs rar, which is off');
      await register(app, { client_id: PAYER.client_id, scope: 'openid bank.use' });
      const page = await goOn(new Agent(), app.issuer, authorizeUrl(app.issuer, asking([PAYMENT])));
      expect(questionOn(page)).to.equal('login');
    } finally {
      await app.close();
    }
  });
});
