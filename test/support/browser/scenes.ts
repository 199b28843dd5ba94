// Every page of ours, and how a person gets to see it.
import type { Page } from 'playwright-core';
import { OTHER_USER, PASSWORD, USER } from '../app.js';
import { insist, logIn, press } from './person.js';
import type { Stage } from './stage.js';
import type { Visitor } from './visitor.js';

/** Markup, quotes, overrides of direction, and what cannot be seen. */
export const HOSTILE_NAME =
  '\u202E"><script>alert(1)</script>\u2066<img src=x onerror=alert(1)> evil.example\u200B\u202E';

const LONG_NAME = 'Federated Marketplace of the Students and Alumni of the Very Large Campus '
  .repeat(3)
  .trim();
const LONG_WORD = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';

const ROOMY = { client_secret: undefined, token_endpoint_auth_method: 'none' };
const PKCE = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };

/** The apps the pages are about. */
export const SCENE_APPS: Record<string, Record<string, unknown>> = {
  market: {},
  known: { client_name: 'Campus Library', initiate_login_uri: 'https://library.example/login' },
  browserly: { ...ROOMY, client_name: 'Campus Notes' },
  pictured: {
    client_name: '校园集市',
    logo_uri: 'https://logo.example/mark.png',
    policy_uri: 'https://market.example/privacy',
    tos_uri: 'https://market.example/terms',
  },
  hostile: {
    client_name: HOSTILE_NAME,
    client_uri: 'https://evil.example/"><script>alert(1)</script>',
    logo_uri: 'https://evil.example/x.svg#"onerror="alert(1)',
    policy_uri: "https://evil.example/'onclick='alert(1)",
  },
  long: { client_name: LONG_NAME, client_uri: `https://${'long-name.'.repeat(12)}example/` },
  word: { client_name: LONG_WORD },
};

type Scene = (visitor: Visitor, stage: Stage) => Promise<void>;

const asked = (name: string, params: Record<string, string> = {}): Scene => {
  return async ({ page, locale }, stage) => {
    await page.goto(stage.request(name, { ui_locales: locale, ...params }));
  };
};

/** Logged in, and asked for consent. */
const consent = (name: string, params: Record<string, string> = {}): Scene => {
  return async (visitor, stage) => {
    await asked(name, params)(visitor, stage);
    await logIn(visitor.page);
  };
};

/** Somebody who has used the app `known` before, for these scopes. */
const usedBefore = async ({ page, locale }: Visitor, stage: Stage, scope = 'openid profile') => {
  await page.goto(stage.request('known', { scope, ui_locales: locale }));
  await insist(page, stage.rp.origin);
};

const logoutUrl = ({ locale }: Visitor, { app, rp }: Stage) =>
  `${app.issuer}/api/oauth/logout?${new URLSearchParams({
    client_id: 'known',
    post_logout_redirect_uri: `${rp.origin}/known/logged-out`,
    ui_locales: locale,
  })}`;

const address = (path: string): Scene => {
  return async ({ page }, { app }) => {
    await page.goto(`${app.issuer}${path}`);
  };
};

const connectedApps = async ({ page, locale }: Visitor, { app }: Stage, path = '') => {
  await page.goto(`${app.issuer}/account/apps${path}?ui_locales=${locale}`);
};

async function tryWrongPassword(page: Page) {
  await logIn(page, { username: USER.email, password: 'not the password' });
}

/** A picture of 1 by 1 pixel. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export const SCENES: Record<string, Scene> = {
  login: asked('market'),
  'login-error': async (visitor, stage) => {
    await asked('market')(visitor, stage);
    await tryWrongPassword(visitor.page);
  },
  'login-hostile': asked('hostile', { login_hint: `${HOSTILE_NAME}@example.com` }),
  'select-account': async (visitor, stage) => {
    await usedBefore(visitor, stage);
    await asked('known', { prompt: 'select_account' })(visitor, stage);
  },
  'consent-new': consent('market', { scope: 'openid profile email phone offline_access', prompt: 'consent' }),
  'consent-browser-app': consent('browserly', PKCE),
  'consent-logo': async (visitor, stage) => {
    const body = DOT;
    await visitor.context.route('https://logo.example/**', (route) =>
      route.fulfill({ contentType: 'image/png', body }),
    );
    await consent('pictured')(visitor, stage);
  },
  'consent-incremental': async (visitor, stage) => {
    await usedBefore(visitor, stage);
    await asked('known', { scope: 'openid profile email phone' })(visitor, stage);
  },
  'consent-unknown-scope': consent('market', { scope: 'openid profile campus:timetable' }),
  'consent-claims': consent('market', {
    scope: 'openid',
    claims: JSON.stringify({ userinfo: { birthdate: null, [HOSTILE_NAME]: null, phone_number: null } }),
  }),
  // Asked for: another scene has agreed to it.
  'consent-hostile': consent('hostile', { prompt: 'consent' }),
  'consent-long-name': consent('long', { prompt: 'consent' }),
  'consent-long-word': consent('word'),
  'error-unknown-client': asked('nobody'),
  'error-expired': async (visitor, stage) => {
    await asked('market')(visitor, stage);
    await visitor.context.clearCookies();
    await visitor.page.reload();
  },
  'error-not-found': address('/nowhere'),
  logout: async (visitor, stage) => {
    await usedBefore(visitor, stage);
    await visitor.page.goto(logoutUrl(visitor, stage));
  },
  'logged-out': async (visitor, stage) => {
    await usedBefore(visitor, stage);
    await visitor.page.goto(`${stage.app.issuer}/api/oauth/logout?ui_locales=${visitor.locale}`);
    await press(visitor.page, 'logout-confirm');
  },
  root: address('/'),
  apps: async (visitor, stage) => {
    await usedBefore(visitor, stage);
    for (const name of ['hostile', 'long']) {
      await asked(name)(visitor, stage);
      await insist(visitor.page, stage.rp.origin);
    }
    await connectedApps(visitor, stage);
  },
  'apps-empty': async (visitor, stage) => {
    await connectedApps(visitor, stage);
    await logIn(visitor.page, { username: OTHER_USER.email, password: PASSWORD });
    await connectedApps(visitor, stage);
  },
  'apps-revoke': async (visitor, stage) => {
    await usedBefore(visitor, stage);
    await connectedApps(visitor, stage, '/known/revoke');
  },
  'apps-revoked': async (visitor, stage) => {
    await usedBefore(visitor, stage);
    await connectedApps(visitor, stage, '/known/revoke');
    await press(visitor.page, 'revoke-confirm');
  },
  'error-reference': address('/api/oauth/errors'),
};
