// A bad request to any endpoint is refused with the code of its standard, and leaves nothing behind: no row of any
// table is there, gone or different afterwards, and what was good before is good still.
import { expect } from 'chai';
import { Agent } from '../support/agent.js';
import {
  authorizeUrl,
  exchangeCode,
  obtainTokens,
  refresh,
  startApp,
  type TestApp,
  userinfo,
} from '../support/app.js';
import { openTraces, type Traces } from '../support/leaves-nothing.js';
import { type Material, type Refusal, refusalsWith } from '../support/refusals.js';
import { obtainFor, seedResourceServers } from '../support/resource-server.js';
import { answerParams, walk } from '../support/walk.js';

/** All that is off by default as well: what is refused is refused by the endpoint, not for want of it. */
const FEATURES = 'par,jar,jarm,dpop,private_key_jwt,rar,introspection_jwt,validate_token,logout_by_url';

const NOTHING: Material = { issuer: '', code: '', access: '', apiToken: '', refresh: '', id: '' };

/** The error an answer tells: in its body, on its page, or at the address it leads to. */
async function errorIn(response: Response): Promise<string | undefined> {
  const text = await response.text();
  const location = response.headers.get('location');
  if (location !== null) {
    const { search, hash } = new URL(location);
    return new URLSearchParams(hash.slice(1) || search).get('error') ?? undefined;
  }
  const onPage = /<code id="error-code">(\w+)</.exec(text)?.[1];
  return onPage ?? (text.startsWith('{') ? (JSON.parse(text).error as string) : undefined);
}

describe('refusals', () => {
  let app: TestApp;
  let traces: Traces;
  let material: Material;
  let all: Refusal[];

  before(async () => {
    app = await startApp({ env: { OAUTH_FEATURES: FEATURES } });
    await seedResourceServers(app);
    const agent = new Agent();
    const tokens = await obtainTokens(app.issuer, agent);
    const { access: apiToken } = await obtainFor(app);
    const { code = '' } = answerParams(await walk(agent, app.issuer, authorizeUrl(app.issuer)));
    const { access_token: access = '', refresh_token = '', id_token: id = '' } = tokens;
    material = { issuer: app.issuer, code, access, apiToken, refresh: refresh_token, id };
    all = refusalsWith(material);
    traces = await openTraces(app);
  });
  after(async () => {
    await traces?.close();
    await app?.close();
  });

  function ask({ method = 'GET', path, query, form, body, headers = {} }: Refusal): Promise<Response> {
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const content = body ?? (form === undefined ? undefined : new URLSearchParams(form));
    return fetch(`${app.issuer}${path}${search}`, {
      method,
      redirect: 'manual',
      headers: { accept: 'text/html,application/json', ...headers },
      ...(content !== undefined && { body: content }),
    });
  }

  for (const [index, { name, status, error }] of refusalsWith(NOTHING).entries()) {
    it(`${name}: ${[status, error].filter((part) => part !== undefined).join(' ')}, and nothing is left`, async () => {
      const refusal = all[index];
      if (!refusal) throw new Error('no such refusal');
      const left = await traces.of(async () => {
        const response = await ask(refusal);
        const told = await errorIn(response);
        expect([response.status, error === undefined ? undefined : told]).to.deep.equal([status, error]);
        // Who tried by a header is told of headers (RFC 6749 section 5.2).
        const isByHeader = refusal.headers?.authorization !== undefined;
        if (status === 401 && isByHeader)
          expect(response.headers.get('www-authenticate') ?? '').to.match(/^(Basic|Bearer|DPoP) /);
      });
      expect(left).to.deep.equal([]);
    });
  }

  it('leave what they were about as good as before', async () => {
    expect((await userinfo(app.issuer, material.access)).status).to.equal(200);
    expect((await refresh(app.issuer, material.refresh)).status).to.equal(200);
    expect((await exchangeCode(app.issuer, material.code)).status).to.equal(200);
  });
});
