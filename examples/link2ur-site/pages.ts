// Owns: the HTML of the site. No script, no inline style; stable ids for tests.
import { HTML_LANG, type Locale } from '../../src/http/i18n/locale.js';
import { type Html, html } from './html.js';
import { type LoginRequest, loginParams, loginUrl } from './login-request.js';
import { TEXTS, type Texts } from './texts.js';
import type { SiteUser } from './users.js';

/** What every page needs to know. */
export interface Look {
  locale: Locale;
  /** The page's address; the link to the other language is made from it. */
  address: string;
}

function languageLink({ locale, address }: Look): Html {
  const other: Locale = locale === 'zh' ? 'en' : 'zh';
  const [path, query] = address.split('?', 2);
  const params = new URLSearchParams(query);
  params.delete('ui_locales');
  params.set('lang', other);
  const { otherLanguage } = TEXTS[locale];
  return html`<a id="site-language" lang="${HTML_LANG[other]}" hreflang="${HTML_LANG[other]}"
  href="${path}?${params}">${otherLanguage}</a>`;
}

function layout(look: Look, title: string, body: Html): string {
  const t = TEXTS[look.locale];
  return html`<!doctype html>
<html lang="${HTML_LANG[look.locale]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Link²Ur</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a class="brand" href="/">Link²Ur</a><span class="tag">${t.tag}</span>${languageLink(look)}</header>
<main>
${body}
</main>
<footer>${t.footer} <code>examples/link2ur-site</code>.</footer>
</body>
</html>
`.text;
}

const hidden = (fields: Record<string, string>) =>
  Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  );

const alert = (id: string, text: string | undefined) =>
  text && html`<p class="alert" id="${id}" role="alert">${text}</p>`;

export interface LoginModel {
  request: LoginRequest;
  csrf: string;
  username: string;
  isWrong: boolean;
}

export function loginPage(look: Look, { request, csrf, username, isWrong }: LoginModel): string {
  const t = TEXTS[look.locale];
  const invalid = isWrong && html`aria-invalid="true" aria-describedby="site-error"`;
  const [first, second] = username ? ['', 'autofocus'] : ['autofocus', ''];
  return layout(
    look,
    t.loginTitle,
    html`<section class="card">
<h1>${t.loginTitle}</h1>
${request.isReauthentication && html`<p id="site-reauthenticate">${t.reauthenticate}</p>`}
${alert('site-error', isWrong ? t.wrong : undefined)}
<form id="site-login-form" method="post" action="/login">
${hidden({ ...loginParams(request), csrf })}
<label for="site-username">${t.username}</label>
<input id="site-username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false"
  maxlength="254" required value="${username}" ${invalid || ''} ${first}>
<label for="site-password">${t.password}</label>
<input id="site-password" name="password" type="password" autocomplete="current-password"
  maxlength="1024" required ${invalid || ''} ${second}>
<button id="site-submit" class="primary">${t.logIn}</button>
</form>
${request.returnTo && html`<p><a id="site-give-up" href="${request.returnTo.href}">${t.giveUp}</a></p>`}
</section>`,
  );
}

export interface SecondFactorModel {
  request: LoginRequest;
  csrf: string;
  /** Shown, because nothing is sent from here. */
  code: string;
  isWrong: boolean;
}

export function secondFactorPage(look: Look, { request, csrf, code, isWrong }: SecondFactorModel): string {
  const t = TEXTS[look.locale];
  const invalid = isWrong && html`aria-invalid="true" aria-describedby="site-error"`;
  return layout(
    look,
    t.factorTitle,
    html`<section class="card">
<h1>${t.factorTitle}</h1>
<p>${t.factorText} <code id="site-code-sent">${code}</code></p>
${alert('site-error', isWrong ? t.factorWrong : undefined)}
<form id="site-factor-form" method="post" action="/second-factor">
${hidden({ ...loginParams(request), csrf })}
<label for="site-code">${t.factorCode}</label>
<input id="site-code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required
  ${invalid || ''} autofocus>
<div class="stack">
<button id="site-submit" class="primary">${t.factorGo}</button>
<button id="site-factor-decline" name="decline" value="1" formnovalidate>${t.factorDecline}</button>
</div>
</form>
</section>`,
  );
}

