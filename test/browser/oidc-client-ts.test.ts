// oidc-client-ts on a page of its own origin: login, renewal by refresh token and by a hidden frame, logout.
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { clientInputSchema } from '../../src/clients/input.js';
import { projectPath } from '../../src/lib/paths.js';
import { USER } from '../support/app.js';
import { insist, sightOf } from '../support/browser/person.js';
import { openStage, type Stage } from '../support/browser/stage.js';

const page = (issuer: string, origin: string) => `<!doctype html><title>app</title><main id="app"></main>
<script src="/oidc-client-ts.js"></script>
<script>
  const manager = new oidc.UserManager({
    authority: '${issuer}',
    client_id: 'oidc-client-ts',
    redirect_uri: '${origin}/callback',
    silent_redirect_uri: '${origin}/silent',
    post_logout_redirect_uri: '${origin}/',
    scope: 'openid profile email offline_access',
    loadUserInfo: true,
  });
  window.manager = manager;
  window.done = location.pathname === '/callback' ? manager.signinCallback()
    : location.pathname === '/silent' ? manager.signinSilentCallback() : Promise.resolve();
</script>`;

describe('oidc-client-ts', () => {
  let stage: Stage;
  let server: Server;
  let origin: string;

  before(async () => {
    stage = await openStage({});
    const library = await readFile(
      projectPath('node_modules', 'oidc-client-ts', 'dist', 'browser', 'oidc-client-ts.min.js'),
    );
    server = createServer((req, res) => {
      const isLibrary = req.url === '/oidc-client-ts.js';
      res.setHeader('content-type', isLibrary ? 'text/javascript' : 'text/html');
      res.end(isLibrary ? library : page(stage.app.issuer, origin));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    const client = {
      client_id: 'oidc-client-ts',
      client_name: 'Browser app',
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${origin}/callback`, `${origin}/silent`],
      post_logout_redirect_uris: [`${origin}/`],
      scope: 'openid profile email offline_access',
    };
    await stage.app.services.clients.apply(clientInputSchema.parse(client), 'operator:test');
  });
  afterEach(() => stage?.dismiss());
  after(async () => {
    server?.close();
    await stage?.close();
  });

  /** What the page's user manager answers. */
  const ask = <T>(tab: Page, script: string): Promise<T> => tab.evaluate<T>(`(async () => { ${script} })()`);

  async function loggedIn(extra = ''): Promise<Page> {
    const { page: tab } = await stage.visitor();
    await tab.goto(origin);
    await Promise.all([
      tab.waitForURL(`${stage.app.issuer}/**`),
      ask(tab, `manager.signinRedirect({ ${extra} })`),
    ]);
    await tab.waitForLoadState();
    await insist(tab, origin);
    return tab;
  }

  it('logs in and reads UserInfo across origins', async () => {
    const tab = await loggedIn();
    const profile = await ask<Record<string, unknown>>(tab, 'return (await done).profile');
    expect(profile).to.include({ sub: USER.id, name: USER.name, email: USER.email });
  });

  it('renews its tokens with the refresh token', async () => {
    const tab = await loggedIn(`prompt: 'consent'`);
    const isNew = await ask<boolean>(
      tab,
      `const before = await done; const after = await manager.signinSilent();
       return after.access_token !== before.access_token && after.refresh_token !== before.refresh_token`,
    );
    expect(isNew).to.equal(true);
  });

  it('renews its tokens in a hidden frame while the session lasts', async () => {
    const tab = await loggedIn();
    const isNew = await ask<boolean>(
      tab,
      `const before = await done; await manager.storeUser({ ...before, refresh_token: undefined, toStorageString() {
         return new oidc.User({ ...before, refresh_token: undefined }).toStorageString(); } });
       const after = await manager.signinSilent({ scope: 'openid profile email' });
       return after.access_token !== before.access_token && after.profile.sub === before.profile.sub`,
    );
    expect(isNew).to.equal(true);
  });

  it('logs out, and is back at the app', async () => {
    const tab = await loggedIn();
    await ask(tab, 'await done');
    await Promise.all([tab.waitForURL(`${origin}/`), ask(tab, 'manager.signoutRedirect()')]);
    expect(tab.url()).to.equal(`${origin}/`);
    await Promise.all([tab.waitForURL(`${stage.app.issuer}/**`), ask(tab, 'manager.signinRedirect()')]);
    await tab.waitForLoadState();
    expect(await sightOf(tab)).to.equal('login');
  });
});
