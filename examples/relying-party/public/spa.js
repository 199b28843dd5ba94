// "Log in with Link²Ur" wholly in the browser: a public client, authorization code flow with PKCE.
// Tokens live in this module's memory only: not in localStorage, not in a URL, gone on reload.
import * as oauth from '/vendor/oauth4webapi.js';

const byId = (id) => document.getElementById(id);
const output = byId('spa-output');
const settings = byId('spa').dataset;

const issuer = new URL(settings.issuer);
const client = { client_id: settings.clientId };
const redirectUri = `${location.origin}/spa`; // registered, byte for byte, both for login and for logout
const scope = 'openid profile email offline_access';

// Plain http is acceptable only when it never leaves this machine.
const isLoopback = /^(localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/.test(issuer.hostname);
const http = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' && isLoopback };

let server; // Link²Ur's metadata, once discovered
let tokens; // { response, idToken, sub } while logged in

function show(/** @type {string} */ title, /** @type {unknown} */ value = '') {
  output.textContent = value === '' ? title : `${title}\n\n${JSON.stringify(value, null, 2)}`;
}

function showButtons() {
  byId('spa-login').hidden = tokens !== undefined;
  byId('spa-login').disabled = server === undefined;
  byId('spa-userinfo').hidden = tokens === undefined;
  byId('spa-logout').hidden = tokens === undefined;
  byId('spa-refresh').hidden = tokens?.response.refresh_token === undefined;
}

/** Step 1: go to Link²Ur. sessionStorage survives the trip and belongs to this tab alone. */
async function login() {
  const pending = {
    state: oauth.generateRandomState(), // ties the answer to this tab
    nonce: oauth.generateRandomNonce(), // ties the ID token to this attempt
    codeVerifier: oauth.generateRandomCodeVerifier(), // without it the code is worthless
  };
  sessionStorage.setItem('login', JSON.stringify(pending));

  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.codeVerifier),
    code_challenge_method: 'S256',
    prompt: 'consent', // offline_access, and so a refresh token, is given only when the user is asked
  }).toString();
  location.assign(url);
}

/** Step 2: back from Link²Ur with a code (or an error) in the query. */
async function finishLogin(url) {
  const pending = JSON.parse(sessionStorage.getItem('login') ?? 'null');
  sessionStorage.removeItem('login'); // an answer counts once
  if (!pending) throw new Error('This login was not started in this tab.');

  const answer = oauth.validateAuthResponse(server, client, url, pending.state); // checks state and iss
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(), // a public client has no secret; PKCE takes its place
    answer,
    redirectUri,
    pending.codeVerifier,
    http,
  );
  const checks = { expectedNonce: pending.nonce, requireIdToken: true };
  show(
    'Logged in. The claims of the ID token:',
    keep(await oauth.processAuthorizationCodeResponse(server, client, response, checks)),
  );
}

/** Keeps a token response in memory; returns the claims of its ID token. */
function keep(response) {
  const claims = oauth.getValidatedIdTokenClaims(response);
  const sub = claims?.sub ?? tokens?.sub;
  if (tokens && sub !== tokens.sub) throw new Error('The refreshed ID token is about somebody else.');
  // A refresh may leave out what has not changed.
  const refresh_token = response.refresh_token ?? tokens?.response.refresh_token;
  tokens = { response: { ...response, refresh_token }, idToken: response.id_token ?? tokens?.idToken, sub };
  return claims;
}

async function userInfo() {
  const response = await oauth.userInfoRequest(server, client, tokens.response.access_token, http);
  show('UserInfo:', await oauth.processUserInfoResponse(server, client, tokens.sub, response));
}

async function refresh() {
  const used = tokens.response.refresh_token;
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), used, http);
  keep(await oauth.processRefreshTokenResponse(server, client, response));
  show('Refreshed.', {
    expires_in: tokens.response.expires_in,
    scope: tokens.response.scope,
    refresh_token_rotated: tokens.response.refresh_token !== used,
  });
}

/** Gives the refresh token back, forgets the rest, and logs out at Link²Ur too. */
async function logout() {
  const { response, idToken } = tokens;
  tokens = undefined;
  if (response.refresh_token) {
    await oauth
      .revocationRequest(server, client, oauth.None(), response.refresh_token, http)
      .catch(() => undefined);
  }
  const state = oauth.generateRandomState();
  sessionStorage.setItem('logout', state);
  const url = new URL(server.end_session_endpoint);
  url.search = new URLSearchParams({
    id_token_hint: idToken,
    post_logout_redirect_uri: redirectUri,
    state,
  }).toString();
  location.assign(url);
}

/** Runs one action at a time and tells what went wrong, if anything. */
async function run(action) {
  for (const button of document.querySelectorAll('button')) button.disabled = true;
  try {
    await action();
  } catch (error) {
    const { message, error: code, error_description: description } = error;
    show(code ? `Failed: ${code}${description ? ` (${description})` : ''}` : `Failed: ${message}`);
  } finally {
    for (const button of document.querySelectorAll('button')) button.disabled = false;
    showButtons();
  }
}

async function start() {
  const here = new URL(location.href);
  // First of all, so that no code stays in the address bar, in the history or in a bookmark.
  history.replaceState(null, '', '/spa');
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));

  const state = here.searchParams.get('state');
  if (here.searchParams.has('code') || here.searchParams.has('error')) return finishLogin(here);
  if (state && state === sessionStorage.getItem('logout')) show('You are logged out.');
  else show('Not logged in.');
  sessionStorage.removeItem('logout');
}

byId('spa-login').addEventListener('click', () => run(login));
byId('spa-userinfo').addEventListener('click', () => run(userInfo));
byId('spa-refresh').addEventListener('click', () => run(refresh));
byId('spa-logout').addEventListener('click', () => run(logout));
run(start);
