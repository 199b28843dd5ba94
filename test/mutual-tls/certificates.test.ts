// Whom a certificate makes somebody: the registered name and nobody else's, vouched for by a proxy and by nobody else.
import { request } from 'node:http';
import { expect } from 'chai';
import { hashOf } from '../../src/lib/ids.js';
import { obtainTokens, refresh, startApp, type TestApp, userinfo } from '../support/app.js';
import { type Certified, makeCertificate, type Subject } from '../support/mutual-tls/certificates.js';
import {
  CERTIFICATE_HEADER,
  headersFor,
  type MutualTlsProxy,
  openMutualTlsProxy,
  proxyVariables,
  VERIFICATION_HEADER,
} from '../support/mutual-tls/proxy.js';
import { askAs } from '../support/mutual-tls/requests.js';
import { movableClock, register } from '../support/relying-party.js';

const SUBJECT: Subject = [
  ['C', 'GB'],
  ['O', 'Tea, Biscuits + "Sons"'],
  [
    ['OU', 'Kasse'],
    ['UID', '7'],
  ],
  ['organizationIdentifier', 'PSDGB-FCA-1'],
  ['CN', 'Zahlungen é '],
];

const URI = 'https://app.example/id?a,"b"';

describe('certificates of clients', () => {
  const clock = movableClock();
  let proxy: MutualTlsProxy;
  let app: TestApp;
  let mine: Certified;

  const registered: Record<string, [string, string]> = {
    'by-dn': [
      'tls_client_auth_subject_dn',
      'cn=Zahlungen é\\ , 2.5.4.97=PSDGB-FCA-1,UID=7+OU=Kasse,O=Tea\\, Biscuits \\+ \\"Sons\\",C=GB',
    ],
    'by-dns': ['tls_client_auth_san_dns', 'pay.app.example'],
    'by-uri': ['tls_client_auth_san_uri', URI],
    'by-ip': ['tls_client_auth_san_ip', '192.0.2.1'],
    'by-ip6': ['tls_client_auth_san_ip', '2001:db8::1'],
    'by-email': ['tls_client_auth_san_email', 'ops@app.example'],
  };

  before(async () => {
    proxy = await openMutualTlsProxy();
    app = await startApp({ env: proxyVariables(proxy), overrides: { clock } });
    proxy.target = Number(new URL(app.issuer).port);
    const names = {
      dns: ['www.example', 'pay.app.example'],
      uri: ['urn:x', URI],
      ip: ['192.0.2.1', '2001:db8:0:0:0:0:0:1'],
      email: ['ops@app.example'],
    };
    mine = makeCertificate({ subject: SUBJECT, names, issuer: proxy.ca });
    for (const [id, [member, value]] of Object.entries(registered)) {
      await register(app, {
        client_id: id,
        client_secret: undefined,
        token_endpoint_auth_method: 'tls_client_auth',
        [member]: value,
        redirect_uris: [],
        grant_types: ['client_credentials'],
      });
    }
  });
  after(async () => {
    await app.close();
    await proxy.close();
  });
  afterEach(() => {
    clock.set(0);
    proxy.isCareless = false;
  });

  async function expectInvalid(clientId: string, certificate: Certified | undefined): Promise<void> {
    const { status, body } = await askAs(proxy, clientId, certificate);
    expect([status, body.error], clientId).to.deep.equal([401, 'invalid_client']);
  }

  for (const id of Object.keys(registered)) {
    it(`make their client by the registered name: ${id}`, async () => {
      const { status, body } = await askAs(proxy, id, mine);
      expect(status, JSON.stringify(body)).to.equal(200);
    });
  }

  const others: [string, Parameters<typeof makeCertificate>[0]][] = [
    ['a name that is longer', { subject: [...SUBJECT, ['CN', 'more']] }],
    ['a name in another order', { subject: [...SUBJECT].reverse() }],
    ['a name in other letters', { subject: [...SUBJECT.slice(0, -1), ['CN', 'zahlungen é ']] }],
    [
      'a part that looks like two',
      {
        subject: [
          ['C', 'GB'],
          ['O', 'x,CN=Zahlungen é '],
        ],
      },
    ],
    ['no name at all', { subject: [] }],
    [
      'names that are alike',
      {
        names: {
          dns: ['*.app.example', 'pay.app.example.evil.example', 'xpay.app.example', 'app.example'],
          uri: ['https://app.example/id', 'URI:https://app.example/id?a,"b"', `x, URI:${URI}`],
          ip: ['192.0.2.2', '2001:db8:0:0:0:0:0:2'],
          email: ['OPS@app.example', 'ops@app.example.evil.example'],
        },
      },
    ],
    ['the names in the common name', { subject: [['CN', 'pay.app.example']] }],
    ['names of other kinds', { names: { dns: ['192.0.2.1'], uri: ['ops@app.example'], email: [] } }],
  ];
  for (const [what, init] of others) {
    it(`make nobody else: ${what}`, async () => {
      const certificate = makeCertificate({ issuer: proxy.ca, ...init });
      for (const id of Object.keys(registered)) await expectInvalid(id, certificate);
    });
  }

  it('are of a CA that the proxy knows, with the same name or not', async () => {
    const impostor = makeCertificate({ subject: [['CN', 'test CA']], isCa: true });
    await expectInvalid('by-dn', makeCertificate({ subject: SUBJECT, issuer: impostor }));
    await expectInvalid('by-dn', makeCertificate({ subject: SUBJECT }));
    await expectInvalid('by-dn', undefined);
  });

  it('are good in their time only, by our clock whatever the proxy says', async () => {
    clock.set(3 * 86_400);
    await expectInvalid('by-dn', mine);
    clock.set(-2 * 86_400);
    await expectInvalid('by-dn', mine);
    clock.set(0);
    await expectInvalid('by-dn', makeCertificate({ subject: SUBJECT, issuer: proxy.ca, from: -3, to: -1 }));
    expect((await askAs(proxy, 'by-dn', mine)).status).to.equal(200);
  });

  /** A request to the service itself, with header lines as they are. */
  function direct(
    at: TestApp,
    headers: string[],
    clientId = 'by-dn',
  ): Promise<{ status: number; body: string }> {
    const form = `grant_type=client_credentials&client_id=${clientId}`;
    const lines = [
      'Host',
      new URL(at.issuer).host,
      'Content-Type',
      'application/x-www-form-urlencoded',
      ...headers,
    ];
    return new Promise((resolve, reject) => {
      const sent = request(
        `${at.issuer}/api/oauth/token`,
        { method: 'POST', headers: [...lines, 'Content-Length', String(form.length)] as never },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        },
      );
      sent.on('error', reject);
      sent.end(form);
    });
  }

  it('are believed of no address but a proxy’s, and never logged', async () => {
    const env = { ...proxyVariables(proxy), OAUTH_MTLS_PROXIES: '192.0.2.0/28,2001:db8::/64' };
    const far = await startApp({ env });
    try {
      await register(far, {
        client_id: 'by-dn',
        client_secret: undefined,
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_subject_dn: 'CN=x',
        redirect_uris: [],
        grant_types: ['client_credentials'],
      });
      const raw = makeCertificate({ subject: [['CN', 'x']], issuer: proxy.ca }).x509.raw;
      for (const form of ['rfc9440', 'nginx'] as const) {
        const { status, body } = await direct(far, Object.entries(headersFor(raw, { form })).flat());
        expect([status, JSON.parse(body).error]).to.deep.equal([401, 'invalid_client']);
      }
      const claimed = await direct(far, [
        ...Object.entries(headersFor(raw)).flat(),
        ...['X-Forwarded-For', '192.0.2.1', 'Forwarded', 'for=192.0.2.1'],
      ]);
      expect(claimed.status).to.equal(401);
      const lines = far.logs.filter((line) => line.includes('OAUTH_MTLS_PROXIES'));
      expect(lines).to.have.lengthOf(3);
      expect(far.logs.join('')).to.not.include(raw.toString('base64').slice(0, 40));
    } finally {
      await far.close();
    }
  });

  it('of which a careless proxy passes on two are refused, and what is none with them', async () => {
    const { x509 } = mine;
    const good = headersFor(x509.raw)[CERTIFICATE_HEADER] ?? '';
    const verified = [VERIFICATION_HEADER, 'SUCCESS'];
    const [a, b] = [good, headersFor(makeCertificate().x509.raw)[CERTIFICATE_HEADER] ?? ''];
    const escaped = headersFor(x509.raw, { form: 'nginx' })[CERTIFICATE_HEADER] ?? '';
    const bad: string[][] = [
      [CERTIFICATE_HEADER, a, CERTIFICATE_HEADER, b],
      [CERTIFICATE_HEADER, `${a}, ${b}`],
      [CERTIFICATE_HEADER, `${escaped}${escaped}`],
      [CERTIFICATE_HEADER, escaped, CERTIFICATE_HEADER, escaped],
      [CERTIFICATE_HEADER, ':AAAA:'],
      [CERTIFICATE_HEADER, a.slice(0, -10)],
      [CERTIFICATE_HEADER, a.slice(1, -1)],
      [CERTIFICATE_HEADER, '%E0%A4%A'],
      [CERTIFICATE_HEADER, x509.raw.toString('base64url')],
      [CERTIFICATE_HEADER, '(null)'],
      [CERTIFICATE_HEADER, 'x'.repeat(8_000)],
    ];
    for (const lines of bad) {
      const { status, body } = await direct(app, [...lines, ...verified]);
      expect([status, JSON.parse(body).error], lines[1]?.slice(0, 30)).to.deep.equal([
        400,
        'invalid_request',
      ]);
      expect(body).to.include('error_uri');
    }
    for (const word of ['success', 'NONE', 'FAILED:SUCCESS', 'SUCCESS,SUCCESS', '']) {
      const { status } = await direct(app, [CERTIFICATE_HEADER, good, VERIFICATION_HEADER, word]);
      expect(status, word).to.equal(401);
    }
    expect((await direct(app, [CERTIFICATE_HEADER, good, ...verified, ...verified])).status).to.equal(401);
    expect((await direct(app, [CERTIFICATE_HEADER, good])).status).to.equal(401);
    expect((await direct(app, verified)).status).to.equal(401);
    expect((await direct(app, [CERTIFICATE_HEADER, good, ...verified])).status).to.equal(200);
    // And through such a proxy.
    proxy.isCareless = true;
    const forged = { [CERTIFICATE_HEADER]: good };
    const response = await proxy.fetchWith(makeCertificate())(`${proxy.origin}/api/oauth/token`, {
      method: 'POST',
      headers: forged,
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'by-dn' }),
    });
    expect(response.status).to.equal(400);
    expect(app.logs.join('')).to.not.include(x509.raw.toString('base64').slice(0, 40));
  });

  it('said by the app itself are taken away by a careful proxy', async () => {
    for (const certificate of [undefined, makeCertificate()]) {
      const response = await proxy.fetchWith(certificate)(`${proxy.origin}/api/oauth/token`, {
        method: 'POST',
        headers: headersFor(mine.x509.raw),
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'by-dn' }),
      });
      expect(response.status).to.equal(401);
    }
  });

  it('are nothing to a provider that has them off, and tokens bound to one are good no more', async () => {
    const off = await startApp();
    try {
      const member = { tls_client_certificate_bound_access_tokens: true };
      const error = await register(off, { client_id: 'x', ...member }).catch((reason) => reason);
      expect(error.problems).to.deep.equal([
        {
          field: 'tls_client_certificate_bound_access_tokens',
          reason: 'needs mtls, which is off: OAUTH_FEATURES does not have it',
        },
      ]);
      const metadata = await (await fetch(`${off.issuer}/.well-known/openid-configuration`)).json();
      expect(metadata).not.to.have.any.keys(
        'tls_client_certificate_bound_access_tokens',
        'mtls_endpoint_aliases',
      );
      expect(metadata.token_endpoint_auth_methods_supported.join()).not.to.include('tls');

      const tokens = await obtainTokens(off.issuer);
      const { artifacts, refreshTokens } = off.services.stores;
      const [access, refreshing] = [tokens.access_token ?? '', tokens.refresh_token ?? ''];
      const stored = await artifacts.find('AccessToken', hashOf(access));
      const kept = await refreshTokens.find(hashOf(refreshing));
      if (!stored || !kept) throw new Error('they are there');
      const bound = { 'x5t#S256': 'a-thumbprint' };
      await artifacts.upsert('AccessToken', hashOf(access), {
        ...stored,
        payload: { ...stored.payload, ...bound },
      });
      await refreshTokens.upsert(hashOf(refreshing), { ...kept, details: { ...kept.details, ...bound } });
      expect((await userinfo(off.issuer, access)).status).to.equal(401);
      const refused = await refresh(off.issuer, refreshing);
      expect([refused.status, refused.body.error]).to.deep.equal([400, 'invalid_grant']);
    } finally {
      await off.close();
    }
  });
});
