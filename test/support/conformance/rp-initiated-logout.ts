// The modules of the RP-initiated logout plan (§1.6). Every one but the first logs in, then visits end_session_endpoint
// with hint, address and state, changed in one way. Where the suite wants a screenshot, the text is checked.
import { expect } from 'chai';
import { generateKeyPair, SignJWT } from 'jose';
import { Agent } from '../agent.js';
import { destination, goOn, questionOn, walk } from '../walk.js';
import { authorizeWithError, type Bench, flow, type Modules, POST_LOGOUT, random } from './bench.js';

type Params = Record<string, string | undefined>;

interface Scene {
  agent: Agent;
  idToken: string;
  url: string;
  state: string;
}

/** Logs in and composes the logout request; undefined leaves a parameter out. */
async function scene(
  bench: Bench,
  change: (idToken: string) => Params | Promise<Params> = () => ({}),
): Promise<Scene> {
  const agent = new Agent();
  const { tokens } = await flow(bench, { agent });
  const idToken = String(tokens.id_token);
  const state = random(96);
  const params: Params = {
    id_token_hint: idToken,
    post_logout_redirect_uri: POST_LOGOUT,
    state,
    ...(await change(idToken)),
  };
  const given = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const url = `${bench.metadata.end_session_endpoint}?${new URLSearchParams(given)}`;
  return { agent, idToken, url, state };
}

async function expectLoggedOut(bench: Bench, agent: Agent): Promise<void> {
  const errors = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'];
  await authorizeWithError(bench, errors, { agent, params: { prompt: 'none' } });
}

/** An error page with the reason, and no way back to the relying party. */
async function expectErrorPage(bench: Bench, { agent, url }: Scene, description: string): Promise<void> {
  const page = await goOn(agent, bench.app.issuer, url);
  expect(page.location).to.equal(undefined);
  expect(page.status).to.equal(400);
  expect(page.text).to.include('id="error-code"').and.include(description);
  expect(page.text).not.to.include(`href="${POST_LOGOUT}`);
}

/** The confirmation where nothing proves the request, then our own page: nobody is sent to an address we cannot tie to a client. */
async function expectSignedOutPage(bench: Bench, { agent, url }: Scene): Promise<void> {
  const page = await goOn(agent, bench.app.issuer, url);
  expect(questionOn(page)).to.equal(url.includes('id_token_hint=') ? undefined : 'logout');
  const end = await walk(agent, bench.app.issuer, page);
  expect(end.page.location).to.equal(undefined);
  expect(end.page.status).to.equal(200);
  expect(end.page.text).to.include('id="signed-out"').and.not.include(POST_LOGOUT);
  await expectLoggedOut(bench, agent);
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const payloadOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

const PLAN = 'oidcc-rp-initiated-logout';

export const rpLogoutModules: Modules = {
  async [`${PLAN}-discovery-endpoint-verification`]({ app, metadata }) {
    // That every endpoint is https under an https issuer is the config plan's to check.
    expect(metadata.end_session_endpoint).to.equal(`${app.issuer}/api/oauth/logout`);
    for (const [name, value] of Object.entries(metadata)) {
      if (name.endsWith('_endpoint')) expect(value, name).to.match(new RegExp(`^${app.issuer}/`));
    }
  },

  async [PLAN](bench) {
    const { agent, url, state } = await scene(bench);
    const back = destination(await walk(agent, bench.app.issuer, url));
    expect(`${back.origin}${back.pathname}`).to.equal(POST_LOGOUT);
    expect(Object.fromEntries(back.searchParams)).to.deep.equal({ state });
    await expectLoggedOut(bench, agent);
  },

  async [`${PLAN}-no-state`](bench) {
    const { agent, url } = await scene(bench, () => ({ state: undefined }));
    expect(destination(await walk(agent, bench.app.issuer, url)).href).to.equal(POST_LOGOUT);
    await expectLoggedOut(bench, agent);
  },

  async [`${PLAN}-bad-post-logout-redirect-uri`](bench) {
    const changed = await scene(bench, () => ({ post_logout_redirect_uri: `${POST_LOGOUT}${random()}` }));
    await expectErrorPage(bench, changed, 'post_logout_redirect_uri not registered');
  },

  async [`${PLAN}-query-added-to-post-logout-redirect-uri`](bench) {
    const changed = await scene(bench, () => ({ post_logout_redirect_uri: `${POST_LOGOUT}?foo=bar` }));
    await expectErrorPage(bench, changed, 'post_logout_redirect_uri not registered');
  },

  async [`${PLAN}-modified-id-token-hint`](bench) {
    const changed = await scene(bench, (idToken) => ({
      id_token_hint: `${base64url({ alg: 'none' })}.${base64url(payloadOf(idToken))}.`,
    }));
    await expectErrorPage(bench, changed, 'could not validate id_token_hint');
  },

  async [`${PLAN}-bad-id-token-hint`](bench) {
    const changed = await scene(bench, async (idToken) => {
      const { privateKey } = await generateKeyPair('RS256');
      const { iss, aud, ...rest } = payloadOf(idToken);
      const hint = new SignJWT({ ...rest, iss: String(aud), aud: String(iss) });
      return { id_token_hint: await hint.setProtectedHeader({ alg: 'RS256' }).sign(privateKey) };
    });
    await expectErrorPage(bench, changed, 'unrecognized id_token_hint audience');
  },

  async [`${PLAN}-no-id-token-hint`](bench) {
    await expectSignedOutPage(bench, await scene(bench, () => ({ id_token_hint: undefined })));
  },

  async [`${PLAN}-no-params`](bench) {
    const none = { id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined };
    await expectSignedOutPage(bench, await scene(bench, () => none));
  },

  async [`${PLAN}-no-post-logout-redirect-uri`](bench) {
    await expectSignedOutPage(bench, await scene(bench, () => ({ post_logout_redirect_uri: undefined })));
  },

  async [`${PLAN}-only-state`](bench) {
    const onlyState = { id_token_hint: undefined, post_logout_redirect_uri: undefined };
    await expectSignedOutPage(bench, await scene(bench, () => onlyState));
  },
};

export const RP_LOGOUT_COUNT = 11;
