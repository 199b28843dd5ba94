// Owns: when a user is asked something: login, choice of account, consent.
import { type Grant, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { ConsentService } from '../grants/service.js';
import type { AcrOrder } from '../login/acr.js';
import { addStepUp } from './acr.js';
import { callStore, TemporarilyUnavailable } from './adapter/failure.js';
import { isFirstParty } from './offline-access.js';
import { isOidcScope, requestedResourceScopes, roleCheck } from './resources.js';
import { askForDetails } from './rich-requests.js';

const { Check, Prompt, base } = interactionPolicy;

/** Whom the site takes a browser for (login/). */
export interface SiteSessionLookup {
  find(cookies: string | undefined): Promise<{ id: string } | undefined>;
}

/**
 * Where the site's session reaches us, ours is good only while it belongs to the same user.
 * @see docs/login-handoff.md
 */
function sameAsOnSite(site: SiteSessionLookup) {
  return new Check('site_session', 'End-User authentication is required', 'login_required', async (ctx) => {
    const { session, prompts } = ctx.oidc;
    if (session?.accountId === undefined) return Check.NO_NEED_TO_PROMPT;
    const current = await callStore(() => site.find(ctx.req.headers.cookie)).catch((error) => {
      // Nobody is there to see a page: the app is told, and may try again.
      if (prompts.has('none') && error instanceof TemporarilyUnavailable) error.allow_redirect = true;
      throw error;
    });
    if (current?.id === session.accountId) return Check.NO_NEED_TO_PROMPT;
    // Nobody will be asked: it ends here. Otherwise the login that follows replaces it.
    if (prompts.has('none')) await session.destroy();
    return Check.REQUEST_PROMPT;
  });
}

/** The prompts in the order they are looked at. @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest */
export function createPolicy({
  siteSessions: site,
  acrValues,
  ...deps
}: { siteSessions?: SiteSessionLookup | undefined; acrValues: AcrOrder } & Parameters<typeof roleCheck>[0]) {
  const prompts = base();

  addStepUp(prompts.get('login'), acrValues);

  // Somebody is logged in whose account is gone or deactivated: somebody else has to log in.
  prompts
    .get('login')
    ?.checks.add(
      new Check('account_unavailable', 'End-User authentication is required', 'login_required', ({ oidc }) =>
        oidc.session?.accountId !== undefined && oidc.account === undefined
          ? Check.REQUEST_PROMPT
          : Check.NO_NEED_TO_PROMPT,
      ),
    );

  prompts.get('consent')?.checks.add(roleCheck(deps));
  askForDetails(prompts.get('consent'));

  if (site) prompts.get('login')?.checks.add(sameAsOnSite(site));

  // Asked for only, never imposed; comes first, because the choice decides who is to log in or agree.
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return prompts;
}

/** Tells what of a wish for scopes of a resource `grant` does not hold yet. */
function isMissingIn(grant: Grant) {
  return ({ identifier, scopes }: { identifier: string; scopes: string[] }): boolean => {
    const held = grant.getResourceScope(identifier).split(' ');
    return scopes.some((scope) => !held.includes(scope));
  };
}

/**
 * The grant an authorization hangs on: the session's own, or one made anew from what the user agreed to
 * before. So a consent is remembered over sessions and devices, while each session's tokens hang on a
 * grant of their own. An app of ours is granted what it asks for, without a consent to remember; only prompt=consent
 * asks for it as well, and the library asks for every native app, which anybody might be (RFC 8252 section 8.6).
 */
export function createLoadExistingGrant(consents: Pick<ConsentService, 'find' | 'stands' | 'used'>) {
  return async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
    const { client, account, session, provider } = oidc;
    if (!client || !account) return undefined;
    const grantId = oidc.result?.consent?.grantId ?? session?.grantIdFor(client.clientId);
    const existing = grantId ? await provider.Grant.find(grantId) : undefined;
    const own = existing?.accountId === account.accountId ? existing : undefined;

    const consent = await callStore(() => consents.find(account.accountId, client.clientId));
    const isTrusted = isFirstParty(client) && !oidc.promptPending('consent');
    if (!consent && !isTrusted) return own;

    const grant = own ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
    const hasScopes = new Set(grant.getOIDCScope().split(' '));
    const hasClaims = new Set(grant.getOIDCClaims());
    const asked = isTrusted ? oidc : undefined;
    // Rights at a resource are allowed anew in each session: a consent that is remembered does not bring them.
    const wanted = [...(consent?.scopes.filter(isOidcScope) ?? []), ...(asked?.requestParamOIDCScopes ?? [])];
    const wantedClaims = [...(consent?.claims ?? []), ...(asked?.requestParamClaims ?? [])];
    const scopes = wanted.filter((scope) => !hasScopes.has(scope));
    const claims = wantedClaims.filter((claim) => !hasClaims.has(claim));
    const atResources = asked ? requestedResourceScopes(asked).filter(isMissingIn(grant)) : [];
    if (!own || scopes.length > 0 || claims.length > 0 || atResources.length > 0) {
      if (scopes.length > 0) grant.addOIDCScope(scopes);
      if (claims.length > 0) grant.addOIDCClaims(claims);
      for (const wish of atResources) grant.addResourceScope(wish.identifier, wish.scopes);
      await grant.save();
      // Withdrawn since it was read: the withdrawal did not find this grant, so nothing may hang on it.
      if (consent && !isTrusted && !(await callStore(() => consents.stands(consent)))) {
        await grant.destroy();
        return undefined;
      }
    }
    if (consent) await callStore(() => consents.used(consent));
    return grant;
  };
}
