// npm run test:conformance: the certification plans against deployments as an operator makes them: own process, https by a
// test CA. Makes the CA, and runs the tests with it trusted.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPath } from '../src/lib/paths.js';

const folder = mkdtempSync(join(tmpdir(), 'l2u-ca-'));
const at = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });

function makeCertificates(): void {
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=test CA',
  );
  openssl('req', ...ec, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=localhost');
  writeFileSync(at('ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    at('server.csr'),
    ...by,
    '-out',
    at('server.pem'),
    '-days',
    '2',
    '-extfile',
    at('ext'),
  );
}

makeCertificates();
const mocha = spawn(
  process.execPath,
  [
    projectPath('node_modules', 'mocha', 'bin', 'mocha.js'),
    '--config',
    '.mocharc.conformance.json',
    ...process.argv.slice(2),
  ],
  {
    cwd: projectPath(),
    stdio: 'inherit',
    env: { ...process.env, NODE_EXTRA_CA_CERTS: at('ca.pem'), CONFORMANCE_TLS: folder },
  },
);
mocha.on('close', (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
