// Plans with dynamic registration: each module's clients register themselves before it and delete themselves after it,
// as the suite does.
import { expect } from 'chai';
import type { Context, Runnable } from 'mocha';
import { ALL_SCOPES, REDIRECT_URI } from '../app.js';
import { type ClientKey, jwksOf, makeClientKey } from '../client-keys.js';
import { movableClock } from '../relying-party.js';
import {
  type Bench,
  CLIENT,
  CLIENT_POST,
  CLIENT2,
  type Enrolled,
  type Json,
  type Module,
  openBench,
  POST_LOGOUT,
  type StaticClient,
} from './bench.js';
import { type Deployment, isDeployed, waitingClock } from './deployment.js';
import { grantTypesFor, isFrontChannel, type ResponseType } from './front-channel.js';
import { conclude, describeRun, itHas } from './plan.js';

/** The suite's clients where a plan says private_key_jwt. */
export const KEY_CLIENT: StaticClient = { id: 'suite-client', auth: 'private_key_jwt' };
export const KEY_CLIENT2: StaticClient = { id: 'suite-client2', auth: 'private_key_jwt' };

const POLICY = {
  scopes: ALL_SCOPES.split(' '),
  redirect_hosts: ['*', 'localhost', '127.0.0.1'],
  max_clients: 1_000,
};

/** Registration on, and what the plan's clients ask for allowed to them. */
function envFor(responseTypes: readonly ResponseType[]): Record<string, string> {
  const isMore = responseTypes.some(isFrontChannel);
  const types = { grant_types: grantTypesFor(responseTypes), response_types: responseTypes };
  return {
    OAUTH_FEATURES: `par,dpop,private_key_jwt,registration${isMore ? ',implicit' : ''}`,
    OAUTH_REGISTRATION_POLICIES: JSON.stringify({ suite: { ...POLICY, ...(isMore && types) } }),
  };
}

export interface RegistrationAnswer {
  status: number;
  body: Json;
}

export interface RegisteringBench extends Bench {
  /** What the suite's clients are in this module. */
  enrolled: Map<StaticClient, Enrolled>;
  /** Sends a registration request as it is; what it makes is deleted after the module. */
  send(metadata: Json): Promise<RegistrationAnswer>;
  /** Registers `client` with the suite's metadata and these changes; that it is from then on. */
  enrol(client: StaticClient, changes?: Json, key?: ClientKey): Promise<Json>;
}

export type RegisteredModule = (this: Context, bench: RegisteringBench) => ReturnType<Module>;
export type RegisteredModules = Readonly<Record<string, RegisteredModule>>;

/** The suite ends this module as skipped, and says why. */
export function skipModule(context: Context, reason: string): never {
  (context.test as Runnable & { warning?: string }).warning = reason;
  return context.skip();
}

async function makeToken({ app }: Bench): Promise<string> {
  const args = ['--label', 'Suite', '--policy', 'suite', '--uses', '1000'];
  if (isDeployed) {
    const made = await (app as unknown as Deployment).command('registration-token', 'create', ...args);
    return String(made.token);
  }
  const draft = { label: 'Suite', policy: 'suite', uses: 1000 };
  return (await app.services.registrationTokens.create(draft, { actor: 'operator:test' })).token;
}

