// A deployment as an operator makes one: the service as a process of its own, https in front of it by a proxy with a
// certificate of a test CA, people from a seed file, clients by the command line.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, PASSWORD, SECRET, USER } from '../app.js';
import { startService } from '../child.js';
import { runCli } from '../cli.js';

const run = promisify(execFile);
const SEED = fileURLToPath(new URL('../../../scripts/seed.js', import.meta.url));

/** Where the CA is, whose certificates this process and the service trust (scripts/conformance.ts). */
const TLS_DIR = process.env.CONFORMANCE_TLS;

export const isDeployed = TLS_DIR !== undefined;

export interface Deployment {
  issuer: string;
  /** What the service logged. */
  logs: readonly string[];
  /** Makes clients as an operator does; `client_secret` is SECRET for those that authenticate by one. */
  apply(clients: Record<string, unknown>[]): Promise<void>;
  /** Runs a command as an operator does; what it says with --json. */
  command(...args: string[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

const hasSecret = ({ token_endpoint_auth_method: method = 'client_secret_basic' }: Record<string, unknown>) =>
  String(method).startsWith('client_secret_');

/** The time passes by itself: setting it forward waits. */
export function waitingClock() {
  let offset = 0;
  return {
    now: () => new Date(),
    async set(seconds: number) {
      const wait = (seconds - offset) * 1_000;
      offset = seconds;
      if (wait > 0) await delay(wait);
    },
  };
}

/** Takes https off, as a balancer does, and says where a request came from. */
async function openProxy(target: () => number) {
  const [key, cert] = await Promise.all(
    ['server.key', 'server.pem'].map((name) => readFile(join(TLS_DIR ?? '', name))),
  );
  const server = createServer({ key, cert }, (req, res) => {
    const from = { 'x-forwarded-for': req.socket.remoteAddress ?? '', 'x-forwarded-proto': 'https' };
    const onward = request(
      {
        port: target(),
        host: '127.0.0.1',
        method: req.method,
        path: req.url,
        headers: { ...req.headers, ...from },
      },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  // Longer than any test waits: whoever waits meanwhile does not see that a connection was closed.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** @param extra further variables of the service */
export async function deployWithTls(extra: Record<string, string> = {}): Promise<Deployment> {
  const dataDir = await mkdtemp(join(tmpdir(), 'l2u-conformance-'));
  const port = await freePort();
  const { server, port: tlsPort } = await openProxy(() => port);
  const issuer = `https://localhost:${tlsPort}`;
  const env = {
    DATA_DIR: dataDir,
    OAUTH_ISSUER: issuer,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    TRUST_PROXY: '1',
    AVATAR_BASE_URL: 'https://cdn.example/',
    NODE_EXTRA_CA_CERTS: join(TLS_DIR ?? '', 'ca.pem'),
    ...extra,
  };
  const user = {
    id: USER.id,
    name: USER.name,
    email: USER.email,
    phone: USER.phone,
    is_verified: true,
    avatar: USER.avatar,
    language_preference: USER.languagePreference,
    password: '$PASSWORD',
  };
  const seedFile = join(dataDir, 'seed.json');
  await writeFile(seedFile, JSON.stringify({ users: [user] }));
  await run(process.execPath, [SEED, seedFile], { env: { PATH: process.env.PATH, ...env, PASSWORD } });
  const service = await startService(dataDir, port, { ...env, HOST: '127.0.0.1' });

  return {
    issuer,
    get logs() {
      return service.output().split('\n');
    },
    async apply(clients) {
      const file = join(dataDir, 'clients.json');
      const withSecrets = clients.map((client) => ({
        ...client,
        ...(hasSecret(client) ? { client_secret: '$SECRET' } : {}),
      }));
      await writeFile(file, JSON.stringify({ clients: withSecrets }));
      const { code, stdout, stderr } = await runCli(['apply', file, '--yes'], { env: { ...env, SECRET } });
      if (code !== 0) throw new Error(`apply: ${code} ${stdout}${stderr}`);
    },
    async command(...args) {
      const { code, stdout, stderr } = await runCli([...args, '--json'], { env });
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${stdout}${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    async close() {
      service.process.kill('SIGTERM');
      await service.ended;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
