// Auth.js (@auth/core) with a provider of type oidc, and the refresh its documentation shows.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Auth, type AuthConfig } from '@auth/core';
import { expect } from 'chai';
import { formIn } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { browse, newPerson, type RpServer, registerAt, serveRp } from './support.js';

type Token = Record<string, string>;

async function bodyOf(req: IncomingMessage): Promise<string | undefined> {
  if (req.method !== 'POST') return undefined;
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
}

/** Auth.js speaks Request and Response; frameworks bridge the rest. */
function bridge(origin: string, config: AuthConfig): RequestListener {
  const run = async (req: IncomingMessage, res: ServerResponse) => {
    const body = await bodyOf(req);
    const request = new Request(`${origin}${req.url}`, {
      method: req.method ?? 'GET',
      headers: Object.entries(req.headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(body === undefined ? {} : { body }),
    });
    const answer = await Auth(request, config);
    res.statusCode = answer.status;
    answer.headers.forEach((value, name) => {
      if (name !== 'set-cookie') res.setHeader(name, value);
    });
    res.setHeader('set-cookie', answer.headers.getSetCookie());
    res.end(await answer.text());
  };
  return (req, res) => {
    if (req.url === '/') res.end('home');
    else run(req, res).catch((error) => res.writeHead(500).end(String(error)));
  };
}

describe('Auth.js', () => {
  let app: TestApp;
  let rp: RpServer;
  const tokens: Token[] = [];

  before(async () => {
    app = await startApp();
    rp = await serveRp((origin) =>
      bridge(origin, {
        secret: 'a secret of thirty-two characters or more',
        trustHost: true,
        basePath: '/auth',
        providers: [
          {
            id: 'link2ur',
            name: 'Link²Ur',
            type: 'oidc',
            issuer: app.issuer,
            // Name and e-mail address are at UserInfo, not in the ID token.
            idToken: false,
            clientId: 'auth-js',
            clientSecret: SECRET,
            authorization: { params: { scope: 'openid profile email offline_access', prompt: 'consent' } },
          },
        ],
        callbacks: {
          jwt({ token, account }) {
            if (account) tokens.push({ refresh: account.refresh_token ?? '', id: account.id_token ?? '' });
            return token;
          },
        },
      }),
    );
    await registerAt(app, rp.origin, { client_id: 'auth-js' }, '/auth/callback/link2ur');
  });
  after(async () => {
    await rp?.close();
    await app?.close();
  });

  it('logs in, knows the user, refreshes and logs out', async () => {
    const agent = newPerson();
    const signIn = await agent.get(`${rp.origin}/auth/signin`);
    await browse(agent, await agent.submit(formIn(signIn, 0)));
    const session = JSON.parse((await agent.get(`${rp.origin}/auth/session`)).text);
    expect(session.user).to.include({ name: USER.name, email: USER.email });

    const { refresh = '', id = '' } = tokens[0] ?? {};
    const answer = await fetch(`${app.issuer}/api/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'auth-js',
        client_secret: SECRET,
        grant_type: 'refresh_token',
        refresh_token: refresh,
      }),
    });
    expect(answer.status).to.equal(200);

    const query = new URLSearchParams({ id_token_hint: id, post_logout_redirect_uri: rp.origin });
    const out = await agent.follow(`${app.issuer}/api/oauth/logout?${query}`, app.issuer);
    expect(out.location).to.equal(`${rp.origin}/`);
  });
});
