// Logging in with a ticket of the site's: everything that makes it none.
import { expect } from 'chai';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { Agent, type Page } from '../support/agent.js';
import { authorizeUrl, USER } from '../support/app.js';
import { askSilently } from '../support/browsing.js';
import { returnTo, type Scene, setScene, uidOf } from '../support/login/person.js';
import { seconds } from '../support/login/site.js';
import { answerParams, goOn, questionOn } from '../support/walk.js';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a ticket of the site', () => {
  let scene: Scene;

  before(async () => {
    scene = await setScene('ticket');
  });
  after(() => scene.close());

  const issuer = () => scene.app.issuer;

  async function begin(params: Record<string, string> = {}) {
    const agent = new Agent();
    const away = await goOn(agent, issuer(), authorizeUrl(issuer(), params));
    const back = returnTo(away);
    return { agent, back, uid: uidOf(back) };
  }

  function bring(agent: Agent, back: URL, ticket: string): Promise<Page> {
    const url = new URL(back);
    url.searchParams.set('login_ticket', ticket);
    return agent.get(url.href);
  }

  async function expectRefused(page: Page, agent: Agent): Promise<void> {
    expect(page.status).to.equal(403);
    expect(page.text).to.include('id="error-continue"');
    expect((await askSilently(agent, issuer())).get('error')).to.equal('login_required');
  }

  it('logs in once, and leaves the address', async () => {
    const { agent, back, uid } = await begin();
    const page = await bring(agent, back, await scene.site.ticket({ sub: USER.id, interaction: uid }));
    expect(page.status).to.equal(303);
    expect(page.location).not.to.include('ticket');
    expect(page.headers.get('referrer-policy')).to.be.oneOf(['no-referrer', 'same-origin']);
    expect(questionOn(await goOn(agent, issuer(), page))).to.equal('consent');
  });

  it('of 20 uses at once has one that works', async () => {
    const { agent, back, uid } = await begin();
    const ticket = await scene.site.ticket({ sub: USER.id, interaction: uid });
    const pages = await Promise.all(Array.from({ length: 20 }, () => bring(agent.fork(), back, ticket)));
    expect(pages.filter(({ status }) => status === 303)).to.have.length(1);
    expect(pages.filter(({ status }) => status === 403)).to.have.length(19);
  });

  it('used before is none, for the same user neither; the page leads on to another login', async () => {
    const { agent, back, uid } = await begin();
    const ticket = await scene.site.ticket({ sub: USER.id, interaction: uid });
    expect((await bring(agent.fork(), back, ticket)).status).to.equal(303);
    const page = await bring(agent, back, ticket);
    await expectRefused(page, agent);
    const next = /id="error-continue" href="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const away = await agent.get(new URL(next, issuer()).href);
    expect(returnTo(away).href).to.equal(back.href);
  });

  const now = seconds;
  const wrongClaims: Record<string, () => Record<string, unknown>> = {
    'for another interaction': () => ({ interaction: 'another-one' }),
    'without an interaction': () => ({ interaction: undefined }),
    'for another audience': () => ({ aud: 'https://other.example' }),
    'of another issuer': () => ({ iss: 'https://evil.example' }),
    'without an issuer': () => ({ iss: undefined }),
    'that has expired': () => ({ iat: now() - 200, exp: now() - 140 }),
    'without an end': () => ({ exp: undefined }),
    'that lives longer than a minute': () => ({ exp: now() + 61 }),
    'from the future': () => ({ iat: now() + 90, exp: now() + 120 }),
    'without a time': () => ({ iat: undefined }),
    'without an id': () => ({ jti: undefined }),
    'without a user': () => ({ sub: undefined }),
    'with a user of the wrong type': () => ({ sub: 7 }),
    'that claims a login after itself': () => ({ auth_time: now() + 300 }),
    'not valid yet': () => ({ nbf: now() + 120 }),
  };
  for (const [what, claims] of Object.entries(wrongClaims)) {
    it(`${what} is refused`, async () => {
      const { agent, back, uid } = await begin();
      const ticket = await scene.site.ticket({ sub: USER.id, interaction: uid, ...claims() });
      await expectRefused(await bring(agent, back, ticket), agent);
    });
  }

  const forged: Record<string, (sound: string) => Promise<string> | string> = {
    'with another sub put in': (sound) => {
      const [header, payload = '', signature] = sound.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return `${header}.${encode({ ...claims, sub: '10000002' })}.${signature}`;
    },
    'with alg none': (sound) => `${encode({ alg: 'none' })}.${sound.split('.')[1]}.`,
    'signed HS256 with our public key as the secret': async (sound) => {
      const keys = (await (await fetch(`${scene.site.origin}/jwks.json`)).json()) as { keys: object[] };
      const key = await importJWK(keys.keys[0] as never, 'ES256');
      const claims = JSON.parse(Buffer.from(sound.split('.')[1] ?? '', 'base64url').toString());
      const secret = new TextEncoder().encode(await exportSPKI(key as never));
      return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'site-1' }).sign(secret);
    },
    'signed with a key of its own, which it brings along': async (sound) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      const claims = JSON.parse(Buffer.from(sound.split('.')[1] ?? '', 'base64url').toString());
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'site-1', jwk } as never)
        .sign(privateKey);
    },
    'with an unknown key id': async (sound) => {
      const { privateKey } = await generateKeyPair('ES256');
      const claims = JSON.parse(Buffer.from(sound.split('.')[1] ?? '', 'base64url').toString());
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'nobody' }).sign(privateKey);
    },
    'encrypted with a costly password': () =>
      `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31 - 1, p2s: 'AAAA' })}.AA.AA.AA.AA`,
    'that is no JWT': () => 'nonsense',
    'far too long': () => 'x'.repeat(5_000),
  };
  for (const [what, forge] of Object.entries(forged)) {
    it(`${what} is refused`, async () => {
      const { agent, back, uid } = await begin();
      const sound = await scene.site.ticket({ sub: USER.id, interaction: uid });
      await expectRefused(await bring(agent, back, await forge(sound)), agent);
    });
  }

  it('of the attacker logs nobody else in: the browser that began is the one that ends (login CSRF)', async () => {
    const { back, uid } = await begin();
    const victim = new Agent();
    const page = await bring(victim, back, await scene.site.ticket({ sub: USER.id, interaction: uid }));
    expect(page.status).to.equal(400);
    expect((await askSilently(victim, issuer())).get('error')).to.equal('login_required');
  });

  it('older than prompt=login asks for is answered with login_required', async () => {
    const { agent, back, uid } = await begin({ prompt: 'login' });
    const claims = { sub: USER.id, interaction: uid, auth_time: now() - 50 };
    const page = await goOn(agent, issuer(), await bring(agent, back, await scene.site.ticket(claims)));
    expect(answerParams({ page }).error).to.equal('login_required');
  });

  it('is not written to the log', async () => {
    const { agent, back, uid } = await begin();
    const ticket = await scene.site.ticket({ sub: USER.id, interaction: uid, aud: 'https://other.example' });
    await bring(agent, back, ticket);
    expect(scene.app.logs.join('\n')).not.to.include(ticket.split('.')[2]);
  });
});

