import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.js';
import { createAddressMatcher } from '../../src/lib/ip.js';
import { problemsOf } from '../support/config-problems.js';

const ON = {
  OAUTH_FEATURES: 'mtls',
  TRUST_PROXY: '1',
  OAUTH_MTLS_PROXIES: '10.0.0.7, 10.1.0.0/28,::1',
  OAUTH_MTLS_CERTIFICATE_HEADER: 'X-SSL-Client-Cert',
};

describe('configuration of mutual TLS', () => {
  it('is off by default, and says what has no effect then', () => {
    expect(loadConfig({}).mtls).to.equal(undefined);
    const { OAUTH_FEATURES: _off, ...rest } = ON;
    const { mtls, warnings } = loadConfig(rest);
    expect(mtls).to.equal(undefined);
    expect(warnings).to.deep.equal([
      'OAUTH_MTLS_PROXIES has no effect: OAUTH_FEATURES does not have mtls',
      'OAUTH_MTLS_CERTIFICATE_HEADER has no effect: OAUTH_FEATURES does not have mtls',
    ]);
  });

  it('takes who is believed, and under which headers', () => {
    const env = {
      ...ON,
      OAUTH_MTLS_VERIFICATION_HEADER: 'X-SSL-Client-Verify',
      OAUTH_MTLS_ORIGIN: 'https://mtls.example',
    };
    expect(loadConfig(env)).to.deep.include({
      mtls: {
        proxies: ['10.0.0.7', '10.1.0.0/28', '::1'],
        certificateHeader: 'x-ssl-client-cert',
        verificationHeader: 'x-ssl-client-verify',
        origin: 'https://mtls.example',
      },
      warnings: [],
    });
  });

  it('does not start without a proxy that is named', () => {
    const { OAUTH_MTLS_PROXIES: _p, ...nobody } = ON;
    expect(problemsOf(nobody)).to.deep.equal(['OAUTH_MTLS_PROXIES']);
    expect(problemsOf({ ...ON, TRUST_PROXY: '0' })).to.deep.equal(['TRUST_PROXY']);
    const { OAUTH_MTLS_CERTIFICATE_HEADER: _h, ...nameless } = ON;
    expect(problemsOf(nameless)).to.deep.equal(['OAUTH_MTLS_CERTIFICATE_HEADER']);
    expect(problemsOf({ OAUTH_FEATURES: 'mtls' })).to.deep.equal([
      'TRUST_PROXY',
      'OAUTH_MTLS_PROXIES',
      'OAUTH_MTLS_CERTIFICATE_HEADER',
    ]);
    for (const proxies of ['0.0.0.0/0', '::/0', '10.0.0.1,0.0.0.0/1']) {
      expect(problemsOf({ ...ON, OAUTH_MTLS_PROXIES: proxies }), proxies).to.deep.equal([
        'OAUTH_MTLS_PROXIES',
      ]);
    }
  });

  it('warns of a proxy that is a whole network', () => {
    const { warnings } = loadConfig({ ...ON, OAUTH_MTLS_PROXIES: '10.0.0.0/8' });
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('10.0.0.0/8');
  });

  const bad: [string, string][] = [
    ['OAUTH_MTLS_PROXIES', 'proxy.example'],
    ['OAUTH_MTLS_PROXIES', '10.0.0.0/33'],
    ['OAUTH_MTLS_PROXIES', '10.0.0.1,'],
    ['OAUTH_MTLS_PROXIES', '10.0.0'],
    ['OAUTH_MTLS_CERTIFICATE_HEADER', 'Authorization'],
    ['OAUTH_MTLS_CERTIFICATE_HEADER', 'X-Forwarded-For'],
    ['OAUTH_MTLS_CERTIFICATE_HEADER', 'Client Cert'],
    ['OAUTH_MTLS_VERIFICATION_HEADER', 'x-ssl-client-cert'],
    ['OAUTH_MTLS_ORIGIN', 'http://mtls.example'],
    ['OAUTH_MTLS_ORIGIN', 'https://mtls.example/'],
  ];
  for (const [name, value] of bad) {
    it(`refuses ${name}=${value}`, () => expect(problemsOf({ ...ON, [name]: value })).to.deep.equal([name]));
  }

  it('knows addresses however they are written', () => {
    const isProxy = createAddressMatcher(['10.0.0.7', '10.1.0.0/28', '2001:db8::/64']);
    for (const yes of ['10.0.0.7', '::ffff:10.0.0.7', '10.1.0.15', '2001:db8::5', '2001:0DB8:0:0:1::']) {
      expect(isProxy(yes), yes).to.equal(true);
    }
    for (const no of ['10.0.0.8', '10.1.0.16', '2001:db8:0:1::', 'fe80::1%eth0', '', undefined, 'x']) {
      expect(isProxy(no), no).to.equal(false);
    }
  });
});
