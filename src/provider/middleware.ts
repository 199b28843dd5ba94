// Owns: what runs around the library's own handling of a request. The order is in create.ts.
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../audit/service.js';
import { DEVICE_CODE } from '../clients/grant-types.js';
import type { TellApp } from '../grants/telling.js';
import { AppError } from '../lib/errors.js';
import type { UnitOfWork } from '../store/ports/index.js';
import { callStore } from './adapter/failure.js';
import { formPostOf } from './form-post.js';
import { formTargetOf } from './form-target.js';
import { confirmAddress } from './logout.js';
import type { ProviderPages } from './pages.js';
import type { RequestScopes, RouteName } from './request-scope.js';
import { ROUTES } from './routes.js';
import { evenOutUnknownClient, type SecretDeps } from './secrets.js';

type Next = () => Promise<void>;
type Middleware = (ctx: KoaContextWithOIDC, next: Next) => Promise<void>;

/** What the library calls `invalid_request`, and RFC 6749 section 5.2 `unauthorized_client`. */
const GRANT_NOT_ALLOWED = new Set<unknown>([
  'requested grant type is not allowed for this client',
  `${DEVICE_CODE} is not allowed for this client`,
]);

const DISCOVERY_MAX_AGE_SECONDS = 300;

/**
 * Makes the request's context known to the adapter, and the issuer (or the one other origin there may be) its address:
 * every URL the library makes begins with that, whatever the request says.
 */
export function rememberContext({ issuer, scopes }: { issuer: string; scopes: RequestScopes }): Middleware {
  return (ctx, next) => {
    const scope = scopes.current();
    if (scope) scope.ctx = ctx;
    ctx.request.originalUrl = `${scope?.origin ?? issuer}${ctx.req.url}`;
    return next();
  };
}

/** The library leaves what fails outside its routes (saving the session) to Koa: same answer here. */
export function answerFailures({
  pages,
  report,
}: {
  pages: ProviderPages;
  report: (error: unknown) => void;
}): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // Some things are refused only when all is written together.
      const isAnswer =
        error instanceof errors.OIDCProviderError && (error.expose || error.statusCode === 503);
      if (!isAnswer) report(error);
      ctx.remove('set-cookie');
      ctx.remove('location');
      ctx.status = isAnswer ? error.statusCode : error instanceof AppError ? error.statusCode : 500;
      const out = isAnswer
        ? { error: error.message, error_description: error.error_description ?? '' }
        : { error: 'server_error', error_description: 'oops! something went wrong' };
      if (ctx.accepts('json', 'html') === 'html') await pages.error(ctx, out, error as Error);
      else ctx.body = out;
    }
    if (ctx.status === 503) ctx.set('Retry-After', '2');
    if (ctx.status === 429 && !ctx.response.get('retry-after')) ctx.set('Retry-After', '1');
  };
}

/** What the library says no more than the code of. */
const DESCRIPTIONS: Record<string, string> = {
  request_not_supported: 'the request parameter is not supported',
  request_uri_not_supported: 'the request_uri parameter is not supported',
  registration_not_supported: 'the registration parameter is not supported',
};

