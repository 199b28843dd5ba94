// Owns: composing the models of the account pages.

import { initiateLoginUrl } from '../../clients/initiate-login.js';
import type { ScopeWords } from '../../clients/resource-servers.js';
import { ROUTES } from '../../provider/routes.js';
import type { ConsentRecord, StoredClient, UserRecord } from '../../store/ports/index.js';
import { inOrder } from '../i18n/scopes.js';
import { accountView, clientView } from '../pages/client-view.js';
import type { AppsModel, AppView, ErrorModel, RevokeAppModel } from '../pages/models.js';

/** The one thing the list can be told to say was done; any other text is ignored. */
export const DONE = 'revoked';

/** An app the user agreed to, and the agreement. */
export interface ConnectedApp {
  consent: ConsentRecord;
  client: StoredClient;
}

/** An address of these pages that stays in the language it was asked for in. */
export function inLanguage(path: string, uiLocales: string | undefined): string {
  if (uiLocales === undefined) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ ui_locales: uiLocales })}`;
}

export function revokeUrl(clientId: string, uiLocales?: string): string {
  return inLanguage(`${ROUTES.accountApps}/${encodeURIComponent(clientId)}/revoke`, uiLocales);
}

function appView(
  { consent, client }: ConnectedApp,
  { issuer, uiLocales, words }: { issuer: string; uiLocales: string | undefined; words: ScopeWords },
): AppView {
  return {
    clientId: client.client_id,
    client: clientView(client),
    scopes: inOrder(consent.scopes).map((name) => ({ name, granted: true, words: words.get(name) })),
    claims: consent.claims,
    since: consent.grantedAt,
    lastUsed: consent.lastUsedAt ?? consent.updatedAt,
    openUrl: initiateLoginUrl(client, issuer),
    revokeUrl: revokeUrl(client.client_id, uiLocales),
  };
}

export function appsModel(
  user: UserRecord,
  apps: readonly ConnectedApp[],
  { done, ...options }: { done: unknown; issuer: string; uiLocales: string | undefined; words: ScopeWords },
): AppsModel {
  return {
    account: accountView(user),
    apps: apps.map((app) => appView(app, options)),
    isRevoked: done === DONE,
    signOutUrl: ROUTES.end_session,
  };
}

export function revokeAppModel(
  user: UserRecord,
  { client }: ConnectedApp,
  { csrf, uiLocales }: { csrf: string; uiLocales: string | undefined },
): RevokeAppModel {
  return {
    form: { action: revokeUrl(client.client_id, uiLocales), csrf },
    cancelUrl: inLanguage(ROUTES.accountApps, uiLocales),
    account: accountView(user),
    client: clientView(client),
  };
}

/** What a login that came back with an error may be called; the address could say anything. */
const REFUSALS = new Set([
  'access_denied',
  'login_required',
  'interaction_required',
  'temporarily_unavailable',
]);

export function refusalModel(error: string, requestId: string): ErrorModel {
  const code = REFUSALS.has(error) ? error : 'invalid_request';
  return { code, kind: 'account_login', requestId, continueUrl: ROUTES.accountApps };
}

/** The login succeeded, and the browser did not bring its cookie back. */
export function cookiesModel(requestId: string): ErrorModel {
  return {
    code: 'invalid_request',
    kind: 'cookies_blocked',
    requestId,
    continueUrl: ROUTES.accountApps,
  };
}

export function staleFormModel(
  { code, message }: { code: string; message: string },
  clientId: string,
  requestId: string,
): ErrorModel {
  return { code, description: message, kind: 'form_expired', requestId, continueUrl: revokeUrl(clientId) };
}
