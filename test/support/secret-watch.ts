// No secret in any log: while a test file runs, every secret that passes through `fetch` is remembered and everything
// the services under test log is kept; afterwards none of the one may be in any of the other.
import { PASSWORD, SECRET } from './basics.js';

/** Shorter values are found by chance. */
const MIN_LENGTH = 16;

const SECRET_NAMES =
  /^(client_secret|secret|password|code|access_token|refresh_token|id_token|token|login_ticket|csrf|code_verifier|client_assertion|request_uri|initial_access_token|registration_access_token)$/;

const secrets = new Set<string>([PASSWORD, SECRET]);
const logs = new Set<() => string>();

export function noteSecret(value: unknown): void {
  if (typeof value === 'string' && value.length >= MIN_LENGTH) secrets.add(value);
}

/** What `read` gives is searched for secrets when the test file is done. */
export function watchLog(read: () => string): void {
  logs.add(read);
}

function noteParams(params: Iterable<[string, unknown]>): void {
  for (const [name, value] of params) if (SECRET_NAMES.test(name)) noteSecret(value);
}

/** At any depth. The `code` of JSON says what went wrong: those that are secrets travel in addresses and forms. */
function noteMembers(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  const members = Object.entries(value);
  noteParams(members.filter(([name]) => name !== 'code'));
  for (const [, member] of members) noteMembers(member);
}

function noteJson(text: string): void {
  try {
    noteMembers(JSON.parse(text));
  } catch {
    // Not JSON after all.
  }
}

/** What a Basic scheme carries is logged decoded, if it is. */
function noteBasic(encoded: string | undefined): void {
  const text = Buffer.from(encoded ?? '', 'base64').toString();
  noteSecret(text.slice(text.indexOf(':') + 1));
}

function noteRequest(init: RequestInit | undefined): void {
  if (init?.body instanceof URLSearchParams) noteParams(init.body);
  if (typeof init?.body === 'string') noteJson(init.body);
  const [scheme, credentials] = new Headers(init?.headers).get('authorization')?.split(' ') ?? [];
  noteSecret(credentials);
  if (scheme?.toLowerCase() === 'basic') noteBasic(credentials);
}

async function noteResponse(response: Response): Promise<void> {
  for (const line of response.headers.getSetCookie()) {
    const value = line.split(';')[0]?.replace(/^[^=]*=/, '');
    if (/^(__Host-)?link2ur_op_(session|resume)/.test(line)) noteSecret(value);
  }
  const location = response.headers.get('location');
  if (location && URL.canParse(location, response.url)) {
    const { searchParams, hash } = new URL(location, response.url);
    noteParams(searchParams);
    noteParams(new URLSearchParams(hash.slice(1)));
  }
  if (response.headers.get('content-type')?.includes('json')) noteJson(await response.clone().text());
}

let unwatched: typeof fetch | undefined;

function watchFetch(): void {
  const original = globalThis.fetch;
  unwatched = original;
  globalThis.fetch = async (input, init) => {
    noteRequest(init);
    const response = await original(input, init);
    await noteResponse(response).catch(() => {});
    return response;
  };
}

/** The log lines that hold a secret, the secret masked. */
export function leaks(): string[] {
  const found: string[] = [];
  for (const read of logs) {
    for (const line of read().split('\n')) {
      const secret = [...secrets].find((value) => line.includes(value));
      if (secret !== undefined) found.push(line.replaceAll(secret, `«${secret.slice(0, 4)}…»`));
    }
  }
  return found;
}

export const mochaHooks = {
  beforeAll(): void {
    watchFetch();
  },
  afterAll(): void {
    if (unwatched) globalThis.fetch = unwatched;
    const found = leaks();
    logs.clear();
    secrets.clear();
    for (const value of [PASSWORD, SECRET]) secrets.add(value);
    if (found.length > 0) throw new Error(`secrets in the log:\n${found.slice(0, 5).join('\n')}`);
  },
};
