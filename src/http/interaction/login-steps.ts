// Owns: what becomes of the steps of a login: form, redirect, page, end. Does not: know how a login is done (login/).
import { decodeJwt } from 'jose';
import type { Audit } from '../../audit/service.js';
import { type Clock, toEpochSeconds } from '../../lib/clock.js';
import { BadRequestError } from '../../lib/errors.js';
import { askedAcr, idTokenClaimAsked } from '../../login/acr.js';
import type {
  LoginDemand,
  LoginRequest,
  LoginResult,
  LoginStep,
  LoginStrategy,
} from '../../login/strategy.js';
import type { Interaction, Interactions } from '../../provider/interactions.js';
import { ROUTES } from '../../provider/routes.js';
import type { HttpContext } from '../context.js';
import type { PageWriter } from '../pages/writer.js';
import { exchangeOf, handOver } from './hand-over.js';
import { handoffModel, loginModel, pageOptions, type Scene } from './views.js';

export interface LoginStepDeps {
  interactions: Interactions;
  strategy: LoginStrategy;
  audit: Audit;
  pages: PageWriter;
  clock: Clock;
}

/** The policy's reasons that ask for another user than the one at hand. */
const OTHER_USER = new Set(['id_token_hint', 'claims_id_token_sub_value']);

/** The `sub` the request insists on. @see https://openid.net/specs/openid-connect-core-1_0.html#IndividualClaimsRequests */
function demandedSub({ params }: Interaction): string | undefined {
  const { id_token_hint: hint } = params;
  const { sub: hinted } = hint === undefined ? {} : decodeJwt(hint);
  const { value: sub } = idTokenClaimAsked(params.claims, 'sub');
  return typeof sub === 'string' ? sub : hinted;
}

function demandOf(ctx: HttpContext, { prompt, reasons }: Interaction): LoginDemand {
  // Somebody who is to agree or to choose asked to be somebody else.
  if (ctx.query.login === '1' || prompt !== 'login') return 'other';
  if (reasons.some((reason) => OTHER_USER.has(reason))) return 'other';
  return reasons.includes('login_prompt') ? 'again' : 'any';
}

export function createLoginSteps({ interactions, strategy, audit, pages, clock }: LoginStepDeps) {
  /**
   * How long ago a login may be, epoch seconds; undefined: whenever. Whatever it is that is asked just now: any login
   * answers prompt=login and max_age for the rest of the request.
   */
  function notBeforeOf({ params, startedAt }: Interaction): number | undefined {
    const isAskedAgain = params.prompt?.split(' ').includes('login') === true;
    const maxAge = params.max_age === undefined ? Number.NaN : Number(params.max_age);
    const bounds = [
      ...(isAskedAgain ? [startedAt] : []),
      ...(Number.isFinite(maxAge) ? [Math.min(startedAt, toEpochSeconds(clock.now()) - maxAge)] : []),
    ];
    return bounds.length > 0 ? Math.max(...bounds) : undefined;
  }

  function toLoginRequest(ctx: HttpContext, interaction: Interaction): LoginRequest {
    const { uid, clientId, params } = interaction;
    const sub = demandedSub(interaction);
    return {
      uid,
      clientId,
      loginHint: params.login_hint,
      uiLocales: params.ui_locales,
      demand: demandOf(ctx, interaction),
      notBefore: notBeforeOf(interaction),
      isWanted: async (id) => sub === undefined || sub === (await interactions.subjectOf(clientId, id)),
      acr: askedAcr(params),
      cookies: ctx.get('cookie') || undefined,
      ip: ctx.state.ip,
    };
  }

  async function note(
    ctx: HttpContext,
    { clientId }: Interaction,
    event: 'failed' | LoginResult,
    problem?: string,
  ) {
    const { ip, requestId } = ctx.state;
    const common = { clientId, ip, requestId };
    if (event === 'failed') {
      const details = { strategy: strategy.name, problem };
      return audit.record({ type: 'login.failed', actor: 'system', ...common, details });
    }
    const { accountId, acr } = event;
    const details = { strategy: strategy.name, ...(acr !== undefined && { acr }) };
    await audit.record({
      type: 'login.succeeded',
      actor: `user:${accountId}`,
      userId: accountId,
      ...common,
      details,
    });
  }

  async function answer(ctx: HttpContext, scene: Scene, step: LoginStep): Promise<void> {
    const { interaction } = scene;
    switch (step.kind) {
      case 'redirect':
        ctx.status = 303;
        return ctx.redirect(step.url);
      case 'refused':
        return handOver(ctx, () => interactions.abort(exchangeOf(ctx), step.error, step.description));
      case 'done':
        await note(ctx, interaction, step.result);
        return handOver(ctx, () => interactions.finishLogin(exchangeOf(ctx), step.result));
      case 'waiting':
        return pages.write(ctx, 'handoff', handoffModel(scene, step.url), pageOptions(scene));
      case 'invalid':
        await note(ctx, interaction, 'failed', step.detail);
        ctx.status = 403;
        return pages.write(
          ctx,
          'error',
          {
            code: 'access_denied',
            description: 'the login could not be verified',
            requestId: ctx.state.requestId,
            continueUrl: `${ROUTES.interaction}/${interaction.uid}`,
          },
          pageOptions(scene),
        );
      default:
        if (step.problem === 'too_many_attempts') ctx.status = 429;
        else if (step.problem !== undefined) ctx.status = 400;
        pages.write(ctx, 'login', loginModel(scene, step), pageOptions(scene));
    }
  }

  return {
    /** Somebody must log in. */
    async start(ctx: HttpContext, scene: Scene): Promise<void> {
      await answer(ctx, scene, await strategy.start(toLoginRequest(ctx, scene.interaction)));
    },

    /** Our own form was sent. */
    async submit(ctx: HttpContext, scene: Scene, { username = '', password = '' }: Record<string, string>) {
      if (!strategy.submit) throw new BadRequestError('this provider has no login form');
      const request = toLoginRequest(ctx, scene.interaction);
      const step = await strategy.submit(request, { username, password });
      if (step.kind === 'form') await note(ctx, scene.interaction, 'failed', step.problem);
      await answer(ctx, scene, step);
    },

    /** The browser is back from where `start` sent it. */
    async comeBack(ctx: HttpContext, scene: Scene): Promise<void> {
      if (!strategy.return) throw new BadRequestError('logins happen on our own page here');
      const { login_ticket: ticket } = ctx.query;
      const query: Record<string, string> = typeof ticket === 'string' ? { login_ticket: ticket } : {};
      await answer(ctx, scene, await strategy.return(toLoginRequest(ctx, scene.interaction), query));
    },
  };
}
