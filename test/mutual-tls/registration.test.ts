// What clients may register about certificates, and how operators set and see it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ValidationError } from '../../src/lib/errors.js';
import { startApp, type TestApp } from '../support/app.js';
import { runInProcess } from '../support/cli.js';
import { makeClientKey } from '../support/client-keys.js';
import { jwkOf, makeCertificate } from '../support/mutual-tls/certificates.js';

const MTLS = {
  OAUTH_FEATURES: 'par,dpop,private_key_jwt,mtls',
  TRUST_PROXY: '1',
  OAUTH_MTLS_PROXIES: '127.0.0.1',
  OAUTH_MTLS_CERTIFICATE_HEADER: 'Client-Cert',
};
const VERIFYING = { ...MTLS, OAUTH_MTLS_VERIFICATION_HEADER: 'X-SSL-Client-Verify' };

describe('registering certificates', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ env: VERIFYING });
  });
  after(() => app.close());

  async function problems(members: Record<string, unknown>, at = app): Promise<string[]> {
    const input = { client_name: 'x', redirect_uris: ['https://x.example/cb'], ...members };
    const error = await at.services.clients
      .create(input as never, { actor: 'operator:test' })
      .then(() => undefined)
      .catch((reason: ValidationError) => reason);
    return error?.problems.map(({ field, reason }) => `${field} ${reason}`) ?? [];
  }

  const byCa = { token_endpoint_auth_method: 'tls_client_auth' };
  const own = { token_endpoint_auth_method: 'self_signed_tls_client_auth' };
  const dn = { tls_client_auth_subject_dn: 'CN=a' };
  const certificate = makeCertificate();
  const jwk = jwkOf(certificate);

  const good: [string, Record<string, unknown>][] = [
    ['a subject', { ...byCa, tls_client_auth_subject_dn: 'CN=a\\, b,O=c+OU=d,1.2.3.4=e' }],
    ['a host', { ...byCa, tls_client_auth_san_dns: 'a.example' }],
    ['a URI', { ...byCa, tls_client_auth_san_uri: 'spiffe://a.example/b' }],
    ['an address', { ...byCa, tls_client_auth_san_ip: '2001:db8::1' }],
    ['an e-mail address', { ...byCa, tls_client_auth_san_email: 'a@b.example' }],
    ['a certificate of its own', { ...own, jwks: { keys: [jwk] } }],
    ['an address of its certificates', { ...own, jwks_uri: 'https://a.example/jwks' }],
    ['bound tokens alone', { tls_client_certificate_bound_access_tokens: true }],
    [
      'the profile',
      {
        ...byCa,
        ...dn,
        profile: 'fapi2',
        tls_client_certificate_bound_access_tokens: true,
        dpop_bound_access_tokens: false,
      },
    ],
  ];
  for (const [name, members] of good) {
    it(`may be: ${name}`, async () => expect(await problems(members)).to.deep.equal([]));
  }

  const NO_NAME = /^tls_client_auth_subject_dn must be a name/;
  const bad: [string, () => Record<string, unknown> | Promise<Record<string, unknown>>, RegExp][] = [
    ['nothing', () => byCa, /^tls_client_auth_subject_dn or one of/],
    [
      'two names',
      () => ({ ...byCa, ...dn, tls_client_auth_san_dns: 'a' }),
      /^tls_client_auth_san_dns cannot stand beside tls_client_auth_subject_dn/,
    ],
    ['a name without use', () => dn, /^tls_client_auth_subject_dn is for clients/],
    ['no name', () => ({ ...byCa, tls_client_auth_subject_dn: 'payments' }), NO_NAME],
    ['an empty part', () => ({ ...byCa, tls_client_auth_subject_dn: 'CN=a,,O=b' }), NO_NAME],
    ['a part without value', () => ({ ...byCa, tls_client_auth_subject_dn: 'CN=' }), NO_NAME],
    ['a stray backslash', () => ({ ...byCa, tls_client_auth_subject_dn: 'CN=a\\z' }), NO_NAME],
    ['hexadecimal', () => ({ ...byCa, tls_client_auth_subject_dn: 'CN=#0c0161' }), NO_NAME],
    ['a wildcard', () => ({ ...byCa, tls_client_auth_san_dns: '*.a.example' }), /^tls_client_auth_san_dns/],
    [
      'a whole domain',
      () => ({ ...byCa, tls_client_auth_san_dns: '.a.example' }),
      /^tls_client_auth_san_dns/,
    ],
    ['a range', () => ({ ...byCa, tls_client_auth_san_ip: '10.0.0.0/8' }), /^tls_client_auth_san_ip/],
    ['no URI', () => ({ ...byCa, tls_client_auth_san_uri: 'a b' }), /^tls_client_auth_san_uri/],
    ['no address', () => ({ ...byCa, tls_client_auth_san_email: 'a' }), /^tls_client_auth_san_email/],
    ['a secret', () => ({ ...byCa, ...dn, client_secret: 'x'.repeat(40) }), /^client_secret/],
    ['no certificate', () => own, /^jwks or jwks_uri is needed/],
    [
      'a key without one',
      async () => ({ ...own, jwks: { keys: [(await makeClientKey()).publicJwk] } }),
      /^jwks needs a key with its certificate/,
    ],
    [
      'a certificate of another key',
      async () => ({ ...own, jwks: { keys: [{ ...(await makeClientKey()).publicJwk, x5c: jwk.x5c }] } }),
      /^jwks\.keys\[0\] has a certificate of another key/,
    ],
    ['what is none', () => ({ ...own, jwks: { keys: [{ ...jwk, x5c: ['AAAA'] }] } }), /has no certificate/],
    ['a list of nothing', () => ({ ...own, jwks: { keys: [{ ...jwk, x5c: [] }] } }), /has no certificate/],
    [
      'both bindings',
      () => ({ tls_client_certificate_bound_access_tokens: true, dpop_bound_access_tokens: true }),
      /^dpop_bound_access_tokens cannot stand beside/,
    ],
  ];
  for (const [name, make, expected] of bad) {
    it(`may not be: ${name}`, async () => expect((await problems(await make()))[0]).to.match(expected));
  }

  it('by a CA needs the word of the proxy', async () => {
    const silent = await startApp({ env: MTLS });
    try {
      expect((await problems({ ...byCa, ...dn }, silent))[0]).to.match(/^token_endpoint_auth_method/);
      expect(await problems({ ...own, jwks: { keys: [jwk] } }, silent)).to.deep.equal([]);
    } finally {
      await silent.close();
    }
  });

  it('is done and shown by the command line, and kept by export', async () => {
    const env = { DATA_DIR: app.dataDir, OAUTH_ISSUER: app.issuer, ...VERIFYING };
    const folder = await mkdtemp(join(tmpdir(), 'l2u-mtls-'));
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runInProcess(args, { env });
      expect(code, stderr).to.equal(0);
      return stdout;
    };
    try {
      const file = join(folder, 'client.yaml');
      await writeFile(
        file,
        `client_name: Payments
redirect_uris: []
grant_types: [client_credentials]
tls_client_auth_subject_dn: CN=payments,O=Tea Shop
tls_client_certificate_bound_access_tokens: true
`,
      );
      await run('client', 'create', 'payments', '--file', file, '--auth-method', 'tls_client_auth');
      const shown = await run('client', 'show', 'payments');
      expect(shown).to.match(/tls_client_auth_subject_dn:?\s+CN=payments,O=Tea Shop/);
      expect(shown).to.match(/tls_client_certificate_bound_access_tokens:?\s+true/);
      const exported = await run('export');
      expect(exported).to.include('tls_client_auth_subject_dn: CN=payments,O=Tea Shop');
      const kept = join(folder, 'clients.yaml');
      await writeFile(kept, exported);
      expect((await runInProcess(['diff', kept], { env })).code).to.equal(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
