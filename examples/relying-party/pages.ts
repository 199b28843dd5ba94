// Owns: the HTML of the demo relying party. Every value that goes into a page is escaped by `html`.
import type { UserInfoResponse } from 'openid-client';
import type { Problem } from './failures.js';
import type { Tokens } from './sessions.js';

export type UserInfoResult = { claims: UserInfoResponse } | { problem: Problem };

/** Markup that is safe to insert as it is; only `html` makes it. */
class Html {
  constructor(readonly text: string) {}
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escapeHtml).join('');
  return String(value ?? '').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function html(strings: TemplateStringsArray, ...values: unknown[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(escapeHtml)));
}

function layout(title: string, body: Html, head: Html = html``): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Campus Market</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/style.css">
${head}
</head>
<body>
<header><a class="brand" href="/">Campus Market</a><span class="tag">demo relying party</span></header>
<main>
${body}
</main>
<footer>An example app that knows only OpenID Connect; its source is in
<code>examples/relying-party</code>.</footer>
</body>
</html>
`.text;
}

export function welcomePage(): string {
  return layout(
    'Welcome',
    html`<section class="card">
<h1>Buy and sell on campus</h1>
<p>Campus Market has no passwords of its own. Use the Link²Ur account you already have.</p>
<p><a id="login" class="button primary" href="/login">Log in with Link²Ur</a></p>
<p class="quiet">You will see what this app asks for before you agree, and you can say no.</p>
</section>
<section class="card">
<h2>Without a server</h2>
<p>The same login, done entirely in the browser by a public client.</p>
<p><a id="to-spa" href="/spa">Open the single-page app</a></p>
</section>`,
  );
}

export function loggedInPage({ tokens, userInfo }: { tokens: Tokens; userInfo: UserInfoResult }): string {
  const user = 'claims' in userInfo ? userInfo.claims : undefined;
  const name = user?.name ?? tokens.claims.name ?? tokens.claims.sub;
  const picture = user?.picture
    ? html`<img class="avatar" src="${user.picture}" alt="" referrerpolicy="no-referrer">`
    : html`<span class="avatar" aria-hidden="true">${[...String(name)][0]}</span>`;
  const refreshForm =
    tokens.refreshToken &&
    html`<form method="post" action="/refresh"><button id="refresh">Refresh tokens</button></form>`;
  return layout(
    'Your account',
    html`<section class="card">
<div class="person">${picture}<div><h1 id="greeting">Hello, ${name}</h1>
<p class="quiet">You are logged in with Link²Ur.</p></div></div>
<dl>
<dt>Scopes</dt><dd id="scopes">${tokens.scope.split(' ').map((scope) => html`<code>${scope}</code> `)}</dd>
<dt>Access token</dt><dd id="expires">${expiry(tokens.expiresAt)}</dd>
<dt>Refresh token</dt><dd>${tokens.refreshToken ? 'yes, kept on the server' : 'no'}</dd>
</dl>
<div class="actions">
${refreshForm}
<a id="reload-userinfo" class="button" href="/">Reload UserInfo</a>
<form method="post" action="/logout"><button id="logout" class="danger">Log out</button></form>
</div>
</section>
<section class="card">
<h2>ID token claims</h2>
<div class="scroll"><table id="id-token-claims"><tbody>
${Object.entries(tokens.claims).map(([claim, value]) => claimRow(claim, value))}
</tbody></table></div>
</section>
<section class="card">
<h2>UserInfo</h2>
${user ? html`<pre id="userinfo">${JSON.stringify(user, null, 2)}</pre>` : userInfoProblem(userInfo)}
</section>`,
  );
}

export function loggedOutPage(): string {
  return layout(
    'Logged out',
    html`<section class="card">
<h1 id="logged-out">You are logged out</h1>
<p>Here, and at Link²Ur if you agreed to it there.</p>
<p><a id="login" class="button primary" href="/login">Log in with Link²Ur</a></p>
</section>`,
  );
}

export function problemPage(problem: Problem): string {
  return layout(
    problem.title,
    html`<section class="card">
<h1>${problem.title}</h1>
${problem.description && html`<p id="error-description">${problem.description}</p>`}
<p class="quiet">Code: <code id="error-code">${problem.code}</code></p>
<div class="actions">
<a id="try-again" class="button primary" href="/login">Try again</a>
<a class="button" href="/">Back to the start</a>
</div>
</section>`,
  );
}

/** The page of the single-page app; public/spa.js reads its settings from the data attributes. */
export function spaPage(settings: { issuer: string; clientId: string }): string {
  return layout(
    'Single-page app',
    html`<section class="card" id="spa"
  data-issuer="${settings.issuer}" data-client-id="${settings.clientId}">
<h1 id="spa-greeting">Log in without a server</h1>
<p>A public client: code and PKCE in the browser, tokens in memory only. Reloading the page forgets them.</p>
<div class="actions">
<button id="spa-login" class="primary" disabled>Log in with Link²Ur</button>
<button id="spa-userinfo" hidden>Fetch UserInfo</button>
<button id="spa-refresh" hidden>Refresh tokens</button>
<button id="spa-logout" class="danger" hidden>Log out</button>
</div>
</section>
<section class="card">
<h2>Output</h2>
<pre id="spa-output" aria-live="polite">Starting …</pre>
</section>
<p><a href="/">Back to the web app</a></p>`,
    html`<script type="module" src="/spa.js"></script>`,
  );
}

const TIMES = new Set(['iat', 'exp', 'auth_time', 'updated_at']);

function claimRow(claim: string, value: unknown): Html {
  const time = TIMES.has(claim) && typeof value === 'number' ? new Date(value * 1000) : undefined;
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return html`<tr><th scope="row"><code>${claim}</code></th><td>${shown}${
    time && html` <small>${time.toUTCString()}</small>`
  }</td></tr>
`;
}

function expiry(expiresAt: Date | undefined): Html {
  if (!expiresAt) return html`lifetime not stated`;
  const state = expiresAt.getTime() > Date.now() ? 'expires' : 'expired';
  return html`${state} <time datetime="${expiresAt.toISOString()}">${expiresAt.toUTCString()}</time>`;
}

function userInfoProblem(userInfo: UserInfoResult): Html {
  if (!('problem' in userInfo)) return html``;
  const { code, title, description } = userInfo.problem;
  return html`<p id="userinfo-error">${title}: <code>${code}</code> ${description}</p>
<p class="quiet">An access token that expired or was revoked is refused: refresh it, or log in again.</p>`;
}
