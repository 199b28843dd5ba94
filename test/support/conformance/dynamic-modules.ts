// The modules of the dynamic plan that the basic plan has not, with private_key_jwt.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { decodeProtectedHeader } from 'jose';
import { Agent } from '../agent.js';
import { REDIRECT_URI } from '../app.js';
import {
  assertionClaims,
  byAssertion,
  type ClientKey,
  jwksOf,
  makeClientKey,
  signed,
} from '../client-keys.js';
import { destination } from '../walk.js';
import { requestModules } from './basic-requests.js';
import { tokenModules } from './basic-tokens.js';
import { authorize, CLIENT, flow, type Json, requestTokens, visit } from './bench.js';
import {
  KEY_CLIENT,
  type RegisteredModule,
  type RegisteredModules,
  type RegisteringBench,
  skipModule,
} from './registered.js';
import { expectNoRequestUri, registeredModules } from './registered-modules.js';

/** A module of another plan. */
function same(modules: Readonly<Record<string, unknown>>, name: string): RegisteredModules {
  return { [name]: modules[name] as RegisteredModule };
}

/** The suite's client, registered anew with these changes. */
async function enrolAgain(bench: RegisteringBench, changes: Json, key?: ClientKey): Promise<Json> {
  const by = key ?? (await makeClientKey('RS256'));
  const body = await bench.enrol(KEY_CLIENT, changes, 'jwks_uri' in changes ? undefined : by);
  const known = bench.enrolled.get(KEY_CLIENT);
  if (known) bench.enrolled.set(CLIENT, { ...known, key: by });
  return body;
}

/** The redirect URI is not one of those registered: an error page, and nobody is sent anywhere. */
async function expectRefusedUri(bench: RegisteringBench, redirect_uri: string | undefined): Promise<void> {
  const { page, shown } = await visit(bench, { params: { redirect_uri } });
  expect([page.location, shown]).to.deep.equal([undefined, []]);
  expect(page.status).to.equal(400);
  expect(page.text).to.include('Authorization error');
}

/** The login or the consent page shows what was registered. */
const shows = (changes: Json, expected: string) => async (bench: RegisteringBench) => {
  const body = await enrolAgain(bench, changes);
  expect(body).to.deep.include(changes);
  const agent = new Agent();
  const texts: string[] = [];
  const request = agent.request.bind(agent);
  agent.request = async (...all) => {
    const page = await request(...all);
    texts.push(page.text);
    return page;
  };
  await authorize(bench, { agent });
  expect(texts.join('\n'), 'shown to the user').to.include(expected);
};

/** A relying party's key set at an address. */
async function openJwks(): Promise<{ uri: string; show(...keys: ClientKey[]): void; close(): void }> {
  let keys: ClientKey[] = [];
  const server = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(jwksOf(...keys)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    show(...now) {
      keys = now;
    },
    close: () => server.close(),
  };
}

export const DYNAMIC_COUNT = 23;

