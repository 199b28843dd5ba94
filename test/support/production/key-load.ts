// Apps and people that go on while keys change: logins, refreshes, UserInfo and logouts with an ID token as a hint, and
// every ID token verified by apps that remember our keys for exactly as long as they may.
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { REDIRECT_URI } from '../app.js';
import { askSilently } from '../browsing.js';
import { walk } from '../walk.js';
import { type Instance, Tab } from './instances.js';
import { askToken, askUserinfo, newCode } from './requests.js';

const LOGGED_OUT = 'https://rp.example/logged-out';

/** An app's memory of our keys: asked for again when `max-age` has passed, and not before. */
export class JwksMemory {
  #until = 0;
  #keys: Promise<ReturnType<typeof createLocalJWKSet>> | undefined;

  constructor(
    readonly origin: () => string,
    /** Looks again when it meets a key it does not know, as OpenID Connect Core 10.1.1 has it. */
    readonly looksAgain: boolean,
  ) {}

  async #fetch() {
    const response = await fetch(`${this.origin()}/api/oauth/jwks`);
    const maxAge = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1]);
    // Counted from when the answer came: the latest that is allowed.
    this.#until = performance.now() + maxAge * 1_000;
    return createLocalJWKSet((await response.json()) as JSONWebKeySet);
  }

  async verify(token: string, options: { issuer: string; audience: string }): Promise<void> {
    if (performance.now() >= this.#until) {
      this.#until = Number.POSITIVE_INFINITY;
      this.#keys = this.#fetch();
    }
    try {
      await jwtVerify(token, (await this.#keys) as ReturnType<typeof createLocalJWKSet>, options);
    } catch (error) {
      if (!this.looksAgain) throw error;
      await jwtVerify(token, await this.#fetch(), options);
    }
  }
}

export interface KeyLoad {
  /** What did not go as it should; empty, if all is well. */
  failures: string[];
  /** How many logins there were. */
  logins(): number;
  /** The keys that signed, by client, in the order in which they were first seen. */
  kids(clientId: string): string[];
  stop(): Promise<void>;
}

export interface KeyLoadOptions {
  issuer: string;
  instances: readonly Instance[];
  clients: readonly string[];
  /** Keys that were revoked: what they signed may not verify. */
  isRevoked(kid: string): boolean;
}

/** Begins; one person and one app for each client. */
export function startKeyLoad({ issuer, instances, clients, isRevoked }: KeyLoadOptions): KeyLoad {
  const failures: string[] = [];
  const seen = new Map<string, string[]>();
  let isOver = false;
  let logins = 0;
  let turn = 0;

  const instance = () => {
    turn += 1;
    return instances[turn % instances.length] as Instance;
  };
  const memories = [1, 2, 3].map(() => new JwksMemory(() => instance().origin, false));

  function expectStatus(what: string, { status }: { status: number }, expected = 200): void {
    if (status !== expected) failures.push(`${what}: ${status}`);
  }

  async function check(clientId: string, token: unknown): Promise<string> {
    const idToken = String(token);
    const kid = decodeProtectedHeader(idToken).kid ?? '';
    const kids = seen.get(clientId) ?? [];
    seen.set(clientId, kids.includes(kid) ? kids : [...kids, kid]);
    for (const memory of memories) {
      await memory.verify(idToken, { issuer, audience: clientId }).catch((error) => {
        if (!isRevoked(kid)) failures.push(`${clientId}: an ID token of ${kid}: ${error}`);
      });
    }
    return idToken;
  }

  /** Logs in on one instance, uses the tokens on others, and logs out in the end. */
  async function live(clientId: string): Promise<void> {
    const browser = new Tab(issuer, instance());
    const code = await newCode(browser, issuer, { client_id: clientId });
    const fields = { client_id: clientId, code, redirect_uri: REDIRECT_URI };
    const first = await askToken(instance().origin, { grant_type: 'authorization_code', ...fields });
    expectStatus('code', first);
    logins += 1;
    const idToken = await check(clientId, first.body.id_token);
    const answer = await askUserinfo(instance().origin, String(first.body.access_token));
    expectStatus('userinfo', answer);
    const renewed = await askToken(instance().origin, {
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: String(first.body.refresh_token),
    });
    expectStatus('refresh', renewed);
    await check(clientId, renewed.body.id_token);

    browser.via = instance();
    const silent = await askSilently(browser, issuer, { client_id: clientId });
    if (!silent.has('code')) failures.push(`the session was lost: ${silent}`);
    browser.via = instance();
    const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: LOGGED_OUT });
    const end = await walk(browser, issuer, `${issuer}/api/oauth/logout?${query}`);
    const kid = decodeProtectedHeader(idToken).kid ?? '';
    if (end.page.location !== LOGGED_OUT && !isRevoked(kid)) {
      failures.push(`logout with an ID token of ${kid}: ${end.page.status} ${end.page.text.slice(0, 200)}`);
    }
  }

  const running = clients.map(async (clientId) => {
    while (!isOver) {
      await live(clientId).catch((error) => failures.push(`${clientId}: ${error}`));
    }
  });

  return {
    failures,
    logins: () => logins,
    kids: (clientId) => seen.get(clientId) ?? [],
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}
