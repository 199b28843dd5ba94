// Owns: composing the models of the interaction pages.
import { wordsOf } from '../../clients/authorization-details.js';
import type { DetailsTypes, ScopeWords } from '../../clients/resource-servers.js';
import { formTargetOf } from '../../provider/form-target.js';
import type { Interaction } from '../../provider/interactions.js';
import { ROUTES } from '../../provider/routes.js';
import type { ConsentRecord, StoredClient, UserRecord } from '../../store/ports/index.js';
import { accountView, clientView } from '../pages/client-view.js';
import type {
  ConsentModel,
  FormTarget,
  HandoffModel,
  LoginModel,
  LoginProblem,
  SelectAccountModel,
} from '../pages/models.js';
import type { PageOptions } from '../pages/writer.js';

/** What the pages of one interaction have in common. */
export interface Scene {
  interaction: Interaction;
  csrf: string;
  client: StoredClient | undefined;
  user: UserRecord | undefined;
  /** The site's login page, where "not you?" leads; undefined: there is none. */
  loginUrl: string | undefined;
}

function formTo({ interaction, csrf }: Scene, action: string): FormTarget {
  return { action: `${ROUTES.interaction}/${interaction.uid}/${action}`, csrf };
}

export function pageOptions({ interaction, user, loginUrl }: Scene): PageOptions {
  return {
    formTargets: [interaction.params.redirect_uri, loginUrl].flatMap(formTargetOf),
    uiLocales: interaction.params.ui_locales,
    userLanguage: user?.languagePreference,
  } as PageOptions;
}

export function loginModel(scene: Scene, extra: { problem?: LoginProblem; username?: string }): LoginModel {
  return {
    form: formTo(scene, 'login'),
    cancel: formTo(scene, 'cancel'),
    client: scene.client && clientView(scene.client),
    loginHint: extra.username ?? scene.interaction.params.login_hint,
    problem: extra.problem,
  };
}

export function handoffModel(scene: Scene, continueUrl: string): HandoffModel {
  return {
    cancel: formTo(scene, 'cancel'),
    client: scene.client && clientView(scene.client),
    continueUrl,
  };
}

export function selectAccountModel(scene: Scene & { user: UserRecord }): SelectAccountModel {
  return {
    form: formTo(scene, 'select'),
    cancel: formTo(scene, 'cancel'),
    client: scene.client && clientView(scene.client),
    account: accountView(scene.user),
  };
}

export function consentModel(
  scene: Scene & { user: UserRecord; client: StoredClient },
  remembered: ConsentRecord | undefined,
  words: { scopes: ScopeWords; details: DetailsTypes },
): ConsentModel {
  const { interaction, client, user } = scene;
  const before = new Set(remembered?.scopes);
  const requested = (interaction.params.scope ?? '').split(' ').filter((scope) => scope !== '');
  return {
    form: formTo(scene, 'consent'),
    switchAccount: formTo(scene, 'switch'),
    client: clientView(client),
    account: accountView(user),
    scopes: requested.map((name) => ({ name, granted: before.has(name), words: words.scopes.get(name) })),
    claims: interaction.missing.claims,
    details: interaction.details.map((detail) => {
      const type = words.details.get(detail.type) ?? { type: detail.type, members: [] };
      return { en: wordsOf(detail, type, 'en'), zh: wordsOf(detail, type, 'zh') };
    }),
    redirectUri: interaction.params.redirect_uri,
  };
}