export function chooseAccountPage(look: Look, { request, user }: { request: LoginRequest; user: SiteUser }) {
  const t = TEXTS[look.locale];
  const goOn = loginUrl(request, { isAccountChoice: false });
  const other = loginUrl(request, { isOtherAccount: true, loginHint: '' });
  return layout(
    look,
    t.chooseTitle,
    html`<section class="card">
<h1>${t.chooseTitle}</h1>
<div class="stack">
<a id="site-continue" class="button primary" href="${goOn}">${t.continueAs(user.name)}</a>
<a id="site-other-account" class="button" href="${other}">${t.otherAccount}</a>
</div>
${request.returnTo && html`<p><a id="site-give-up" href="${request.returnTo.href}">${t.giveUp}</a></p>`}
</section>`,
  );
}

const notice = (t: Texts, done: string) =>
  t.done[done] && html`<p class="notice" id="site-notice" role="status">${t.done[done]}</p>`;

export function welcomePage(look: Look, { done }: { done: string }): string {
  const t = TEXTS[look.locale];
  return layout(
    look,
    t.welcomeTitle,
    html`<section class="card">
<h1>${t.welcomeTitle}</h1>
${notice(t, done)}
<p>${t.welcome}</p>
<p><a id="site-login" class="button primary" href="/login">${t.logIn}</a></p>
</section>`,
  );
}

export interface AccountModel {
  user: SiteUser;
  csrf: string;
  appsUrl: string;
  done: string;
  problem?: 'password_wrong' | 'password_unfit' | 'delete_wrong';
}

export function accountPage(look: Look, { user, csrf, appsUrl, done, problem }: AccountModel): string {
  const t = TEXTS[look.locale];
  // Tells password managers whose password this is.
  const account = html`<input type="text" autocomplete="username" value="${user.email ?? user.id}" hidden>`;
  const passwordProblem = {
    password_wrong: t.passwordWrong,
    password_unfit: t.passwordUnfit,
    delete_wrong: '',
  };
  return layout(
    look,
    user.name,
    html`${notice(t, done)}
<section class="card">
<p class="quiet">${t.signedInAs}</p>
<h1 id="site-user">${user.name}</h1>
<p class="quiet">${user.email ?? ''} <code>${user.id}</code></p>
<form id="site-logout-form" method="post" action="/logout">${hidden({ csrf })}
<button id="site-logout">${t.logOut}</button></form>
</section>
<section class="card">
<h2>${t.connectedApps}</h2>
<p>${t.connectedAppsText}</p>
<p><a id="site-apps" class="button" href="${appsUrl}">${t.connectedAppsLink}</a></p>
</section>
<section class="card">
<h2>${t.passwordTitle}</h2>
${alert('site-password-error', problem && passwordProblem[problem])}
<form id="site-password-form" method="post" action="/password">${hidden({ csrf })}${account}
<label for="site-password-current">${t.passwordCurrent}</label>
<input id="site-password-current" name="current" type="password" autocomplete="current-password" required>
<label for="site-password-new">${t.passwordNew}</label>
<input id="site-password-new" name="new" type="password" autocomplete="new-password" minlength="8" required>
<button id="site-password-save">${t.passwordSave}</button></form>
</section>
<section class="card">
<h2>${t.deleteTitle}</h2>
<p>${t.deleteText}</p>
${alert('site-delete-error', problem === 'delete_wrong' ? t.passwordWrong : undefined)}
<form id="site-delete-form" method="post" action="/delete">${hidden({ csrf })}${account}
<label for="site-delete-password">${t.deletePassword}</label>
<input id="site-delete-password" name="current" type="password" autocomplete="current-password" required>
<button id="site-delete" class="danger">${t.deleteAccount}</button></form>
</section>`,
  );
}

export function logoutPage(look: Look, { csrf }: { csrf: string }): string {
  const t = TEXTS[look.locale];
  return layout(
    look,
    t.logOut,
    html`<section class="card">
<h1>${t.logOutTitle}</h1>
<form id="site-logout-form" method="post" action="/logout">${hidden({ csrf })}
<button id="site-logout" class="primary">${t.logOut}</button></form>
<p><a href="/">${t.back}</a></p>
</section>`,
  );
}

export function problemPage(look: Look, { code, retryUrl }: { code: string; retryUrl: string }): string {
  const t = TEXTS[look.locale];
  const [title = '', text = ''] = t.problems[code] ?? [];
  return layout(
    look,
    title,
    html`<section class="card">
<h1>${title}</h1>
${text && html`<p>${text}</p>`}
<p class="quiet"><code id="site-error-code">${code}</code></p>
<p><a id="site-retry" class="button primary" href="${retryUrl}">${t.tryAgain}</a> <a href="/">${t.back}</a></p>
</section>`,
  );
}
