// Owns: the Provider in use, and passing requests to it. A key rotation swaps it between two requests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK, Provider } from 'oidc-provider';
import { toLibraryMetadata } from '../clients/metadata.js';
import { ValidationError } from '../lib/errors.js';
import type { ClientRecord } from '../store/ports/index.js';
import { createProvider, type ProviderDeps } from './create.js';
import { createInnerRequest, innerOrigin } from './inner-request.js';
import type { RouteName } from './request-scope.js';

/** What the server knows of a request besides the request. */
export interface Arrival {
  ip: string;
  requestId: string;
  body?: string | undefined;
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
  /** The library's own judgement of a client. @throws ValidationError */
  validateClient(client: ClientRecord): Promise<void>;
  /** From now on, sign with these keys. */
  swapKeys(keys: JWK[]): void;
}

export function createProviderHandle(deps: ProviderDeps, keys: JWK[]): ProviderHandle {
  const { config, scopes, placeholderSecret, clock } = deps;
  const build = (jwks: JWK[]) => {
    const provider = createProvider(deps, jwks);
    return { provider, callback: provider.callback() };
  };
  const origin = innerOrigin(config.issuer);
  let current = build(keys);

  return {
    handle: (req, res, { route, audience, ip, requestId, body }) =>
      scopes.run({ route, ip, requestId }, async () => {
        const forceJson = audience === 'program';
        const inner = createInnerRequest(req, { origin, ip, body, forceJson });
        await current.callback(inner, res);
      }),

    with: (req, { ip, requestId }, work) =>
      scopes.run({ route: 'interaction', ip, requestId }, () => {
        const inner = createInnerRequest(req, { origin, ip, body: '', forceJson: false });
        return work(current.provider, inner);
      }),

    async validateClient(client) {
      const now = clock.now();
      const stored = { ...client, createdAt: now, updatedAt: now, secrets: [] };
      const { Client } = current.provider as unknown as {
        Client: { validate(metadata: unknown): Promise<void> };
      };
      try {
        await Client.validate(toLibraryMetadata(stored, placeholderSecret));
      } catch (error) {
        const { error_description: reason } = error as { error_description?: string };
        if (reason === undefined) throw error;
        const field = /^[a-z_]+/.exec(reason)?.[0] ?? 'client';
        throw new ValidationError('the client cannot be used', [{ field, reason }], { cause: error });
      }
    },

    swapKeys(jwks) {
      current = build(jwks);
    },
  };
}
