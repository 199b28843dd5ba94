// An app with an admin client, and a way to ask its Admin API: every answer is held against the description.
import { ADMIN_SCOPES } from '../../../src/clients/resource-servers.js';
import { postToken, startApp, type TestApp, type TestAppOptions } from '../app.js';
import { register } from '../relying-party.js';
import { createChecker, type Described } from './checker.js';

export const ADMIN_CLIENT = {
  client_id: 'admin-service',
  client_name: 'Operations',
  client_secret: 'admin-service-secret-of-the-test-suite',
  redirect_uris: [],
  grant_types: ['client_credentials'],
  scope: ADMIN_SCOPES.join(' '),
};

export interface Asked {
  /** Undefined: the admin client's; empty: none. */
  token?: string;
  /** Sent as JSON, text as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

export type Ask = (method: string, path: string, asked?: Asked) => Promise<ApiAnswer>;

export interface AdminApp extends TestApp {
  base: string;
  /** Asks, and fails when the answer is not as described. */
  ask: Ask;
  /** A token of the admin client; by default for every scope. */
  token(scope?: string): Promise<string>;
}

/** A token for the Admin API, from the token endpoint. */
export async function adminToken(
  { issuer }: Pick<TestApp, 'issuer'>,
  scope: string = ADMIN_CLIENT.scope,
  client: { client_id: string; client_secret: string } = ADMIN_CLIENT,
  resourceIssuer: string = issuer,
): Promise<string> {
  const { client_id, client_secret } = client;
  const { status, body } = await postToken(issuer, {
    grant_type: 'client_credentials',
    client_id,
    client_secret,
    resource: `${resourceIssuer}/api/admin/oauth`,
    scope,
  });
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
  return body.access_token ?? '';
}

/** What may be in no log: tokens and secrets that went either way. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'client_secret' && typeof member === 'string' ? [member] : secretsIn(member),
  );
}

export async function asked(base: string, token: string, method: string, path: string, init: Asked) {
  const { body, headers = {} } = init;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': type }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** What asks the API at `base`. */
export async function createAsk(
  base: string,
  defaultToken: () => Promise<string>,
  secrets: Set<string> = new Set(),
): Promise<Ask> {
  const description = (await (await fetch(`${base}/openapi.json`)).json()) as Described;
  const check = createChecker(description);
  return async (method, path, init = {}) => {
    const token = init.token ?? (await defaultToken());
    const answer = await asked(base, token, method, path, init);
    const kept = init.headers?.['idempotency-key'] ?? '';
    for (const secret of [token, kept, ...secretsIn(init.body), ...secretsIn(answer.body)]) {
      if (secret.length >= 16) secrets.add(secret);
    }
    const contentType = answer.headers.get('content-type') ?? '';
    check({ method, path: path.split('?')[0] ?? '', status: answer.status, contentType, text: answer.text });
    return answer;
  };
}

export async function startAdminApp(options: TestAppOptions = {}): Promise<AdminApp> {
  const app = await startApp(options);
  await register(app, ADMIN_CLIENT);
  const base = `${app.issuer}/api/admin/oauth`;
  const secrets = new Set<string>([ADMIN_CLIENT.client_secret]);
  let known: Promise<string> | undefined;
  const ask = await createAsk(
    base,
    () => {
      known ??= adminToken(app);
      return known;
    },
    secrets,
  );
  // Its members stay what they are: some change with a restart.
  return Object.assign(Object.create(app) as TestApp, {
    base,
    ask,
    token: (scope?: string) => adminToken(app, scope),
    async close() {
      const logged = app.logs.join('');
      await app.close();
      const leaked = [...secrets].filter((secret) => logged.includes(secret));
      if (leaked.length > 0) throw new Error(`secrets in the log: ${leaked.join(' ')}`);
    },
  }) as AdminApp;
}