/** Adds the missing error_description to an error that is sent back to the client by redirect. */
function describeRedirect(ctx: KoaContextWithOIDC): void {
  const location = ctx.response.get('location');
  if (!/[?&#]error=/.test(location)) return;
  const url = new URL(location);
  const isInFragment = url.hash !== '';
  const answer = isInFragment ? new URLSearchParams(url.hash.slice(1)) : url.searchParams;
  const description = DESCRIPTIONS[answer.get('error') ?? ''];
  if (description === undefined || answer.has('error_description')) return;
  answer.set('error_description', description);
  if (isInFragment) url.hash = answer.toString();
  ctx.set('Location', url.href);
}

/** The library's own pages post themselves; their form may lead where the request was checked to lead. */
function limitForms(ctx: KoaContextWithOIDC): void {
  const policy = ctx.response.get('content-security-policy');
  if (!ctx.response.is('html') || policy === '' || policy.includes('form-action')) return;
  const { params, entities, session } = ctx.oidc;
  const state = session?.state as { postLogoutRedirectUri?: string } | undefined;
  const uris = [
    params?.redirect_uri,
    entities.Interaction?.params.redirect_uri,
    state?.postLogoutRedirectUri,
  ];
  const targets = [...new Set(uris.flatMap(formTargetOf))];
  ctx.set('Content-Security-Policy', `${policy}; form-action ${["'self'", ...targets].join(' ')}`);
}

/**
 * The library ends a session by a page of its own that posts itself to us: when somebody else has logged in, and when
 * there is nobody to ask. A redirect does the same, in no language and without JavaScript.
 */
function redirectOwnForm(ctx: KoaContextWithOIDC): void {
  const { secret } = (ctx.oidc.session?.state ?? {}) as { secret?: unknown };
  if (typeof ctx.body !== 'string' || typeof secret !== 'string') return;
  const isToUs = ctx.body.includes(`<form method="post" action="${ctx.oidc.urlFor('end_session_confirm')}">`);
  if (!isToUs || !ctx.body.includes('document.forms[0].submit()')) return;
  ctx.status = 303;
  ctx.redirect(confirmAddress(secret));
}

const FOR_BROWSERS = new Set<RouteName>([
  'authorization',
  'resume',
  'code_verification',
  'device_resume',
  'end_session',
  'end_session_confirm',
  'end_session_success',
  'interaction',
]);

/**
 * Metadata without the lists that hold nothing.
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.2
 */
const withoutEmpty = (metadata: Record<string, unknown> = {}) =>
  Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  );

/** `error_uri` for programs, and caching of what never changes from one request to the next. */
export function decorateAnswers({
  issuer,
  scopes,
  pages,
  jwksMaxAge,
}: {
  issuer: string;
  scopes: RequestScopes;
  pages: Pick<ProviderPages, 'formPost'>;
  /** Seconds; shorter than keys are announced before they sign. */
  jwksMaxAge: number;
}): Middleware {
  return async (ctx, next) => {
    await next();
    const route = scopes.current()?.route;
    if (ctx.oidc && FOR_BROWSERS.has(route ?? 'interaction')) {
      redirectOwnForm(ctx);
      const answer = formPostOf(ctx.body);
      if (answer) await pages.formPost(ctx, answer);
      describeRedirect(ctx);
      limitForms(ctx);
    }
    // A part of the protocol that is off.
    if (ctx.status === 404 && ctx.body === undefined) {
      ctx.body = { error: 'not_found', error_description: 'there is nothing at this address' };
      ctx.status = 404;
    }
    const body = ctx.body as Record<string, unknown> | undefined;
    if (ctx.status >= 400 && body && typeof body === 'object' && typeof body.error === 'string') {
      const error = GRANT_NOT_ALLOWED.has(body.error_description) ? 'unauthorized_client' : body.error;
      const missing = body.error_description === undefined && DESCRIPTIONS[error];
      const description = missing ? { error_description: missing } : {};
      ctx.body = { ...body, ...description, error, error_uri: `${issuer}${ROUTES.errorReference}#${error}` };
    }
    if (route === 'discovery' && ctx.status === 200) ctx.body = withoutEmpty(body);
    if ((route === 'discovery' || route === 'jwks') && ctx.status === 200) {
      const maxAge = route === 'jwks' ? jwksMaxAge : DISCOVERY_MAX_AGE_SECONDS;
      ctx.set('Cache-Control', `public, max-age=${maxAge}`);
    }
  };
}

const WHOLE = new Set<RouteName>(['token', 'end_session_confirm']);

/**
 * What the library may say after it has used the code or refresh token up, of a request that the client can put right.
 * None of them comes with a revocation.
 */
const CAN_BE_PUT_RIGHT = ['invalid_target', 'invalid_scope', 'invalid_authorization_details'];

function isToBeKept({ status, body }: KoaContextWithOIDC): boolean {
  if (status >= 500) return false;
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: unknown };
  return status < 400 || typeof error !== 'string' || !CAN_BE_PUT_RIGHT.includes(error);
}

/**
 * One unit of work per token request: kept when it succeeds or is refused (so that a revocation stays), undone when
 * it fails with 5xx or asks for what cannot be had, so that the code or refresh token can be used again. So with a
 * logout: apps are to be told of it and the session is over, or neither. The authorization endpoint uses nothing up: all it
 * stores, and the audit event, is stored before the answer leaves, and what was stored in vain nobody has.
 */
export function requestUnitOfWork({
  unitOfWork,
  scopes,
  audit,
  secrets,
  tell,
}: {
  unitOfWork: UnitOfWork;
  scopes: RequestScopes;
  audit: Audit;
  secrets: SecretDeps;
  tell: Pick<TellApp, 'begin'>;
}): Middleware {
  /** What there is to record, as a function that records it. */
  function pendingAudit(): (() => Promise<void>) | undefined {
    const events = scopes.current()?.audit.splice(0) ?? [];
    return events.length > 0 ? () => audit.record(...events) : undefined;
  }

  return async (ctx, next) => {
    const scope = scopes.current();
    if (!scope || !WHOLE.has(scope.route)) {
      await next();
      const record = pendingAudit();
      if (record) await callStore(record);
    } else {
      await callStore(() =>
        unitOfWork.run(async () => {
          await next();
          if (scope.logoutNotNoted) throw scope.logoutNotNoted.error;
          return { commit: isToBeKept(ctx), value: undefined, last: pendingAudit() };
        }),
      );
      if (scope.hasNotedLogout) tell.begin();
      // A retry inside the grace window gets what the first use got.
      if (scope.graceSuccessor !== undefined && ctx.status === 200) {
        ctx.body = { ...(ctx.body as object), refresh_token: scope.graceSuccessor };
      }
    }
    await evenOutUnknownClient(ctx, secrets);
  };
}
