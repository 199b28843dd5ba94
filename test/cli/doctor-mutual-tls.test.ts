// `doctor` on mutual TLS: it tries whether a certificate can be forged from outside.
import { expect } from 'chai';
import { startApp } from '../support/app.js';
import { type Finding, runInProcess } from '../support/cli.js';

const BASE = {
  OAUTH_FEATURES: 'mtls',
  TRUST_PROXY: '1',
  OAUTH_MTLS_CERTIFICATE_HEADER: 'X-SSL-Client-Cert',
};

describe('npm run cli -- doctor, with mutual TLS', () => {
  /** What it says of a server that is reached without a proxy that takes headers away. */
  async function examine(proxies: string, more: Record<string, string> = {}) {
    const mtls = { ...BASE, OAUTH_MTLS_PROXIES: proxies, ...more };
    const app = await startApp({ env: mtls });
    try {
      const env = { DATA_DIR: app.dataDir, PORT: new URL(app.issuer).port, ...mtls };
      const { code, stdout } = await runInProcess(['doctor', '--json'], { env });
      const { checks } = JSON.parse(stdout) as { checks: Finding[] };
      return { code, found: checks.filter(({ check }) => check === 'mutual-tls'), checks };
    } finally {
      await app.close();
    }
  }

  it('finds that anybody can send a certificate', async () => {
    const { code, found } = await examine('127.0.0.1,::1');
    expect(code).to.equal(1);
    expect(found.map(({ status }) => status)).to.deep.equal(['failed']);
    expect(found[0]?.message).to.include('takes x-ssl-client-cert from anybody');
  });

  it('finds that nobody can, and another origin that does not answer', async () => {
    const { found } = await examine('192.0.2.1', { OAUTH_MTLS_ORIGIN: 'https://127.0.0.1:1' });
    expect(found.map(({ status }) => status)).to.deep.equal(['ok', 'warning']);
  });

  it('says what keeps the server from starting', async () => {
    const { code, stdout } = await runInProcess(['doctor', '--json'], {
      env: { OAUTH_FEATURES: 'mtls' },
    });
    const { checks } = JSON.parse(stdout) as { checks: Finding[] };
    expect(code).to.equal(1);
    const messages = checks.filter(({ status }) => status === 'failed').map(({ message }) => message);
    expect(messages.join('\n')).to.include('OAUTH_MTLS_PROXIES: is required by mtls');
  });
});
