// The stand-in for the Link²Ur site: what it tells the provider (session endpoint, tickets, events).
import { createServer } from 'node:http';
import { expect } from 'chai';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { Agent, formIn } from '../support/agent.js';
import { freePort, OTHER_USER, PASSWORD, USER } from '../support/app.js';
import { cookieValue } from '../support/browsing.js';
import { logInAtSite, type SiteAlone, startSiteAlone, submitSiteLogin } from '../support/site.js';

const TOKEN = 'events-token-of-the-test-suite-0001';

interface Heard {
  url: string | undefined;
  authorization: string | undefined;
  body: unknown;
}

/** What the provider's side of the events call hears; answers with the given status codes in turn, then 204. */
async function startListener() {
  const heard: Heard[] = [];
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { url, headers } = request;
    heard.push({ url, authorization: headers.authorization, body: JSON.parse(body) });
    response.writeHead(statuses.shift() ?? 204).end();
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    issuer: `http://localhost:${port}`,
    heard,
    statuses,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i += 1) await new Promise((resolve) => setTimeout(resolve, 25));
}

describe('the stand-in for the Link²Ur site: account', () => {
  let provider: Awaited<ReturnType<typeof startListener>>;
  let site: SiteAlone;
  let agent: Agent;

  beforeEach(async () => {
    provider = await startListener();
    site = await startSiteAlone({ issuer: provider.issuer, eventsToken: TOKEN });
    agent = new Agent();
    await logInAtSite(agent, site.url);
  });

  afterEach(async () => {
    await site.close();
    await provider.close();
  });

  const ask = (cookie = agent.cookieHeader(`${site.url}/`)) =>
    fetch(`${site.url}/api/session`, { headers: { cookie }, redirect: 'manual' });

  const isLoggedIn = async (browser: Agent) =>
    (await ask(browser.cookieHeader(`${site.url}/`))).status === 200;

  const submit = async (form: string, fields: Record<string, string> = {}) =>
    agent.submit(formIn(await agent.get(`${site.url}/`), form), fields);

  const toldOf = (event: string, id = USER.id) => ({
    url: `/api/admin/oauth/users/${id}/events`,
    authorization: `Bearer ${TOKEN}`,
    body: { event },
  });

  it('answers the session endpoint with id, auth_time and amr', async () => {
    const response = await ask(`link2ur_session=${cookieValue(agent, `${site.url}/`, 'link2ur_session')}`);
    expect(response.headers.get('content-type')).to.include('application/json');
    expect(response.headers.get('cache-control')).to.equal('no-store');
    const { auth_time: authTime, ...rest } = (await response.json()) as Record<string, unknown>;
    expect(rest).to.deep.equal({ id: USER.id, acr: 'urn:link2ur:acr:password', amr: ['pwd'] });
    expect(Number.isInteger(authTime)).to.equal(true);
  });

  it('answers the session endpoint with 401 for nobody, a made-up cookie, and a user who is shut out', async () => {
    expect((await ask('')).status).to.equal(401);
    expect((await ask('link2ur_session=made-up')).status).to.equal(401);
    const user = site.users.rows.get(USER.id);
    if (user) site.users.rows.set(USER.id, { ...user, isActive: false });
    expect((await ask()).status).to.equal(401);
    site.users.rows.delete(USER.id);
    expect((await ask()).status).to.equal(401);
  });

  it('can be made to fail, as sites do', async () => {
    site.faults.omitAuthTime = true;
    expect(await (await ask()).json()).to.deep.equal({
      id: USER.id,
      acr: 'urn:link2ur:acr:password',
      amr: ['pwd'],
    });
    const answers = { error: 500, html: 200, nonsense: 200, redirect: 303 } as const;
    for (const [sessionAnswer, status] of Object.entries(answers)) {
      site.faults.sessionAnswer = sessionAnswer as keyof typeof answers;
      expect((await ask()).status, sessionAnswer).to.equal(status);
    }
    site.faults.down = true;
    expect(await ask().catch(() => 'no answer')).to.equal('no answer');
  });

  it('shows who is logged in, and the way to the connected apps', async () => {
    const page = await agent.get(`${site.url}/`);
    expect(page.text).to.include(`id="site-user">${USER.name}`);
    expect(page.text).to.include(`href="${provider.issuer}/account/apps"`);
  });

  it('logs out, and tells the provider', async () => {
    const cookie = agent.cookieHeader(`${site.url}/`);
    expect((await submit('site-logout-form')).location).to.equal(`${site.url}/?done=logged_out`);
    expect(provider.heard).to.deep.equal([toldOf('logged_out')]);
    expect((await ask(cookie)).status, 'with the old cookie').to.equal(401);
  });

  it('logs out on the way from the provider, and only then without asking', async () => {
    const asked = await agent.get(`${site.url}/logout?return_to=http://evil.example/`);
    expect(asked.text).to.include('id="site-logout"');
    expect(await isLoggedIn(agent)).to.equal(true);
    const returnTo = `${provider.issuer}/api/oauth/logout/return/handle`;
    const page = await agent.get(`${site.url}/logout?return_to=${encodeURIComponent(returnTo)}`);
    expect(page.location).to.equal(returnTo);
    expect(await isLoggedIn(agent)).to.equal(false);
    expect(provider.heard).to.deep.equal([toldOf('logged_out')]);
  });

  it('changes the password, ends other sessions, and tells the provider', async () => {
    const elsewhere = new Agent();
    await logInAtSite(elsewhere, site.url);
    const next = 'another good password';
    expect((await submit('site-password-form', { current: 'wrong', new: next })).status).to.equal(400);
    expect((await submit('site-password-form', { current: PASSWORD, new: 'short' })).status).to.equal(400);
    expect(provider.heard).to.deep.equal([]);
    const done = await submit('site-password-form', { current: PASSWORD, new: next });
    expect(done.location).to.equal(`${site.url}/?done=password_changed`);
    expect(provider.heard).to.deep.equal([toldOf('password_changed')]);
    expect(await isLoggedIn(elsewhere)).to.equal(false);
    expect(await isLoggedIn(agent)).to.equal(true);
    const page = await elsewhere.get(`${site.url}/login`);
    expect((await submitSiteLogin(elsewhere, page)).status, 'with the old password').to.equal(400);
    expect((await submitSiteLogin(elsewhere, page, { password: next })).status).to.equal(303);
  });

  it('deletes the account, and tells the provider', async () => {
    expect((await submit('site-delete-form', { current: 'wrong' })).status).to.equal(400);
    expect(site.users.rows.has(USER.id)).to.equal(true);
    const done = await submit('site-delete-form', { current: PASSWORD });
    expect(done.location).to.equal(`${site.url}/?done=deleted`);
    expect(site.users.rows.has(USER.id)).to.equal(false);
    expect(provider.heard).to.deep.equal([toldOf('deleted')]);
    expect(await isLoggedIn(agent)).to.equal(false);
  });

  it('tells again when the provider was busy, and the user does not wait for it', async () => {
    provider.statuses.push(503, 503);
    expect((await submit('site-logout-form')).status).to.equal(303);
    await until(() => provider.heard.length >= 3);
    expect(provider.heard).to.deep.equal(Array(3).fill(toldOf('logged_out')));
  });

  it('does not tell again what the provider refused', async () => {
    provider.statuses.push(401);
    await submit('site-logout-form');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(provider.heard).to.have.length(1);
  });

  it('refuses forms of another session, another site, or none', async () => {
    const stranger = new Agent();
    await logInAtSite(stranger, site.url, OTHER_USER.email);
    const theirs = await stranger.get(`${site.url}/`);
    for (const name of ['site-logout-form', 'site-password-form', 'site-delete-form']) {
      const fields = { current: PASSWORD, new: 'another good password' };
      const form = formIn(await agent.get(`${site.url}/`), name);
      const { csrf = '' } = formIn(theirs, name).fields;
      expect((await agent.post(form.action, fields)).status, name).to.equal(403);
      expect((await agent.post(form.action, { ...fields, csrf })).status, name).to.equal(403);
      const body = new URLSearchParams({ ...form.fields, ...fields });
      const headers = { origin: 'https://evil.example' };
      expect((await agent.request(form.action, { method: 'POST', body, headers })).status, name).to.equal(
        403,
      );
    }
    expect(await isLoggedIn(agent)).to.equal(true);
    expect(provider.heard).to.deep.equal([]);
  });
});

