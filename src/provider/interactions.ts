// Owns: what the interaction pages need from the library: reading an interaction and ending it.
// Does not: draw pages or decide who may log in.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import type { AuthorizationDetail } from '../clients/authorization-details.js';
import { sectorOf } from '../clients/subjects.js';
import type { Clock } from '../lib/clock.js';
import { hashOf } from '../lib/ids.js';
import type { LoginResult } from '../login/strategy.js';
import type { ArtifactStore, ClientStore } from '../store/ports/index.js';
import type { Subjects } from '../users/subjects.js';
import { restartAddress, stringsOnly } from './authorization-url.js';
import type { Arrival, ProviderHandle } from './handle.js';
import { isOidcScope } from './resources.js';
import { detailsAsked } from './rich-requests.js';

/** One pending question to the user. */
export interface Interaction {
  uid: string;
  prompt: 'login' | 'select_account' | 'consent';
  /** Why it is asked, as the policy names it. */
  reasons: string[];
  clientId: string;
  /** When it began, epoch seconds. */
  startedAt: number;
  /** Authorization request parameters, as they were sent. */
  params: Record<string, string>;
  /** Who the session belongs to, if anybody. */
  accountId: string | undefined;
  sessionUid: string | undefined;
  grantId: string | undefined;
  missing: { scopes: string[]; claims: string[]; atResources: Record<string, string[]> };
  /** Authorization details asked for, checked when the request came. */
  details: AuthorizationDetail[];
}

export interface Interactions {
  /** @throws InteractionGoneError when there is none under this uid for this browser */
  find(req: IncomingMessage, res: ServerResponse, arrival: Arrival, uid: string): Promise<Interaction>;
  /** Ends the login or choice of account; the browser goes on with the authorization request. */
  finishLogin(exchange: Exchange, result: LoginResult | 'select_account'): Promise<void>;
  /** Saves the grant for what was missing; returns its id, for the consent to be remembered. */
  saveGrant(exchange: Exchange, interaction: Interaction): Promise<string>;
  finishConsent(exchange: Exchange, grantId: string): Promise<void>;
  /** Ends the authorization request with an error to the relying party. */
  abort(exchange: Exchange, error: string, description: string): Promise<void>;
  /** By what the client knows the user: what it says of one by `sub` is meant so. */
  subjectOf(clientId: string, userId: string): Promise<string>;
  /** An address that begins the same authorization request anew, if it is still known. */
  restartUrl(uid: string): Promise<string | undefined>;
}

export interface Exchange {
  req: IncomingMessage;
  res: ServerResponse;
  arrival: Arrival;
}

/** There is no such interaction for this browser (any more). */
export class InteractionGoneError extends Error {
  override readonly name = 'InteractionGoneError';
}

const PROMPTS = new Set(['login', 'select_account', 'consent']);

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

function toInteraction(details: Details): Interaction {
  const { prompt, params, session, uid, grantId } = details;
  if (!PROMPTS.has(prompt.name)) throw new Error(`unknown prompt ${prompt.name}`);
  const {
    missingOIDCScope = [],
    missingOIDCClaims = [],
    missingResourceScopes = {},
  } = prompt.details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  return {
    uid,
    prompt: prompt.name as Interaction['prompt'],
    reasons: prompt.reasons,
    clientId: String(params.client_id),
    startedAt: details.iat,
    params: stringsOnly(params),
    accountId: session?.accountId,
    sessionUid: session?.uid,
    grantId,
    missing: {
      scopes: missingOIDCScope,
      claims: missingOIDCClaims,
      atResources: missingResourceScopes,
    },
    details: detailsAsked(params),
  };
}

async function orGone<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    throw new InteractionGoneError(error.error_description ?? error.message, { cause: error });
  }
}

export function createInteractions({
  handle,
  artifacts,
  clients,
  subjects,
  clock,
}: {
  handle: ProviderHandle;
  artifacts: Pick<ArtifactStore, 'find'>;
  clients: Pick<ClientStore, 'find'>;
  subjects: Pick<Subjects, 'pairwise'>;
  clock: Clock;
}): Interactions {
  const finish = ({ req, res, arrival }: Exchange, result: Parameters<Provider['interactionFinished']>[2]) =>
    orGone(() =>
      handle.with(req, arrival, (provider, inner) =>
        provider.interactionFinished(inner, res, result, { mergeWithLastSubmission: true }),
      ),
    );

  return {
    async find(req, res, arrival, uid) {
      const details = await orGone(() =>
        handle.with(req, arrival, (provider, inner) => provider.interactionDetails(inner, res)),
      );
      if (details.uid !== uid) throw new InteractionGoneError('another interaction than the address names');
      return toInteraction(details);
    },

    finishLogin(exchange, result) {
      if (result === 'select_account') return finish(exchange, { select_account: {} });
      const { accountId, acr, amr, authTime } = result;
      const login = {
        accountId,
        ts: authTime,
        at: clock.now().getTime(),
        ...(acr !== undefined && { acr }),
        ...(amr.length > 0 && { amr }),
      };
      // Choosing an account by logging in answers both questions.
      return finish(exchange, { login, select_account: {} });
    },

    saveGrant: ({ req, arrival }, { grantId, sessionUid, accountId, clientId, missing, params }) =>
      handle.with(req, arrival, async (provider) => {
        // Another tab may have agreed since this page was asked for. A session has one grant for each client:
        // with a second one, what the other tab was given would be void.
        const session = sessionUid ? await provider.Session.findByUid(sessionUid) : undefined;
        const currentId = session?.grantIdFor(clientId) ?? grantId;
        const existing = currentId ? await provider.Grant.find(currentId) : undefined;
        const isOwn = existing?.accountId === accountId && existing?.clientId === clientId;
        if (accountId === undefined) throw new InteractionGoneError('nobody is logged in');
        const grant = existing && isOwn ? existing : new provider.Grant({ accountId, clientId });
        const asked = missing.scopes.length > 0 ? missing.scopes : (params.scope ?? '').split(' ');
        const scopes = asked.filter(isOidcScope);
        if (scopes.length > 0) grant.addOIDCScope(scopes);
        if (missing.claims.length > 0) grant.addOIDCClaims(missing.claims);
        for (const [resource, wanted] of Object.entries(missing.atResources)) {
          grant.addResourceScope(resource, wanted);
        }
        return grant.save();
      }),

    finishConsent: (exchange, grantId) => finish(exchange, { consent: { grantId } }),

    abort: (exchange, error, description) => finish(exchange, { error, error_description: description }),

    async subjectOf(clientId, userId) {
      const client = await clients.find(clientId);
      const sector = client && sectorOf(client);
      return sector === undefined ? userId : subjects.pairwise(sector, userId);
    },

    async restartUrl(uid) {
      const stored = await artifacts.find('Interaction', hashOf(uid));
      return restartAddress(stored?.payload, clients);
    },
  };
}
