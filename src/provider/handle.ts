// Owns: the Provider in use, and passing requests to it. A key rotation swaps it between two requests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Provider } from 'oidc-provider';
import { toLibraryMetadata } from '../clients/metadata.js';
import { featureProblems } from '../clients/needed-features.js';
import { isSectorUnchanged } from '../clients/subjects.js';
import type { KeySet } from '../keys/signing-keys.js';
import { ValidationError } from '../lib/errors.js';
import type { ClientRecord } from '../store/ports/index.js';
import type { Metrics } from '../telemetry/metrics.js';
import { createProvider, type ProviderDeps } from './create.js';
import { createDeviceMetrics } from './device-metrics.js';
import { createInnerRequest, innerOrigin } from './inner-request.js';
import { createJwtReader, type JwtReader } from './jwt-reader.js';
import { createOriginOf } from './mutual-tls-origin.js';
import { createPresentedJwts } from './presented-jwt.js';
import { ASKED_ABOUT_TOKENS, type RouteName } from './request-scope.js';
import { createTokenStandings } from './token-standing.js';

/** What the server knows of a request besides the request. */
export interface Arrival {
  ip: string;
  requestId: string;
  body?: string | undefined;
  /** The body is a form that the library gets although the browser asked by GET. */
  asForm?: boolean | undefined;
}

export interface ProviderHandle {
  /** Lets the library answer. */
  handle(
    req: IncomingMessage,
    res: ServerResponse,
    arrival: Arrival & { route: RouteName; audience: 'browser' | 'program' },
  ): Promise<void>;
  /** Runs `work` with the Provider and the request as it is to see it. */
  with<T>(
    req: IncomingMessage,
    arrival: Arrival,
    work: (provider: Provider, inner: IncomingMessage) => Promise<T>,
  ): Promise<T>;
  /** The Provider in use at this moment, for work that belongs to no request of a browser. */
  provider(): Provider;
  /**
   * The library's own judgement of a client, its sector document included, unless nothing about that differs from
   * `before`. @throws ValidationError
   */
  validateClient(client: ClientRecord, before?: ClientRecord): Promise<void>;
  /** From now on, sign with these keys. What is under way goes on with those it began with. */
  swapKeys(keys: KeySet): void;
}

/** Routes on which it matters which types of authorization details there are. */
const NAMES_DETAILS_TYPES: Partial<Record<RouteName, true>> = {
  authorization: true,
  resume: true,
  pushed_authorization_request: true,
  device_authorization: true,
  code_verification: true,
  device_resume: true,
  token: true,
  discovery: true,
};

export function createProviderHandle(
  { metrics, ...deps }: Omit<ProviderDeps, 'noteDevice'> & { metrics: Pick<Metrics, 'counter'> },
  keys: KeySet,
): ProviderHandle {
  const { config, scopes, placeholderSecret, clock, secretKeys } = deps;
  const noteDevice = createDeviceMetrics(metrics);
  const build = (keys: KeySet, detailsTypes: readonly string[]) => {
    const provider = createProvider({ ...deps, noteDevice }, keys, detailsTypes);
    const jwts = createJwtReader({ issuer: config.issuer, signing: keys.signing, secretKeys });
    return { keys, detailsTypes, provider, callback: provider.callback(), jwts };
  };
  const origin = innerOrigin(config.issuer);
  const originOf = createOriginOf(config);
  const presentedJwts = createPresentedJwts({
    standings: createTokenStandings(deps),
    revokedTokens: deps.stores.revokedTokens,
    clock,
  });
  let current = build(keys, []);

  /** The types of authorization details are fixed in a Provider: it gives way to another when an operator changes them. */
  async function followDetailsTypes(): Promise<void> {
    if (!config.features.has('rar')) return;
    const names = [...(await deps.resourceServers.detailsTypes()).keys()].sort();
    if (!isDeepStrictEqual(names, current.detailsTypes)) current = build(current.keys, names);
  }

  /** The form as the library gets it: a JWT that is asked about gives way to its stand-in. */
  async function replaceJwt(route: RouteName, form: string | undefined, jwts: JwtReader) {
    const scope = scopes.current();
    if (!scope || form === undefined || !ASKED_ABOUT_TOKENS.has(route)) return form;
    const read = await presentedJwts.read(route, form, jwts);
    if (!read) return form;
    scope.presentedJwt = read.presented;
    // It is among no other kind of tokens.
    scope.tokenFound = Promise.resolve(true);
    return read.form;
  }

  return {
    handle: (req, res, { route, audience, ip, requestId, body, asForm }) => {
      const at = originOf(route, req.headers.host);
      return scopes.run({ route, ip, requestId, origin: at }, async () => {
        const forceJson = audience === 'program';
        // Where the store cannot say, the types known so far do; what needs it says so itself.
        if (route in NAMES_DETAILS_TYPES) await followDetailsTypes().catch(() => {});
        const { callback, jwts } = current;
        const form = await replaceJwt(route, body, jwts);
        const inner = createInnerRequest(req, {
          origin: at === undefined ? origin : innerOrigin(at),
          ip,
          body: form,
          asForm,
          forceJson,
        });
        await callback(inner, res);
      });
    },

    with: (req, { ip, requestId }, work) =>
      scopes.run({ route: 'interaction', ip, requestId }, () => {
        const inner = createInnerRequest(req, {
          origin,
          ip,
          body: '',
          forceJson: false,
          isOthersToo: true,
        });
        return work(current.provider, inner);
      }),

    provider: () => current.provider,

    async validateClient(client, before) {
      await followDetailsTypes();
      const problems = featureProblems(client, config.features);
      const unknown = await deps.resourceServers.unknownScopes(client.scope?.split(' ') ?? []);
      if (unknown.length > 0) {
        const reason = `${unknown.join(' ')}: no scope of this provider, nor of a resource server`;
        problems.push({ field: 'scope', reason });
      }
      if (problems.length > 0) throw new ValidationError('the client cannot be used', problems);
      const now = clock.now();
      const stored = { ...client, version: 1, createdAt: now, updatedAt: now, secrets: [] };
      const { Client } = current.provider as unknown as {
        Client: { validate(metadata: unknown): Promise<void> };
      };
      try {
        const metadata = toLibraryMetadata(stored, placeholderSecret);
        await Client.validate({ ...metadata, sector_is_checked: isSectorUnchanged(before, client) });
      } catch (error) {
        const { error_description: reason } = error as { error_description?: string };
        if (reason === undefined) throw error;
        const field = /^[a-z_]+/.exec(reason)?.[0] ?? 'client';
        throw new ValidationError('the client cannot be used', [{ field, reason }], { cause: error });
      }
    },

    swapKeys(next) {
      current = build(next, current.detailsTypes);
    },
  };
}
