// Owns: the addresses under /interaction/:uid: showing the pending question, taking the answer.
// Does not: know how a login is done (login/) or what a grant is (provider/, grants/).
import Router from '@koa/router';
import type { Audit } from '../../audit/service.js';
import type { ConsentService } from '../../grants/service.js';
import { BadRequestError, StoreUnavailableError } from '../../lib/errors.js';
import type { LoginRequest, LoginStep, LoginStrategy } from '../../login/strategy.js';
import { type Interaction, InteractionGoneError, type Interactions } from '../../provider/interactions.js';
import { ROUTES } from '../../provider/routes.js';
import type { ClientStore, UserStore } from '../../store/ports/index.js';
import { arrivalOf, type HttpContext, type RequestState } from '../context.js';
import { formFields } from '../middleware/input-guard.js';
import type { PageWriter } from '../pages/writer.js';
import type { Csrf } from './csrf.js';
import { consentModel, loginModel, pageOptions, type Scene, selectAccountModel } from './views.js';

export interface InteractionDeps {
  interactions: Interactions;
  strategy: LoginStrategy;
  consents: ConsentService;
  clients: Pick<ClientStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  audit: Audit;
  pages: PageWriter;
  csrf: Csrf;
}

const exchangeOf = (ctx: HttpContext) => ({ req: ctx.req, res: ctx.res, arrival: arrivalOf(ctx) });

/** Lets the library end the exchange: it writes the answer itself. */
async function handOver(ctx: HttpContext, work: () => Promise<void>): Promise<void> {
  await work();
  ctx.respond = false;
}

function toLoginRequest(
  ctx: HttpContext,
  { uid, clientId, params, prompt, reasons }: Interaction,
): LoginRequest {
  const isReauthentication = prompt !== 'login' || reasons.some((reason) => reason !== 'no_session');
  return {
    uid,
    clientId,
    loginHint: params.login_hint,
    uiLocales: params.ui_locales,
    isReauthentication,
    ip: ctx.state.ip,
  };
}

