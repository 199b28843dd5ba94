// Several processes of the service on the same stores, behind one issuer; and browsers that use any of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServices, type Services } from '../../../src/app.js';
import { loadConfig } from '../../../src/config/load.js';
import { Agent, type Page } from '../agent.js';
import { freePort, seedBasics } from '../app.js';
import { type Backend, type BackendOptions, type Environment, type Mode, openBackend } from './backends.js';
import { inTime } from './waiting.js';

const MAIN = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
const START_TIMEOUT_MS = 30_000;
/** After this a browser is not answered at all. */
const REQUEST_TIMEOUT_MS = 15_000;

/** What all instances of one deployment share. */
export const SECRETS: Environment = {
  KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 7 + 3)).toString('base64url'),
  COOKIE_KEYS: 'cookie-key-of-the-production-tests-0123456789',
};

/** Given in case something asks for it: nothing of a production mode belongs there. */
export const DATA_DIR = join(tmpdir(), 'l2u-production-has-no-data-folder');

export interface Instance {
  /** Its own address; the issuer is the first instance's. */
  origin: string;
  /** What it wrote so far. */
  output(): string;
  /** Ends it with kill -9. */
  kill(): Promise<void>;
  /** Ends it with SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/** A process of the service on `port`, once it is ready. @throws Error with what it wrote when it ends before */
export async function startInstance(env: Environment, port: number): Promise<Instance> {
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
    env: { PATH: process.env.PATH, DATA_DIR, ...SECRETS, ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAtExit = () => child.kill('SIGKILL');
  process.on('exit', killAtExit);
  let output = '';
  const ended = once(child, 'close').then(([code]) => {
    process.off('exit', killAtExit);
    return code as number | null;
  });
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('"ready"')) resolve();
      });
    }
    ended.then((code) => reject(new Error(`the service ended with ${code} before it was ready: ${output}`)));
  });
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  try {
    await inTime('the start of the service', START_TIMEOUT_MS, ready);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return {
    origin: `http://localhost:${port}`,
    output: () => output,
    async kill() {
      await end('SIGKILL');
    },
    stop: () => inTime('the end of the service', START_TIMEOUT_MS, end('SIGTERM')),
  };
}

export interface Deployment {
  backend: Backend;
  issuer: string;
  instances: Instance[];
  /** The services in this process on the same stores: one more instance that does not listen. */
  services: Services;
  /** Opens those services when they were left out at first. */
  open(): Promise<Services>;
  /** Starts one more instance, on a port of its own or on the one given. */
  add(port?: number): Promise<Instance>;
  close(): Promise<void>;
}

export interface DeployOptions extends BackendOptions {
  count?: number;
  env?: Environment;
  /** False: this process leaves the stores alone until `open`, so there are no users and clients either. */
  isOpenedHere?: boolean;
  /** Asked once: the environment of the instances, but not of this process, e.g. by way of a proxy. */
  reach?: (env: Environment, backend: Backend) => Environment | Promise<Environment>;
}

/** `count` instances with the test users and clients. */
export async function deploy(
  mode: Mode,
  { count = 1, env = {}, isOpenedHere = true, reach = (same) => same, ...options }: DeployOptions = {},
): Promise<Deployment> {
  const backend = await openBackend(mode, options);
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const common = { ...backend.env, ...env, OAUTH_ISSUER: issuer };
  const instances: Instance[] = [];
  let services: Services | undefined;

  async function open(): Promise<Services> {
    services ??= await createServices(loadConfig({ ...SECRETS, DATA_DIR, LOG_LEVEL: 'silent', ...common }));
    return services;
  }

  let reached: Promise<Environment> | undefined;
  async function add(at?: number): Promise<Instance> {
    reached ??= Promise.resolve(reach(common, backend));
    const instance = await startInstance(await reached, at ?? (await freePort()));
    instances.push(instance);
    return instance;
  }
  async function close(): Promise<void> {
    await Promise.all(instances.map((instance) => instance.kill()));
    await services?.close();
    await backend.close();
  }

  try {
    if (isOpenedHere) await seedBasics(await open());
    await Promise.all(Array.from({ length: count }, (_, n) => add(n === 0 ? port : undefined)));
    instances.sort((one, other) => Number(other.origin === issuer) - Number(one.origin === issuer));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    backend,
    issuer,
    instances,
    get services() {
      if (!services) throw new Error('the services are not open');
      return services;
    },
    open,
    add,
    close,
  };
}

/** The address as one instance has it. */
export function viaInstance(url: string, { origin }: Pick<Instance, 'origin'>): string {
  return url.replace(new URL(url).origin, origin);
}

/** A window of `browser` whose requests to the issuer a balancer gives to `via`; change it at any time. */
export class Tab extends Agent {
  constructor(
    readonly issuer: string,
    public via: Pick<Instance, 'origin'>,
    readonly browser: Agent = new Agent(),
  ) {
    super();
  }

  override cookieHeader(url: string): string {
    return this.browser.cookieHeader(url);
  }

  override cookieNames(): string[] {
    return this.browser.cookieNames();
  }

  override async request(url: string, init: RequestInit = {}): Promise<Page> {
    if (new URL(url).origin !== this.issuer) return this.browser.request(url, init);
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const page = await this.browser.request(viaInstance(url, this.via), { signal, ...init });
    const { location } = page;
    const isOurs = location !== undefined && new URL(location).origin === this.via.origin;
    return { ...page, url, location: isOurs ? viaInstance(location, { origin: this.issuer }) : location };
  }
}
