// The scope unionid: one value of a user for all apps of one owner, and another for every other owner.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { ValidationError } from '../../src/lib/errors.js';
import { Agent } from '../support/agent.js';
import {
  ALL_SCOPES,
  authorizeUrl,
  OTHER_USER,
  startApp,
  type TestApp,
  USER,
  userinfo,
} from '../support/app.js';
import { logIn, type RelyingParty, refusal, register, relyingParty } from '../support/relying-party.js';

const AUTHOR = { actor: 'operator:test', ip: undefined, requestId: undefined };
const SCOPE = `${ALL_SCOPES} unionid`;

describe('unionid', () => {
  let app: TestApp;
  let shop: RelyingParty;
  let club: RelyingParty;
  let rival: RelyingParty;

  async function appOf(clientId: string, members: Record<string, unknown>): Promise<RelyingParty> {
    await register(app, { client_id: clientId, scope: SCOPE, ...members });
    return relyingParty(app, { clientId });
  }

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: 'par,pairwise,unionid' } });
    shop = await appOf('shop', { owner: 'tea-company' });
    const pairwise = { subject_type: 'pairwise', redirect_uris: ['https://rp.example/callback'] };
    club = await appOf('club', { owner: 'tea-company', ...pairwise });
    rival = await appOf('rival', { owner: 'coffee-company' });
  });
  after(() => app.close());

  const asked = { scope: 'openid unionid' };

  async function told(rp: RelyingParty, username = USER.email) {
    const { tokens, claims } = await logIn(rp, new Agent(), asked, { username });
    const { body } = await userinfo(app.issuer, tokens.access_token);
    expect(claims).to.not.have.property('unionid');
    expect(tokens.scope).to.equal('openid unionid');
    return body as { sub: string; unionid: string };
  }

  it('is advertised, as scope and as claim', async () => {
    const metadata = shop.config.serverMetadata();
    expect(metadata.scopes_supported).to.include('unionid');
    expect(metadata.claims_supported).to.include('unionid');
  });

  it('is the same at every app of an owner, whatever its sub, and at no other', async () => {
    const [atShop, atClub, atRival] = [await told(shop), await told(club), await told(rival)];
    expect(atShop.unionid).to.match(/^[\w-]{43}$/);
    expect(atClub.unionid).to.equal(atShop.unionid);
    expect(atClub.sub).to.not.equal(atShop.sub);
    const values = [atShop.unionid, atRival.unionid, atClub.sub, USER.id];
    values.push((await told(shop, OTHER_USER.email)).unionid);
    expect(new Set(values)).to.have.property('size', 5);
    expect((await told(shop)).unionid).to.equal(atShop.unionid);
    await app.services.keys.reseal({ newKey: true }, AUTHOR);
    await app.restart();
    expect((await told(shop)).unionid).to.equal(atShop.unionid);
  });

  it('is told to nobody who did not ask, and asked about in words', async () => {
    const agent = new Agent();
    const { tokens } = await logIn(shop, agent, { scope: 'openid profile' });
    expect((await userinfo(app.issuer, tokens.access_token)).body).to.not.have.property('unionid');
    const params = { client_id: 'shop', ...asked };
    for (const [locale, words] of [
      ['en', 'Recognise you in other apps of the same owner'],
      ['zh', '在同一主体的其他应用中识别你'],
    ]) {
      const url = authorizeUrl(app.issuer, { ...params, prompt: 'consent', ui_locales: String(locale) });
      const page = await agent.follow(url, app.issuer);
      expect(page.text).to.include(words);
    }
  });

  it('comes in the ID token when it is asked for there', async () => {
    const { unionid } = await told(shop);
    const claims = JSON.stringify({ id_token: { unionid: null } });
    const { tokens } = await logIn(shop, new Agent(), { scope: 'openid', claims });
    expect(decodeJwt(tokens.id_token ?? '').unionid).to.equal(unionid);
  });

  it('is refused to an app that is nobody’s', async () => {
    await register(app, { client_id: 'orphan', scope: undefined });
    const orphan = await relyingParty(app, { clientId: 'orphan' });
    const { error, shown } = await refusal(orphan, new Agent(), asked);
    expect(error.error).to.equal('invalid_scope');
    expect(shown).to.deep.equal([]);
    const claims = JSON.stringify({ userinfo: { unionid: { essential: true } } });
    const { tokens } = await logIn(orphan, new Agent(), { scope: 'openid', claims });
    expect((await userinfo(app.issuer, tokens.access_token)).body).to.not.have.property('unionid');
    // And to one that is not registered for it.
    await register(app, { client_id: 'modest', owner: 'tea-company' });
    const modest = await relyingParty(app, { clientId: 'modest' });
    expect((await refusal(modest, new Agent(), asked)).error.error).to.equal('invalid_scope');
  });

  const refused = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, 'not refused').to.be.instanceOf(ValidationError);
    return JSON.stringify((error as ValidationError).problems);
  };

  it('is registered with an owner only, who stays while the app has users', async () => {
    const { clients } = app.services;
    const draft = { client_name: 'x', redirect_uris: ['https://x.example/'], scope: SCOPE };
    expect(await refused(clients.create(draft, AUTHOR))).to.include('owner');
    for (const owner of ['', 'a b', 'x'.repeat(65), '<script>'])
      expect(await refused(clients.create({ ...draft, owner }, AUTHOR))).to.include('owner');
    const { client } = await clients.create({ ...draft, owner: 'one' }, AUTHOR);
    await clients.update(client.client_id, { owner: 'two' }, AUTHOR);
    expect(await refused(clients.update('shop', { owner: 'coffee-company' }, AUTHOR))).to.include('users');
    await register(app, { client_id: 'later' });
    await logIn(await relyingParty(app, { clientId: 'later' }), new Agent());
    await clients.update('later', { owner: 'tea-company', scope: SCOPE }, AUTHOR);
  });

  it('off, is neither advertised nor registered, and is dropped where it is asked for', async () => {
    const off = await startApp();
    try {
      const rp = await relyingParty(off);
      expect(JSON.stringify(rp.config.serverMetadata())).to.not.include('unionid');
      const draft = { client_name: 'x', redirect_uris: ['https://x.example/'], scope: SCOPE, owner: 'a' };
      expect(await refused(off.services.clients.create(draft, AUTHOR))).to.include('OAUTH_FEATURES');
      await register(off, { client_id: 'open', scope: undefined, owner: 'tea-company' });
      const { tokens } = await logIn(await relyingParty(off, { clientId: 'open' }), new Agent(), asked);
      expect(tokens.scope).to.equal('openid');
      expect((await userinfo(off.issuer, tokens.access_token)).body).to.not.have.property('unionid');
    } finally {
      await off.close();
    }
  });
});