export const dynamicModules: RegisteredModules = {
  async 'oidcc-idtoken-rs256'(bench) {
    await enrolAgain(bench, { id_token_signed_response_alg: 'RS256' });
    const { tokens } = await flow(bench);
    expect(decodeProtectedHeader(String(tokens.id_token)).alg).to.equal('RS256');
  },

  ...same(registeredModules, 'oidcc-idtoken-unsigned'),

  async 'oidcc-userinfo-rs256'(bench) {
    expect(bench.metadata).not.to.have.property('userinfo_signing_alg_values_supported');
    skipModule(this, 'signed UserInfo is not offered');
  },

  async 'oidcc-ensure-redirect-uri-in-authorization-request'(bench) {
    await enrolAgain(bench, { redirect_uris: [REDIRECT_URI, `${REDIRECT_URI}2`] });
    await expectRefusedUri(bench, undefined);
  },

  async 'oidcc-redirect-uri-query-OK'(bench) {
    const uri = `${REDIRECT_URI}?foo=bar`;
    await enrolAgain(bench, { redirect_uris: [uri] });
    const url = destination(await visit(bench, { params: { redirect_uri: uri } }));
    expect(`${url.origin}${url.pathname}`).to.equal(REDIRECT_URI);
    expect(url.searchParams.get('foo')).to.equal('bar');
    expect(url.searchParams.get('code')).to.be.a('string');
  },

  async 'oidcc-redirect-uri-query-mismatch'(bench) {
    await enrolAgain(bench, { redirect_uris: [`${REDIRECT_URI}?foo=bar`] });
    await expectRefusedUri(bench, `${REDIRECT_URI}?foo=other`);
  },

  'oidcc-redirect-uri-query-added': (bench) => expectRefusedUri(bench, `${REDIRECT_URI}?foo=bar`),

  async 'oidcc-redirect-uri-regfrag'(bench) {
    const { status, body } = await bench.send({ redirect_uris: [`${REDIRECT_URI}#foobar`] });
    expect([status, body.error]).to.deep.equal([400, 'invalid_redirect_uri']);
  },

  async 'oidcc-discovery-endpoint-verification'(bench) {
    const { app, metadata } = bench;
    expect(metadata.issuer).to.equal(app.issuer);
    expect(metadata.registration_endpoint).to.equal(`${app.issuer}/api/oauth/register`);
    expect(metadata.token_endpoint_auth_methods_supported).to.include('private_key_jwt');
    expect(metadata.token_endpoint_auth_signing_alg_values_supported).to.include('RS256');
  },

  ...same(tokenModules, 'oidcc-server'),

  'oidcc-registration-logo-uri': shows(
    { logo_uri: 'https://rp.example/logo.png' },
    'https://rp.example/logo.png',
  ),
  'oidcc-registration-policy-uri': shows(
    { policy_uri: 'https://rp.example/policy' },
    'https://rp.example/policy',
  ),
  'oidcc-registration-tos-uri': shows({ tos_uri: 'https://rp.example/tos' }, 'https://rp.example/tos'),

  async 'oidcc-registration-jwks-uri'(bench) {
    const key = await makeClientKey('RS256');
    const jwks = await openJwks();
    try {
      jwks.show(key);
      await enrolAgain(bench, { jwks_uri: jwks.uri }, key);
      await flow(bench);
    } finally {
      jwks.close();
    }
  },

  async 'oidcc-registration-sector-uri'(bench) {
    expect(bench.metadata.subject_types_supported).to.deep.equal(['public']);
    skipModule(this, 'pairwise subjects are not on');
  },

  async 'oidcc-registration-sector-bad'(bench) {
    expect(bench.metadata.subject_types_supported).to.deep.equal(['public']);
    skipModule(this, 'pairwise subjects are not on');
  },

  async 'oidcc-server-rotate-keys'() {
    skipModule(this, 'the suite waits for a hand that rotates the keys; test/keys rotates them');
  },

  // The suite replaces its key and waits for the 60 s that a key set is remembered; here the next key is announced
  // beforehand.
  async 'oidcc-refresh-token-rp-key-rotation'(bench) {
    const [before, after] = [await makeClientKey('RS256'), await makeClientKey('RS256')];
    const jwks = await openJwks();
    try {
      jwks.show(before, after);
      await enrolAgain(bench, { jwks_uri: jwks.uri }, before);
      const params = { scope: 'openid offline_access', prompt: 'consent' };
      const { tokens } = await flow(bench, { params });
      jwks.show(after);
      const known = bench.enrolled.get(CLIENT);
      if (known) bench.enrolled.set(CLIENT, { ...known, key: after });
      const fields = { grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) };
      const { status, body } = await requestTokens(bench, CLIENT, fields);
      expect(status, JSON.stringify(body)).to.equal(200);
    } finally {
      jwks.close();
    }
  },

  async 'oidcc-request-uri-unsigned'(bench) {
    await expectNoRequestUri(bench);
    skipModule(
      this,
      'requests by reference to addresses of clients are not offered; the suite fails this one',
    );
  },

  async 'oidcc-request-uri-signed-rs256'(bench) {
    await expectNoRequestUri(bench);
    skipModule(
      this,
      'requests by reference to addresses of clients are not offered; the suite fails this one',
    );
  },

  ...same(requestModules, 'oidcc-ensure-request-object-with-redirect-uri'),
  ...same(tokenModules, 'oidcc-refresh-token'),

  async 'oidcc-ensure-client-assertion-with-iss-aud-succeeds'(bench) {
    const { answer } = await authorize(bench);
    const { id, key } = bench.enrolled.get(CLIENT) ?? {};
    if (id === undefined || !key) throw new Error('no client');
    const assertion = await signed(key, assertionClaims(id, bench.app.issuer, { aud: bench.app.issuer }));
    const response = await fetch(String(bench.metadata.token_endpoint), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: answer.code ?? '',
        redirect_uri: REDIRECT_URI,
        ...byAssertion(assertion),
      }),
    });
    expect(response.status).to.equal(200);
  },
};
