// The secret as a key in docs/relying-parties.md, run as it is printed.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import * as client from 'openid-client';
import { scopeText } from '../../src/http/i18n/scopes.js';
import { projectPath } from '../../src/lib/paths.js';
import { Agent } from '../support/agent.js';
import { SECRET, startApp, type TestApp, USER } from '../support/app.js';
import { logIn, register, relyingParty } from '../support/relying-party.js';

const run = promisify(execFile);
const ID = 'secret-as-key';

describe('docs/relying-parties.md: the secret as a key', () => {
  let app: TestApp;
  let folder: string;
  let guide: string;

  before(async () => {
    guide = await readFile(projectPath('docs', 'relying-parties.md'), 'utf8');
    app = await startApp({ env: { OAUTH_FEATURES: 'par,client_secret_jwt,hs256' } });
    const settings = {
      token_endpoint_auth_method: 'client_secret_jwt',
      id_token_signed_response_alg: 'HS256',
    };
    await register(app, { client_id: ID, ...settings });
    // Below the project, so that the libraries are found.
    const cache = projectPath('node_modules', '.cache');
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, 'guide-'));
    const [, example = ''] = /```js file=secret-as-key\.mjs\n([\s\S]*?)```/.exec(guide) ?? [];
    await writeFile(join(folder, 'secret-as-key.mjs'), example);
  });
  after(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('authenticates and verifies as it is printed', async () => {
    const auth = client.ClientSecretJwt(SECRET);
    const metadata = { id_token_signed_response_alg: 'HS256' };
    const rp = await relyingParty(app, { clientId: ID, auth, metadata });
    const { tokens } = await logIn(rp, new Agent());
    const { PATH = '' } = process.env;
    const env = {
      PATH,
      ISSUER: app.issuer,
      CLIENT_ID: ID,
      ID_TOKEN: tokens.id_token ?? '',
      ACCESS_TOKEN: tokens.access_token,
    };
    const file = join(folder, 'secret-as-key.mjs');
    const { stdout } = await run(process.execPath, [file], { env: { ...env, CLIENT_SECRET: SECRET } });
    expect(JSON.parse(stdout)).to.deep.equal({ active: true, sub: USER.id });
    const wrong = run(process.execPath, [file], { env: { ...env, CLIENT_SECRET: `${SECRET}x` } });
    expect(await wrong.catch(({ stderr }: { stderr: string }) => stderr)).to.include('invalid_client');
  });

  it('prints what users read about unionid', () => {
    expect(guide).to.include(`users read "${scopeText('en', 'unionid')}"`);
  });
});
