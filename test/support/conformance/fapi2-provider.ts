// The provider of the FAPI 2.0 plans with the suite's two clients: in this process, or a deployment of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { hashOf } from '../../../src/lib/ids.js';
import { ALL_SCOPES, REDIRECT_URI, startApp, type TestApp } from '../app.js';
import { type ClientKey, jwksOf, makeClientKey, now } from '../client-keys.js';
import { makeCertificate } from '../mutual-tls/certificates.js';
import { CERTIFICATE_HEADER, VERIFICATION_HEADER } from '../mutual-tls/proxy.js';
import { type ClientInit, register } from '../relying-party.js';
import { deployWithTls, isDeployed } from './deployment.js';
import {
  authorize,
  type FapiBench,
  type FapiClient,
  type FapiVariant,
  type Json,
  pushed,
} from './fapi2-bench.js';

const PREFIX = 'urn:ietf:params:oauth:request_uri:';

/** Nothing of what expires here lives longer: a code of the profile, a pushed request. */
const LIFETIME_MS = 60_000;

function clientOf(client: FapiClient, { isSigned = false, isCertified = false }: FapiVariant): ClientInit {
  const { id, key } = client;
  // The key may sign by whatever its kind can: what is refused is refused for the profile.
  const { alg: _alg, ...jwk } = jwksOf(key).keys[0] ?? { kty: '' };
  return {
    client_id: id,
    client_name: id,
    client_secret: undefined,
    profile: 'fapi2',
    ...(isCertified
      ? {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_subject_dn: `CN=${id}`,
          tls_client_certificate_bound_access_tokens: true,
        }
      : { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }),
    redirect_uris: [REDIRECT_URI],
    scope: ALL_SCOPES,
    ...(isSigned && { require_signed_request_object: true }),
  };
}

/** Where the store is at hand, what is to have expired is made older there. */
async function inProcess(env: Record<string, string>) {
  const app = await startApp({ env });

  async function age(kind: string, value: string): Promise<void> {
    const { artifacts } = app.services.stores;
    const stored = await artifacts.find(kind, hashOf(value));
    if (!stored) throw new Error('it is there');
    const { exp, iat } = stored.payload as { exp: number; iat: number };
    expect(exp - iat, 'seconds it lives').to.be.at.most(LIFETIME_MS / 1_000);
    await artifacts.upsert(kind, hashOf(value), {
      ...stored,
      payload: { ...stored.payload, exp: now() - 1 },
    });
  }

  return {
    app: app as Pick<TestApp, 'issuer' | 'close'>,
    apply: async (clients: ClientInit[]) => {
      for (const client of clients) await register(app, client);
    },
    expiring: async (bench: FapiBench) => ({
      async expiredCode() {
        const { code } = await authorize(bench);
        await age('AuthorizationCode', code);
        return code;
      },
      async expiredRequestUri() {
        const { requestUri } = await pushed(bench);
        await age('PushedAuthorizationRequest', requestUri.slice(PREFIX.length));
        return requestUri;
      },
    }),
  };
}

/** Elsewhere it is made at the beginning, and the modules that need it come last and wait for what is left of its time. */
async function deployed(env: Record<string, string>) {
  const app = await deployWithTls(env);
  return {
    app,
    apply: (clients: ClientInit[]) => app.apply(clients.map(({ client_secret: _none, ...client }) => client)),
    async expiring(bench: FapiBench) {
      const { code } = await authorize(bench);
      const { requestUri } = await pushed(bench);
      const end = Date.now() + LIFETIME_MS + 1_000;
      const over = () => delay(Math.max(0, end - Date.now()));
      return {
        expiredCode: () => over().then(() => code),
        expiredRequestUri: () => over().then(() => requestUri),
      };
    },
  };
}

/** The variables of a provider with what this variant needs switched on, and nothing more. */
function variablesFor({ isSigned, isAnswerSigned, isCertified }: FapiVariant): Record<string, string> {
  const proofs = isCertified ? ['mtls'] : ['dpop', 'private_key_jwt'];
  const signing = [...(isSigned ? ['jar'] : []), ...(isAnswerSigned ? ['jarm'] : [])];
  return {
    OAUTH_FEATURES: ['par', ...proofs, ...signing].join(),
    // In this process, the suite speaks for the proxy.
    ...(isCertified && {
      TRUST_PROXY: '1',
      OAUTH_MTLS_PROXIES: '127.0.0.1,::1',
      OAUTH_MTLS_CERTIFICATE_HEADER: CERTIFICATE_HEADER,
      OAUTH_MTLS_VERIFICATION_HEADER: VERIFICATION_HEADER,
    }),
  };
}

export async function openFapiBench(variant: FapiVariant = {}): Promise<FapiBench> {
  const { app, apply, expiring } = await (isDeployed ? deployed : inProcess)(variablesFor(variant));
  const [one, two, dpop] = await Promise.all([
    makeClientKey('PS256'),
    makeClientKey('ES256'),
    makeClientKey(),
  ]);
  const known = (id: string, key: ClientKey) => ({
    id,
    key,
    certificate: makeCertificate({ subject: [['CN', id]] }),
  });
  const first = known('fapi-client', one);
  const second = known('fapi-client2', two);
  await apply([first, second].map((client) => clientOf(client, variant)));
  const response = await fetch(`${app.issuer}/.well-known/openid-configuration`);
  const metadata = (await response.json()) as Json;
  const absent = () => Promise.reject(new Error('not there yet'));
  const base = { app, metadata, first, second, dpop, variant };
  const bench: FapiBench = { ...base, expiredCode: absent, expiredRequestUri: absent };
  return Object.assign(bench, await expiring(bench));
}
