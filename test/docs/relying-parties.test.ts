// The guide for relying parties keeps its word: its example runs as it is printed, its tables are true.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { isReferenceCode } from '../../src/http/i18n/error-reference.js';
import { scopeText } from '../../src/http/i18n/scopes.js';
import { projectPath } from '../../src/lib/paths.js';
import { SCOPE_CLAIMS } from '../../src/users/claims.js';
import { Agent } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { register } from '../support/relying-party.js';
import { destination, walk } from '../support/walk.js';

const guide = () => readFile(projectPath('docs', 'relying-parties.md'), 'utf8');

/** The cells of the rows of the table under a heading. */
async function tableUnder(heading: string): Promise<string[][]> {
  const text = await guide();
  const section = text.slice(text.indexOf(`\n${heading}\n`)).slice(heading.length + 2);
  const end = section.search(/\n#{1,3} /);
  return section
    .slice(0, end === -1 ? undefined : end)
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[-| ]+\|$/.test(line))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const codeIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('docs/relying-parties.md', () => {
  let app: TestApp;
  let folder: string;

  before(async () => {
    app = await startApp();
    // Below the project, so that `openid-client` is found.
    const cache = projectPath('node_modules', '.cache');
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, 'guide-'));
    const [, example] = /```js file=login\.mjs\n([\s\S]*?)```/.exec(await guide()) ?? [];
    if (!example) throw new Error('the guide has no example any more');
    await writeFile(join(folder, 'login.mjs'), example);
  });
  after(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe('the complete example', () => {
    let child: ChildProcess | undefined;
    let redirectUri: string;
    let output = '';

    afterEach(async () => {
      if (!child) return;
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child.kill();
      await ended;
      child = undefined;
    });

    /** Starts the example as the guide says; its address. */
    async function start(env: Record<string, string>): Promise<string> {
      const { PATH = '' } = process.env;
      output = '';
      child = spawn(process.execPath, ['login.mjs'], {
        cwd: folder,
        env: { PATH, ISSUER: app.issuer, REDIRECT_URI: redirectUri, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { stdout, stderr } = child;
      return new Promise((resolve, reject) => {
        const collect = (chunk: Buffer) => {
          output += chunk;
          const [, url] = /Open (\S+)/.exec(output) ?? [];
          if (url) resolve(url);
        };
        stdout?.on('data', collect);
        stderr?.on('data', collect);
        child?.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
      });
    }

    async function registerExample(client_id: string, settings: object): Promise<void> {
      redirectUri = `http://localhost:${await freePort()}/callback`;
      await register(app, {
        client_id,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [],
        ...settings,
      });
    }

    /** One browser with a separate jar for the example’s own cookies, as ports do not separate them. */
    async function logIn(home: string, manners = {}): Promise<{ status: number; body: unknown }> {
      const atApp = new Agent();
      const started = await atApp.get(home);
      const walked = await walk(new Agent(), app.issuer, started.location ?? '', manners);
      const end = await atApp.get(destination(walked).href);
      return { status: end.status, body: JSON.parse(end.text) };
    }

    const kinds: Record<string, [object, Record<string, string>]> = {
      'a confidential client': [{}, { CLIENT_ID: 'example-web', CLIENT_SECRET: SECRET }],
      'a public client': [{ token_endpoint_auth_method: 'none' }, { CLIENT_ID: 'example-spa' }],
    };
    for (const [kind, [settings, env]] of Object.entries(kinds)) {
      it(`runs as it is printed for ${kind}`, async () => {
        await registerExample(env.CLIENT_ID ?? '', settings);
        const { status, body } = await logIn(await start(env));
        expect(status).to.equal(200);
        expect(body).to.include({ sub: USER.id, name: USER.name, email: USER.email, email_verified: true });
        expect(output).to.include(USER.id);
      });
    }

    it('says so when the user refuses, and when the login was not begun in this browser', async () => {
      await registerExample('example-deny', {});
      const home = await start({ CLIENT_ID: 'example-deny', CLIENT_SECRET: SECRET });
      const refused = await logIn(home, { decision: 'deny' });
      expect(refused.status).to.equal(400);
      expect(refused.body).to.include({ error: 'access_denied' });
      const stranger = await new Agent().get(`${redirectUri}?code=x&state=y`);
      expect(stranger.status).to.equal(400);
      expect(JSON.parse(stranger.text)).to.include({ error: 'login_failed' });
    });
  });

  it('lists the endpoints that discovery has', async () => {
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    const paths = (await tableUnder('## Endpoints')).map(([, path]) => `${app.issuer}${codeIn(path)[0]}`);
    const endpoints = Object.entries(metadata)
      .filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
      .map(([, url]) => url);
    expect(paths).to.have.members(endpoints);
  });

  it('lists the scopes with their claims and the words users read', async () => {
    const rows = await tableUnder('### UserInfo');
    const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
    const { scopes_supported } = (await response.json()) as { scopes_supported: string[] };
    expect(rows.map(([scope]) => codeIn(scope)[0])).to.have.members(scopes_supported);
    const claims: Record<string, string[]> = SCOPE_CLAIMS;
    for (const [scope, given, words] of rows) {
      const name = codeIn(scope)[0] ?? '';
      expect(codeIn(given), name).to.have.members(claims[name] ?? []);
      expect(words, name).to.equal(scopeText('en', name));
    }
  });

  it('explains every error it lists in the error reference as well', async () => {
    const codes = (await tableUnder('## Errors')).flatMap(([error]) => codeIn(error));
    expect(codes.length).to.be.greaterThan(15);
    for (const code of codes) expect(isReferenceCode(code), code).to.equal(true);
  });

  it('prints a UserInfo answer with the members that there are', async () => {
    const [, json = ''] = /### UserInfo[\s\S]*?```json\n([\s\S]*?)```/.exec(await guide()) ?? [];
    const { profile, email, openid } = SCOPE_CLAIMS;
    expect(Object.keys(JSON.parse(json))).to.have.members([...openid, ...profile, ...email]);
  });

  it('promises CORS for the origins of redirect URIs, and keeps it', async () => {
    for (const path of ['token', 'userinfo', 'revoke']) {
      const url = `${app.issuer}/api/oauth/${path}`;
      const preflight = await fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://spa.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(preflight.status, path).to.be.oneOf([200, 204]);
      expect(preflight.headers.get('access-control-allow-methods'), path).to.include('POST');
    }
    const post = async (origin: string) => {
      const response = await fetch(`${app.issuer}/api/oauth/token`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', client_id: 'spa' }),
      });
      await response.arrayBuffer();
      return response.headers;
    };
    const allowed = await post('https://spa.example');
    expect(allowed.get('access-control-allow-origin')).to.equal('https://spa.example');
    expect(allowed.get('access-control-allow-credentials')).to.equal(null);
    expect((await post('https://evil.example')).get('access-control-allow-origin')).to.equal(null);
  });
});
