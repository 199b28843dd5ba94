// Owns: the library's device flow with our pages, and what its answers lack.
// Does not: keep device codes (adapter/device-code-adapter.ts).
// @see https://www.rfc-editor.org/rfc/rfc8628
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Feature } from '../config/features.js';
import { hashOf } from '../lib/ids.js';
import { addressBucket } from '../lib/ip.js';
import { AlreadyAnswered, shownUserCode, USER_CODE } from './device-codes.js';
import { POLL_SECONDS } from './device-polls.js';
import { formPostOf } from './form-post.js';
import type { DevicePages } from './pages.js';
import type { RequestScopes } from './request-scope.js';
import { ROUTES } from './routes.js';

/** What the library throws at a person whose code is none, is over, or is in use elsewhere: one answer for all. */
const NO_SUCH_CODE = new Set(['NoCodeError', 'NotFoundError', 'ExpiredError', 'AlreadyUsedError']);

const BROWSER_ROUTES = new Set<string | undefined>(['code_verification', 'device_resume']);

/** How our own pages end an interaction (http/interaction). */
const BY_USER = /^End-User (denied|aborted) /;

const MAX_DEVICE_TEXT = 40;

/** What a device tells of itself, and where from: as a digest, to be compared and not to be read. */
function deviceInfo(ctx: KoaContextWithOIDC): Record<string, string> {
  const [product = ''] = ctx.get('user-agent').split(' ', 1);
  return { product: product.slice(0, MAX_DEVICE_TEXT), network: networkOf(ctx) };
}

function networkOf(ctx: KoaContextWithOIDC): string {
  return hashOf(`device-network:${addressBucket(ctx.ip)}`);
}

/** What the library says of a form that is not of the session at hand. */
const FOREIGN_FORM = /^(xsrf token invalid|could not find device form details)$/;

/** What a person is told of an error, where its code alone says too little. */
function kindOf(ctx: KoaContextWithOIDC, error: Error): string | undefined {
  if (ctx.status === 429) return 'device_locked';
  if (!(error instanceof errors.InvalidRequest)) return undefined;
  if (ctx.get('cookie') === '') return 'cookies_blocked';
  return FOREIGN_FORM.test(error.error_description ?? '') ? 'form_expired' : undefined;
}

/** A session that was not there before is not worth saving for an error page; the library could not either. */
function forgetNewSession({ oidc }: KoaContextWithOIDC): void {
  const session = oidc.session as { exp?: number; touched?: boolean } | undefined;
  if (session && session.exp === undefined) session.touched = false;
}

/**
 * What a device asks for, judged beyond the library, whose checks have run.
 *
 * It turns max_age=0 into prompt=login, and a device's request has no prompt: nobody would be asked to log in anew. A
 * second is as good, as it takes longer than that to enter a code. And it asks a person about no scope at all.
 * @throws InvalidScope @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3
 */
export function checkDeviceRequest({ oidc }: KoaContextWithOIDC): void {
  const { params, prompts, route } = oidc;
  if (!params || route !== 'device_authorization') return;
  if (params.max_age === undefined && prompts.has('login')) params.max_age = '1';
  if (params.scope === undefined && params.authorization_details === undefined) {
    throw new errors.InvalidScope('a scope is needed', '');
  }
}

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** The library's `deviceFlow`. */
export function createDeviceFlow(features: ReadonlySet<Feature>, pages: DevicePages): DeviceFlow {
  return {
    enabled: features.has('device_flow'),
    charset: 'base-20',
    mask: USER_CODE.mask,
    deviceInfo,

    async userCodeInputSource(ctx, _form, out, error) {
      if (!error) return pages.enterCode(ctx, {});
      if (error.name === 'AbortedError') {
        const { cause } = error as { cause?: { error_description?: string } };
        // A rule of ours, or of the resource, has refused: that was not the person.
        if (cause && !BY_USER.test(cause.error_description ?? '')) {
          ctx.status = 403;
          const { error_description } = cause;
          const refused = { error: 'access_denied', ...(error_description && { error_description }) };
          return pages.failed(ctx, refused, error);
        }
        return pages.answered(ctx, 'denied');
      }
      if (NO_SUCH_CODE.has(error.name) || error instanceof AlreadyAnswered) {
        ctx.status = 400;
        return pages.enterCode(ctx, { isWrong: true });
      }
      forgetNewSession(ctx);
      await pages.failed(ctx, out ?? { error: 'server_error' }, error, kindOf(ctx, error));
    },

    async userCodeConfirmSource(ctx, _form, _client, info, userCode) {
      const { product, network } = info as { product?: string; network?: string };
      await pages.confirm(ctx, { userCode, product, isElsewhere: network !== networkOf(ctx) });
    },

    successSource: (ctx) => pages.answered(ctx, 'approved'),
  };
}

/**
 * The answers the library gives, with what RFC 8628 lets them say beyond; an address that brings a code fills it in. The
 * person's browser goes to the issuer, wherever the device has asked.
 */
export function completeDeviceAnswers({
  issuer,
  scopes,
  pages,
}: {
  issuer: string;
  scopes: RequestScopes;
  pages: DevicePages;
}) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const scope = scopes.current();
    if (BROWSER_ROUTES.has(scope?.route) && ctx.status === 404 && ctx.body === undefined) {
      ctx.status = 404;
      const out = { error: 'not_found', error_description: 'there is nothing at this address' };
      return pages.failed(ctx, out, new Error(out.error_description));
    }
    if (scope?.route === 'code_verification' && ctx.method === 'GET') {
      // The library would have the page post itself: the person is to compare the code first.
      const userCode = formPostOf(ctx.body)?.fields.user_code;
      if (userCode !== undefined) await pages.enterCode(ctx, { userCode });
    }
    if (scope?.route !== 'device_authorization' || ctx.status !== 200) return;
    const answer = ctx.body as Record<string, unknown>;
    const { otherUserCode: other } = scope;
    const userCode = other === undefined ? String(answer.user_code) : shownUserCode(other);
    const address = `${issuer}${ROUTES.device}`;
    ctx.body = {
      ...answer,
      user_code: userCode,
      verification_uri: address,
      verification_uri_complete: `${address}?${new URLSearchParams({ user_code: userCode })}`,
      interval: POLL_SECONDS,
    };
  };
}
