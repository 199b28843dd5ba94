// Keys change while the provider serves: what apps and browsers see of it, and what nobody may see.
import { expect } from 'chai';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { keyEncryptionSource } from '../../src/app/secrets.js';
import { openKeySet } from '../../src/keys/signing-keys.js';
import { createKeyEncryption } from '../../src/lib/key-encryption.js';
import { Agent, formIn } from '../support/agent.js';
import { startApp, type TestApp } from '../support/app.js';
import { askSilently, cookieValue, openConsent } from '../support/browsing.js';
import { eventually } from '../support/production/waiting.js';
import { type Login, logIn, type RelyingParty, relyingParty } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';
import { OPERATOR, PRIVATE_MEMBERS } from './support.js';

const LOGGED_OUT = 'https://rp.example/logged-out';
const SOON_MS = 5_000;

describe('keys that change while the provider serves', () => {
  let app: TestApp;
  let rp: RelyingParty;

  before(async () => {
    app = await startApp({ env: { KEY_ANNOUNCE_SECONDS: '10' } });
    rp = await relyingParty(app);
    app.services.startBackground();
  });
  after(() => app.close());

  const jwks = async () => {
    const text = await (await fetch(`${app.issuer}/api/oauth/jwks`)).text();
    expect(text).not.to.match(PRIVATE_MEMBERS);
    return JSON.parse(text) as JSONWebKeySet;
  };
  const published = async () => (await jwks()).keys.map(({ kid }) => kid);
  const listed = async (alg: string, state: string) =>
    (await app.services.keys.list()).find((key) => key.alg === alg && key.state === state)?.kid ?? '';
  const kidOf = ({ tokens }: Login) => decodeProtectedHeader(tokens.id_token ?? '').kid;
  const becomes = (what: () => Promise<unknown>) => eventually(SOON_MS, what);

  /** Logs out with that ID token as a hint; whether the provider took it. */
  async function hintIsTaken(login: Login): Promise<boolean> {
    const query = new URLSearchParams({
      id_token_hint: login.tokens.id_token ?? '',
      post_logout_redirect_uri: LOGGED_OUT,
    });
    const end = await walk(new Agent(), app.issuer, `${app.issuer}/api/oauth/logout?${query}`);
    return end.page.location === LOGGED_OUT;
  }

  it('announces a key in JWKS that signs nothing yet', async () => {
    const active = await listed('RS256', 'active');
    const [announced] = (await app.services.keys.rotate({ algs: ['RS256'] }, OPERATOR)).keys;
    await becomes(async () => expect(await published()).to.include(announced?.kid));
    expect(await published()).to.include(active);
    expect(kidOf(await logIn(rp, new Agent()))).to.equal(active);
    await app.services.keys.retire(announced?.kid ?? '', OPERATOR);
    await becomes(async () => expect(await published()).not.to.include(announced?.kid));
    expect(kidOf(await logIn(rp, new Agent()))).to.equal(active);
  });

  it('lets JWKS be cached for less than it announces', async () => {
    const { headers } = await fetch(`${app.issuer}/api/oauth/jwks`);
    expect(headers.get('cache-control')).to.equal('public, max-age=5');
  });

  it('signs with the new key, and still takes what a retired one signed', async () => {
    const before = await logIn(rp, new Agent());
    await app.services.keys.rotate({ algs: ['RS256'], now: true }, OPERATOR);
    const active = await listed('RS256', 'active');
    await becomes(async () => expect(await published()).to.include(active));
    const after = await logIn(rp, new Agent());
    expect(kidOf(after)).to.equal(active).and.not.to.equal(kidOf(before));
    const set = createLocalJWKSet(await jwks());
    for (const { tokens } of [before, after]) await jwtVerify(tokens.id_token ?? '', set);
    for (const login of [before, after]) expect(await hintIsTaken(login)).to.equal(true);
  });

  it('has nothing to do with a revoked key from one moment to the next', async () => {
    const agent = new Agent();
    const before = await logIn(rp, agent);
    const revoked = kidOf(before) ?? '';
    await app.services.keys.revoke(revoked, OPERATOR);
    await becomes(async () => expect(await published()).not.to.include(revoked));
    expect(await hintIsTaken(before)).to.equal(false);
    const after = await logIn(rp, new Agent());
    await jwtVerify(after.tokens.id_token ?? '', createRemoteJWKSet(new URL(`${app.issuer}/api/oauth/jwks`)));
    expect(await hintIsTaken(after)).to.equal(true);
    // Whoever is logged in stays so: sessions do not hang on signing keys.
    expect((await askSilently(agent, app.issuer)).get('code')).to.be.a('string');
  });

  it('fails no request while keys are swapped all the time', async () => {
    const { keys } = app.services;
    let isOver = false;
    const swapping = (async () => {
      for (let n = 0; n < 12; n += 1) {
        await keys.rotate({ algs: ['RS256', 'HMAC'], now: true }, OPERATOR);
      }
      isOver = true;
    })();
    const browsing = Array.from({ length: 3 }, async () => {
      const kids = new Set<string | undefined>();
      while (!isOver) {
        const login = await logIn(rp, new Agent());
        kids.add(kidOf(login));
        await jwtVerify(login.tokens.id_token ?? '', createLocalJWKSet(await jwks()));
        expect(await hintIsTaken(login)).to.equal(true);
      }
      return kids;
    });
    await swapping;
    const kids = new Set((await Promise.all(browsing)).flatMap((set) => [...set]));
    expect(kids.size, 'keys that signed').to.be.greaterThan(2);
  });

  it('keeps sessions, and forms that are open, over new cookie keys', async () => {
    const loggedIn = new Agent();
    await logIn(rp, loggedIn);
    const person = new Agent();
    const consent = await openConsent(person, app.issuer, { prompt: 'consent' });
    const signatures = new Set<string | undefined>();
    for (let n = 0; n < 2; n += 1) {
      await app.services.keys.rotate({ algs: ['HMAC'], now: true }, OPERATOR);
      // The session of the browser that comes back with it gets another signature: the keys are in use.
      await becomes(async () => {
        const browser = loggedIn.fork();
        await askSilently(browser, app.issuer);
        const { size } = signatures;
        expect(signatures.add(signatureIn(browser)).size).to.equal(size + 1);
      });
    }
    // What is signed with an earlier key is good as it is: nothing is set beside it on another path.
    const again = await person.get(consent.url);
    expect(again.headers.getSetCookie().filter((line) => line.includes('interaction.sig'))).to.deep.equal([]);
    const page = await person.submit(formIn(consent, 'consent-form'), { decision: 'allow' });
    const end = await person.follow(page, app.issuer);
    expect(destination({ page: end }).searchParams.get('code')).to.be.a('string');
    expect((await askSilently(loggedIn, app.issuer)).get('code')).to.be.a('string');
  });

  it('takes no cookie whose key was revoked', async () => {
    const agent = new Agent();
    await logIn(rp, agent);
    expect((await askSilently(agent.fork(), app.issuer)).get('code')).to.be.a('string');
    for (const { alg, state, kid } of await app.services.keys.list()) {
      if (alg === 'HMAC' && state !== 'gone') await app.services.keys.revoke(kid, OPERATOR);
    }
    await becomes(async () => {
      expect((await askSilently(agent.fork(), app.issuer)).get('error')).to.equal('login_required');
    });
    await logIn(rp, new Agent());
  });

  const signatureIn = (agent: Agent) => cookieValue(agent, `${app.issuer}/`, 'link2ur_op_session.sig');

  it('never writes a private part anywhere', async () => {
    const { config, stores } = app.services;
    const encryption = createKeyEncryption(keyEncryptionSource(config));
    const { signing, cookie } = await openKeySet(await stores.keys.list(), encryption);
    const privates = [...signing.flatMap(({ d, p, q }) => [d, p, q]), ...cookie];
    const events = await stores.audit.list({ limit: 200 });
    const seen = app.logs.join('') + JSON.stringify([events, await app.services.keys.list(), await jwks()]);
    expect(seen).to.include('key.revoked').and.not.to.match(PRIVATE_MEMBERS);
    expect(privates.length).to.be.greaterThan(5);
    for (const secret of privates) {
      if (secret !== undefined) expect(seen).not.to.include(secret);
    }
  });
});

describe('swapping keys', () => {
  it('leaves no timer, listener or handle behind', async () => {
    const app = await startApp();
    try {
      const { config, stores, handle } = app.services;
      const encryption = createKeyEncryption(keyEncryptionSource(config));
      const set = await openKeySet(await stores.keys.list(), encryption);
      const counts = () => ({
        exit: process.listenerCount('exit'),
        warning: process.listenerCount('warning'),
        resources: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
      });
      handle.swapKeys(set);
      const before = counts();
      for (let n = 0; n < 200; n += 1) handle.swapKeys(set);
      const after = counts();
      expect(after.exit).to.equal(before.exit);
      expect(after.warning).to.equal(before.warning);
      expect(after.resources).to.be.at.most(before.resources + 3);
    } finally {
      await app.close();
    }
  });
});