async function openRegistering(
  clock: Bench['clock'],
  responseTypes: readonly ResponseType[],
  responseMode: Bench['responseMode'],
): Promise<RegisteringBench & { leave(): Promise<void> }> {
  const env = envFor(responseTypes);
  const bench = await openBench({ responseMode, clock, responseTypes, env, isEnrolling: true });
  const token = await makeToken(bench);
  const enrolled = new Map<StaticClient, Enrolled>();
  const made: Json[] = [];
  expect(bench.metadata.registration_endpoint).to.equal(`${bench.app.issuer}/api/oauth/register`);

  async function send(metadata: Json): Promise<RegistrationAnswer> {
    const response = await fetch(String(bench.metadata.registration_endpoint), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    });
    const body = (await response.json()) as Json;
    if (response.status === 201) made.push(body);
    return { status: response.status, body };
  }

  const registering = {
    ...bench,
    enrolled,
    send,

    async enrol(client: StaticClient, changes: Json = {}, key?: ClientKey) {
      const { status, body } = await send({
        client_name: client.id,
        redirect_uris: [REDIRECT_URI],
        post_logout_redirect_uris: [POST_LOGOUT],
        grant_types: grantTypesFor([registering.responseType]),
        response_types: [registering.responseType],
        token_endpoint_auth_method: client.auth,
        ...(key && { jwks: jwksOf(key) }),
        ...changes,
      });
      expect(status, JSON.stringify(body)).to.equal(201);
      expect(body.client_id).to.be.a('string');
      const secret = String(body.client_secret ?? '');
      if (client.auth !== 'private_key_jwt')
        expect(body).to.include.all.keys('client_secret', 'client_secret_expires_at');
      enrolled.set(client, { id: String(body.client_id), secret, ...(key && { key }) });
      return body;
    },

    /** UnregisterDynamicallyRegisteredClient: anything but 204 is a warning on every module. */
    async leave() {
      enrolled.clear();
      for (const client of made.splice(0)) {
        const headers = { authorization: `Bearer ${client.registration_access_token}` };
        const { status } = await fetch(String(client.registration_client_uri), { method: 'DELETE', headers });
        expect(status, 'DELETE registration_client_uri').to.equal(204);
      }
    },
  };
  return registering;
}

/** Which of the suite's clients a plan's modules find registered. */
export type Enrolling = 'secrets' | 'keys' | 'none';

async function enrolAll(bench: RegisteringBench, enrolling: Enrolling): Promise<void> {
  if (enrolling === 'secrets') {
    for (const client of [CLIENT, CLIENT2, CLIENT_POST]) await bench.enrol(client);
  } else if (enrolling === 'keys') {
    // The modules know the suite's clients under these names.
    const [one, two] = await Promise.all([makeClientKey('RS256'), makeClientKey('ES256')]);
    await bench.enrol(KEY_CLIENT, {}, one);
    await bench.enrol(KEY_CLIENT2, {}, two);
    for (const [known, client] of [
      [CLIENT, KEY_CLIENT],
      [CLIENT2, KEY_CLIENT2],
    ] as const) {
      bench.enrolled.set(known, bench.enrolled.get(client) as Enrolled);
    }
  }
}

interface RegisteredOptions {
  count: number;
  enrolling: Enrolling;
  responseMode?: Bench['responseMode'];
}

/** A plan whose every module begins with clients of its own and ends without them. */
export function describeRegisteredRuns(
  name: string,
  runs: readonly { responseType: ResponseType; modules: RegisteredModules }[],
  { count, enrolling, responseMode = 'default' }: RegisteredOptions,
): void {
  describe(name, () => {
    const clock = isDeployed ? waitingClock() : movableClock();
    let bench: Awaited<ReturnType<typeof openRegistering>>;

    before(async () => {
      bench = await openRegistering(
        clock,
        runs.map(({ responseType }) => responseType),
        responseMode,
      );
    });
    after(() => bench?.app.close());

    itHas(
      count,
      runs.flatMap(({ modules }) => Object.keys(modules)),
    );

    for (const { responseType, modules } of runs) {
      describeRun(runs, responseType, () => {
        for (const [module, run] of Object.entries(modules)) {
          it(module, async function () {
            bench.responseType = responseType;
            try {
              await enrolAll(bench, enrolling);
              conclude(this, await run.call(this, bench));
            } finally {
              await clock.set(0);
              await bench.leave();
            }
          });
        }
      });
    }
  });
}

/** A plan of the code flow. */
export function describeRegisteredPlan(
  name: string,
  modules: RegisteredModules,
  options: RegisteredOptions,
): void {
  describeRegisteredRuns(name, [{ responseType: 'code', modules }], options);
}