describe('tickets while the keys of the site cannot be had', () => {
  it('are a 503 with retry, and good afterwards', async () => {
    const scene = await setScene('ticket', { LINK2UR_JWKS_URL: 'http://localhost:9/jwks.json' });
    try {
      const { issuer } = scene.app;
      const agent = new Agent();
      const back = returnTo(await goOn(agent, issuer, authorizeUrl(issuer)));
      back.searchParams.set(
        'login_ticket',
        await scene.site.ticket({ sub: USER.id, interaction: uidOf(back) }),
      );
      const page = await agent.get(back.href);
      expect(page.status).to.equal(503);
      expect(page.headers.get('retry-after')).to.match(/^\d+$/);
      expect(page.text).to.include('id="error-retry"');
    } finally {
      await scene.close();
    }
  });
});

describe('tickets signed with a shared secret', () => {
  const secret = 'the-ticket-secret-of-the-test-suite-00001';
  let scene: Scene;
  before(async () => {
    scene = await setScene('ticket', { LINK2UR_TICKET_ALG: 'HS256', LINK2UR_TICKET_SECRET: secret });
  });
  after(() => scene.close());

  it('are believed with that secret only, and with no other algorithm', async () => {
    const { app, site } = scene;
    for (const [key, expected] of [
      [secret, 303],
      [`${secret}x`, 403],
    ] as const) {
      const agent = new Agent();
      const back = returnTo(await goOn(agent, app.issuer, authorizeUrl(app.issuer)));
      const claims = {
        iss: site.origin,
        aud: app.issuer,
        sub: USER.id,
        jti: `j-${expected}`,
        interaction: uidOf(back),
      };
      const ticket = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuedAt()
        .setExpirationTime('60s')
        .sign(new TextEncoder().encode(key));
      const page = await agent.get(`${back.href}?login_ticket=${ticket}`);
      expect(page.status).to.equal(expected);
      const es256 = await site.ticket({ sub: USER.id, interaction: uidOf(back) });
      expect((await agent.get(`${back.href}?login_ticket=${es256}`)).status).to.be.oneOf([403, 400]);
    }
  });
});
