// Owns: the addresses under /interaction/:uid: showing the pending question, taking the answer.
// Does not: know how a login is done (login/) or what a grant is (provider/, grants/).
import Router from '@koa/router';
import type { ResourceServers } from '../../clients/resource-servers.js';
import type { ConsentService } from '../../grants/service.js';
import { BadRequestError, StoreUnavailableError } from '../../lib/errors.js';
import { type Interaction, InteractionGoneError } from '../../provider/interactions.js';
import { ROUTES } from '../../provider/routes.js';
import type { ClientStore, UserStore } from '../../store/ports/index.js';
import { arrivalOf, type HttpContext, type RequestState } from '../context.js';
import { formFields } from '../middleware/input-guard.js';
import type { Csrf } from './csrf.js';
import { exchangeOf, handOver } from './hand-over.js';
import { createLoginSteps, type LoginStepDeps } from './login-steps.js';
import { consentModel, pageOptions, type Scene, selectAccountModel } from './views.js';

export interface InteractionDeps extends LoginStepDeps {
  consents: ConsentService;
  clients: Pick<ClientStore, 'find'>;
  users: Pick<UserStore, 'find'>;
  resources: Pick<ResourceServers, 'words' | 'detailsTypes'>;
  csrf: Csrf;
}

/** Why there is no interaction any more, as far as the browser shows. */
function kindOf(ctx: HttpContext, { message }: Error): string {
  if (ctx.get('cookie') === '') return 'cookies_blocked';
  return /changed|mismatch/.test(message) ? 'session_mismatch' : 'session_expired';
}

export function createInteractionRoutes(deps: InteractionDeps) {
  const { interactions, consents, clients, users, resources, pages, csrf, strategy } = deps;
  const login = createLoginSteps(deps);
  const router = new Router<RequestState, HttpContext>({ strict: true, sensitive: true });

  async function sceneOf(interaction: Interaction): Promise<Scene> {
    const [client, user] = await Promise.all([
      clients.find(interaction.clientId),
      interaction.accountId === undefined ? undefined : users.find(interaction.accountId),
    ]);
    return { interaction, csrf: csrf.tokenFor(interaction.uid), client, user, loginUrl: strategy.loginUrl };
  }

  async function find(ctx: HttpContext): Promise<Interaction> {
    return interactions.find(ctx.req, ctx.res, arrivalOf(ctx), String(ctx.params.uid));
  }

  async function show(ctx: HttpContext): Promise<void> {
    const interaction = await find(ctx);
    const scene = await sceneOf(interaction);
    const { client, user } = scene;
    const wantsLogin = interaction.prompt === 'login' || ctx.query.login === '1' || !user;
    if (wantsLogin) return login.start(ctx, scene);
    if (interaction.prompt === 'select_account') {
      return pages.write(ctx, 'select-account', selectAccountModel({ ...scene, user }), pageOptions(scene));
    }
    if (!client) throw new InteractionGoneError('the client no longer exists');
    const remembered = await consents.find(user.id, interaction.clientId);
    const words = { scopes: await resources.words(), details: await resources.detailsTypes() };
    const model = consentModel({ ...scene, user, client }, remembered, words);
    pages.write(ctx, 'consent', model, pageOptions(scene));
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
    const { accountId, clientId, missing, params, details } = interaction;
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
    const detailsTypes = details.map(({ type }) => type);
    await consents.allow({ ...subject, claims: missing.claims, grantId, detailsTypes });
    await handOver(ctx, () => interactions.finishConsent(exchangeOf(ctx), grantId));
  }

  async function submitLogin(ctx: HttpContext, interaction: Interaction, fields: Record<string, string>) {
    await login.submit(ctx, await sceneOf(interaction), fields);
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
      const kind = kindOf(ctx, error);
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
  // Where the site sends the browser back to.
  router.get(`${base}/return`, (ctx) =>
    orExpired(ctx, async () => login.comeBack(ctx, await sceneOf(await find(ctx)))),
  );
  // A form's address, reloaded or typed in: back to the question.
  router.get(`${base}/:action`, (ctx) => {
    ctx.status = 303;
    ctx.redirect(`${ROUTES.interaction}/${encodeURIComponent(String(ctx.params.uid))}`);
  });
  const answers = { login: submitLogin, select, consent, switch: switchAccount, cancel };
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