describe('the stand-in for the Link²Ur site: tickets', () => {
  const issuer = 'http://provider.example:3000';
  const returnTo = `${issuer}/interaction/the-uid/return`;

  async function ticketOf(site: SiteAlone, target = returnTo): Promise<string | null> {
    const agent = new Agent();
    await logInAtSite(agent, site.url);
    const page = await agent.get(`${site.url}/login?${new URLSearchParams({ return_to: target })}`);
    const url = new URL(page.location ?? '');
    expect(`${url.origin}${url.pathname}`).to.equal(target);
    return url.searchParams.get('login_ticket');
  }

  for (const alg of ['ES256', 'RS256'] as const) {
    it(`signs tickets with ${alg}, under a key it publishes`, async () => {
      const site = await startSiteAlone({ issuer, tickets: { alg } });
      try {
        const jwks = await fetch(`${site.url}/.well-known/jwks.json`);
        const keys = (await jwks.json()) as JSONWebKeySet;
        expect(keys.keys[0]).not.to.have.any.keys('d', 'p', 'q');
        const { payload, protectedHeader } = await jwtVerify(
          (await ticketOf(site)) ?? '',
          createLocalJWKSet(keys),
          { issuer: site.url, audience: issuer, subject: USER.id, algorithms: [alg] },
        );
        expect(protectedHeader).to.deep.equal({ alg, kid: keys.keys[0]?.kid });
        expect(payload).to.include({ interaction: 'the-uid' });
        expect(payload.amr).to.deep.equal(['pwd']);
        expect(payload.auth_time).to.be.a('number').and.at.most(Number(payload.iat));
        expect(Number(payload.exp) - Number(payload.iat)).to.be.within(1, 60);
        const other = await jwtVerify((await ticketOf(site)) ?? '', createLocalJWKSet(keys));
        expect(other.payload.jti).to.be.a('string').and.not.equal(payload.jti);
      } finally {
        await site.close();
      }
    });
  }

  it('signs tickets with a shared secret, and then publishes no keys', async () => {
    const secret = 'ticket-secret-of-the-test-suite-0001';
    const site = await startSiteAlone({ issuer, tickets: { alg: 'HS256', secret } });
    try {
      const key = new TextEncoder().encode(secret);
      const checks = { issuer: site.url, audience: issuer, algorithms: ['HS256'] };
      const { payload } = await jwtVerify((await ticketOf(site)) ?? '', key, checks);
      expect(payload.sub).to.equal(USER.id);
      expect((await fetch(`${site.url}/.well-known/jwks.json`)).status).to.equal(404);
    } finally {
      await site.close();
    }
  });

  it('gives a ticket to an interaction only', async () => {
    const site = await startSiteAlone({ issuer, tickets: { alg: 'ES256' } });
    try {
      expect(await ticketOf(site, `${issuer}/account/apps`)).to.equal(null);
      site.faults.omitAuthTime = true;
      const [, payload = ''] = (await ticketOf(site))?.split('.') ?? [];
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).not.to.have.property('auth_time');
    } finally {
      await site.close();
    }
  });
});