export function createInteractionRoutes(deps: InteractionDeps) {
  const { interactions, strategy, consents, clients, users, audit, pages, csrf } = deps;
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });

  async function sceneOf(interaction: Interaction): Promise<Scene> {
    const [client, user] = await Promise.all([
      clients.find(interaction.clientId),
      interaction.accountId === undefined ? undefined : users.find(interaction.accountId),
    ]);
    return { interaction, csrf: csrf.tokenFor(interaction.uid), client, user };
  }

  async function find(ctx: HttpContext): Promise<Interaction> {
    return interactions.find(ctx.req, ctx.res, arrivalOf(ctx), String(ctx.params.uid));
  }

  async function showLogin(
    ctx: HttpContext,
    interaction: Interaction,
    step: LoginStep,
    known?: Scene,
  ): Promise<void> {
    if (step.kind === 'redirect') return ctx.redirect(step.url);
    if (step.kind === 'refused') {
      return handOver(ctx, () => interactions.abort(exchangeOf(ctx), step.error, step.description));
    }
    if (step.kind === 'done') {
      const { accountId, acr } = step.result;
      const { ip, requestId } = ctx.state;
      const { clientId } = interaction;
      await audit.record({
        type: 'login.succeeded',
        actor: `user:${accountId}`,
        userId: accountId,
        clientId,
        ip,
        requestId,
        details: { strategy: strategy.name, acr },
      });
      return handOver(ctx, () => interactions.finishLogin(exchangeOf(ctx), step.result));
    }
    const scene = known ?? (await sceneOf(interaction));
    if (step.problem === 'too_many_attempts') ctx.status = 429;
    else if (step.problem !== undefined) ctx.status = 400;
    pages.write(ctx, 'login', loginModel(scene, step), pageOptions(scene));
  }

  async function show(ctx: HttpContext): Promise<void> {
    const interaction = await find(ctx);
    const scene = await sceneOf(interaction);
    const { client, user } = scene;
    const wantsLogin = interaction.prompt === 'login' || ctx.query.login === '1' || !user;
    if (wantsLogin)
      return showLogin(ctx, interaction, await strategy.start(toLoginRequest(ctx, interaction)), scene);
    if (interaction.prompt === 'select_account') {
      return pages.write(ctx, 'select-account', selectAccountModel({ ...scene, user }), pageOptions(scene));
    }
    if (!client) throw new InteractionGoneError('the client no longer exists');
    const remembered = await consents.find(user.id, interaction.clientId);
    pages.write(ctx, 'consent', consentModel({ ...scene, user, client }, remembered), pageOptions(scene));
  }

  async function login(ctx: HttpContext, interaction: Interaction, fields: Record<string, string>) {
    if (!strategy.submit) throw new BadRequestError('this provider has no login form');
    const { username = '', password = '' } = fields;
    const request = toLoginRequest(ctx, interaction);
    const step = await strategy.submit(request, { username, password });
    if (step.kind === 'form') {
      const { ip, requestId } = ctx.state;
      const details = { strategy: strategy.name, problem: step.problem };
      await audit.record({
        type: 'login.failed',
        actor: 'system',
        clientId: interaction.clientId,
        ip,
        requestId,
        details,
      });
    }
    await showLogin(ctx, interaction, step);
  }

  async function select(ctx: HttpContext, interaction: Interaction, { choice }: Record<string, string>) {
    if (choice === 'continue' && interaction.prompt === 'select_account') {
      return handOver(ctx, () => interactions.finishLogin(exchangeOf(ctx), 'select_account'));
    }
    if (choice !== 'other') throw new BadRequestError('choice must be continue or other');
    ctx.status = 303;
    ctx.redirect(`${ROUTES.interaction}/${interaction.uid}?login=1`);
  }

  async function consent(ctx: HttpContext, interaction: Interaction, { decision }: Record<string, string>) {
    const { accountId, clientId, missing, params } = interaction;
    if (interaction.prompt !== 'consent' || accountId === undefined) {
      throw new BadRequestError('there is nothing to agree to');
    }
    const scopes = (params.scope ?? '').split(' ').filter((scope) => scope !== '');
    const { ip, requestId } = ctx.state;
    const subject = { userId: accountId, clientId, scopes, ip, requestId };
    if (decision === 'deny') {
      await consents.deny(subject);
      const abort = () => interactions.abort(exchangeOf(ctx), 'access_denied', 'End-User denied the request');
      return handOver(ctx, abort);
    }
    if (decision !== 'allow') throw new BadRequestError('decision must be allow or deny');
    const grantId = await interactions.saveGrant(exchangeOf(ctx), interaction);
    await consents.allow({ ...subject, claims: missing.claims, grantId });
    await handOver(ctx, () => interactions.finishConsent(exchangeOf(ctx), grantId));
  }

  async function switchAccount(ctx: HttpContext, interaction: Interaction) {
    return select(ctx, interaction, { choice: 'other' });
  }

  async function cancel(ctx: HttpContext) {
    await handOver(ctx, () =>
      interactions.abort(exchangeOf(ctx), 'access_denied', 'End-User aborted the interaction'),
    );
  }

  /** Tells a person whose interaction is over how to go on; a store that is down stays a 503. */
  async function orExpired(ctx: HttpContext, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof InteractionGoneError)) throw error;
      const continueUrl = await interactions.restartUrl(String(ctx.params.uid)).catch((failure) => {
        if (failure instanceof StoreUnavailableError) throw failure;
        return undefined;
      });
      ctx.status = ctx.method === 'POST' ? 403 : 400;
      const kind = /changed|mismatch/.test(error.message) ? 'session_mismatch' : 'session_expired';
      const { requestId } = ctx.state;
      pages.write(ctx, 'error', {
        code: 'invalid_request',
        description: error.message,
        kind,
        requestId,
        continueUrl,
      });
    }
  }

  const base = `${ROUTES.interaction}/:uid`;
  // The uid opens the interaction: it is no business of the log's.
  router.use(base, async (ctx, next) => {
    ctx.state.routeName = 'interaction';
    await next();
  });
  router.get(base, (ctx) => orExpired(ctx, () => show(ctx)));
  // A form's address, reloaded or typed in: back to the question.
  router.get(`${base}/:action`, (ctx) => {
    ctx.status = 303;
    ctx.redirect(`${ROUTES.interaction}/${encodeURIComponent(String(ctx.params.uid))}`);
  });
  const answers = { login, select, consent, switch: switchAccount, cancel };
  for (const [name, answer] of Object.entries(answers)) {
    router.post(`${base}/${name}`, (ctx) =>
      orExpired(ctx, async () => {
        const fields = formFields(ctx);
        csrf.check(ctx, String(ctx.params.uid), fields.csrf);
        await answer(ctx, await find(ctx), fields);
      }),
    );
  }
  return router;
}
