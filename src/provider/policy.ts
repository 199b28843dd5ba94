// Owns: when a user is asked something: login, choice of account, consent.
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { ConsentService } from '../grants/service.js';
import { callStore } from './adapter/failure.js';

const { Check, Prompt, base } = interactionPolicy;

/** The prompts in the order they are looked at. @see https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest */
export function createPolicy() {
  const prompts = base();

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

  // Asked for only, never imposed; comes first, because the choice decides who is to log in or agree.
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return prompts;
}

/**
 * The grant an authorization hangs on: the session's own, or one made anew from what the user agreed to
 * before. So a consent is remembered over sessions and devices, while each session's tokens hang on a
 * grant of their own.
 */
export function createLoadExistingGrant(consents: Pick<ConsentService, 'find' | 'used'>) {
  return async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
    const { client, account, session, provider } = oidc;
    if (!client || !account) return undefined;
    const grantId = oidc.result?.consent?.grantId ?? session?.grantIdFor(client.clientId);
    const existing = grantId ? await provider.Grant.find(grantId) : undefined;
    const own = existing?.accountId === account.accountId ? existing : undefined;

    const consent = await callStore(() => consents.find(account.accountId, client.clientId));
    if (!consent) return own;

    const grant = own ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
    const hasScopes = new Set(grant.getOIDCScope().split(' '));
    const hasClaims = new Set(grant.getOIDCClaims());
    const scopes = consent.scopes.filter((scope) => !hasScopes.has(scope));
    const claims = consent.claims.filter((claim) => !hasClaims.has(claim));
    if (!own || scopes.length > 0 || claims.length > 0) {
      if (scopes.length > 0) grant.addOIDCScope(scopes);
      if (claims.length > 0) grant.addOIDCClaims(claims);
      await grant.save();
    }
    await callStore(() => consents.used(consent));
    return grant;
  };
}
