// Owns: what a logout does beyond the library's: no question where the request proves itself, and on to the site.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../lib/clock.js';
import { hashOf, randomToken } from '../lib/ids.js';
import type { ArtifactStore } from '../store/ports/index.js';
import type { Subjects } from '../users/subjects.js';
import { callStore } from './adapter/failure.js';
import type { RequestScopes } from './request-scope.js';
import { ROUTES } from './routes.js';
import { subjectOf } from './subjects.js';

const KIND = 'LogoutReturn';
/** How long the site's own logout may take. */
const RETURN_MS = 600_000;

/**
 * Whether the id_token_hint names the user at hand and an app they use in this very session: then that app asks, and
 * nobody else.
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout
 */
export async function isProvenByHint(
  { oidc }: KoaContextWithOIDC,
  subjects: Pick<Subjects, 'pairwise'>,
): Promise<boolean> {
  const hint = oidc.entities.IdTokenHint as { payload?: { sub?: unknown; sid?: unknown } } | undefined;
  const { session, client } = oidc;
  if (!hint?.payload || !session?.accountId || !client) return false;
  const { sub, sid } = hint.payload;
  const isOfSession = session.authorizations?.[client.clientId] !== undefined;
  if (!isOfSession || (sid !== undefined && sid !== session.sidFor(client.clientId))) return false;
  const { accountId } = session;
  return sub === (await callStore(() => subjectOf(subjects, client, accountId)));
}

/** The address that answers the question for them; its secret is the session's own, as in the form. */
export function confirmAddress(xsrf: string): string {
  return `${ROUTES.end_session}/confirm?${new URLSearchParams({ xsrf })}`;
}

interface Deps {
  issuer: string;
  /** The site's logout page; undefined: a logout ends here. */
  siteLogoutUrl: string | undefined;
  scopes: RequestScopes;
  artifacts: Pick<ArtifactStore, 'upsert'>;
  clock: Clock;
}

/** A confirmed logout goes on to the site, with a short handle to come back by. */
export function logoutAtSite({ issuer, siteLogoutUrl, scopes, artifacts, clock }: Deps) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (siteLogoutUrl === undefined || scopes.current()?.route !== 'end_session_confirm') return;
    const session = ctx.oidc?.session as { destroyed?: boolean; accountId?: string } | undefined;
    // Where nobody was logged in nobody was asked either: no link may log people out at the site like that.
    if (ctx.status !== 303 || !session?.destroyed || session.accountId === undefined) return;
    const target = ctx.response.get('location');
    // Another user has logged in and the session of the one before gives way; at the site it has already.
    const ways = [ROUTES.authorization, ROUTES.device];
    const isAccountSwitch = ways.some((way) => target.startsWith(`${issuer}${way}/`));
    if (isAccountSwitch) return;
    const handle = randomToken(16);
    const payload = { url: target };
    const expiresAt = new Date(clock.now().getTime() + RETURN_MS);
    await callStore(() => artifacts.upsert(KIND, hashOf(handle), { payload, expiresAt }));
    const url = new URL(siteLogoutUrl);
    url.searchParams.set('return_to', `${issuer}${ROUTES.logoutReturn}/${handle}`);
    ctx.set('Location', url.href);
  };
}

/** Where a browser that is back from the site's logout goes on to; nothing of ours is left to do. */
export async function afterSiteLogout(
  artifacts: Pick<ArtifactStore, 'find'>,
  clock: Clock,
  handle: string,
): Promise<string> {
  const found = await artifacts.find(KIND, hashOf(handle));
  const isCurrent = found !== undefined && found.expiresAt > clock.now();
  return isCurrent ? String(found.payload.url) : `${ROUTES.end_session}/success`;
}
