// Owns: "Log in with Link²Ur" for a web app with a server: authorization code flow with PKCE (S256).
// Not: sessions, pages, HTTP. Tokens stay on this side; the browser holds only a session cookie.
import * as client from 'openid-client';
import { describeFailure, Problem } from './failures.js';
import type { OpenIdProvider } from './openid-provider.js';
import { loggedInPage, loggedOutPage, problemPage, type UserInfoResult, welcomePage } from './pages.js';
import { contentSecurityPolicy, type Exchange, redirect, sendPage } from './responses.js';
import type { Session, Sessions, Tokens } from './sessions.js';

// offline_access asks for a refresh token.
const SCOPE = 'openid profile email offline_access';
const MAX_PENDING_LOGINS = 10;

export type WebLogin = Record<
  'home' | 'login' | 'callback' | 'refresh' | 'logout' | 'loggedOut',
  (exchange: Exchange) => Promise<void>
>;

export function createWebLogin(options: {
  baseUrl: string;
  issuer: string;
  provider: OpenIdProvider;
  sessions: Sessions;
}): WebLogin {
  const { baseUrl, provider, sessions } = options;
  const policy = contentSecurityPolicy(options.issuer);

  return {
    async home({ request, response }) {
      const tokens = sessions.find(request)?.tokens;
      if (!tokens) return sendPage(response, 200, welcomePage(), policy);
      const userInfo = await fetchUserInfo(provider, tokens);
      sendPage(response, 200, loggedInPage({ tokens, userInfo }), policy);
    },

    /** Step 1: send the browser to Link²Ur, remembering what the answer must match. */
    async login(exchange) {
      const config = await provider.configuration();
      const session = sessions.find(exchange.request) ?? sessions.start(exchange);
      // All three are new for every attempt. `state` ties the answer to this browser, `nonce` ties the ID
      // token to this attempt, and the code is worthless without the verifier (PKCE, RFC 7636).
      const state = client.randomState();
      const nonce = client.randomNonce();
      const codeVerifier = client.randomPKCECodeVerifier();
      remember(session, state, { nonce, codeVerifier });

      const authorizationUrl = client.buildAuthorizationUrl(config, {
        redirect_uri: `${baseUrl}/callback`,
        scope: SCOPE,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        // OpenID Connect ignores offline_access unless the user is asked (Core §11). An app that does not
        // need refresh tokens leaves out both, and users who agreed once are not asked again.
        prompt: 'consent',
      });
      redirect(exchange.response, authorizationUrl.href);
    },

    /** Step 2: the browser is back with a code, or with an error. */
    async callback(exchange) {
      const session = sessions.find(exchange.request);
      const state = exchange.url.searchParams.get('state') ?? '';
      const pending = session?.logins.get(state);
      if (!session || !pending) {
        const why = 'It may be too old, already finished, or begun in another browser. Nothing was changed.';
        throw new Problem(400, 'unknown_state', 'This login was not started here', why);
      }
      session.logins.delete(state); // an answer counts once

      // Checks state and iss, redeems the code with the verifier, checks the ID token (iss, aud, exp, nonce).
      const answer = await client.authorizationCodeGrant(await provider.configuration(), exchange.url, {
        expectedState: state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      });
      // A new session id for a newly logged-in user: one that was planted before is of no use (fixation).
      sessions.start(exchange, { logins: session.logins, tokens: tokensFrom(answer) });
      redirect(exchange.response, '/');
    },

    /** Trade the refresh token for new tokens: what an app does when its access token is about to expire. */
    async refresh(exchange) {
      const session = sessions.find(exchange.request);
      if (!session?.tokens?.refreshToken) return redirect(exchange.response, '/');
      try {
        // Refresh tokens rotate, so only one request at a time may use the current one.
        session.refreshing ??= refreshTokens(provider, session).finally(() => {
          session.refreshing = undefined;
        });
        await session.refreshing;
      } catch (error) {
        const problem = describeFailure(error);
        if (problem.code !== 'invalid_grant') throw error; // e.g. the network: the session is still good
        sessions.start(exchange); // expired or revoked at Link²Ur: here, too, the user is logged out
        return sendPage(exchange.response, problem.status, problemPage(problem), policy);
      }
      redirect(exchange.response, '/');
    },

    /** Log out here, then at Link²Ur (OpenID Connect RP-Initiated Logout 1.0). */
    async logout(exchange) {
      const tokens = sessions.find(exchange.request)?.tokens;
      const state = client.randomState();
      sessions.start(exchange, { logoutState: state }); // first of all, and whatever happens next
      if (!tokens) return redirect(exchange.response, '/');

      const config = await provider.configuration();
      // A refresh token outlives the session at Link²Ur: that is what offline_access means. Give it back.
      if (tokens.refreshToken) {
        await client.tokenRevocation(config, tokens.refreshToken).catch(() => undefined);
      }
      const logoutUrl = client.buildEndSessionUrl(config, {
        id_token_hint: tokens.idToken,
        post_logout_redirect_uri: `${baseUrl}/logged-out`,
        state,
      });
      redirect(exchange.response, logoutUrl.href);
    },

    async loggedOut(exchange) {
      const session = sessions.find(exchange.request);
      const state = exchange.url.searchParams.get('state');
      if (!state || state !== session?.logoutState) {
        throw new Problem(400, 'unknown_state', 'This logout was not started here', 'Nothing was changed.');
      }
      delete session.logoutState;
      sendPage(exchange.response, 200, loggedOutPage(), policy);
    },
  };
}

function remember(session: Session, state: string, login: { codeVerifier: string; nonce: string }): void {
  session.logins.set(state, login);
  const [oldest] = session.logins.keys();
  if (session.logins.size > MAX_PENDING_LOGINS && oldest) session.logins.delete(oldest);
}

type TokenAnswer = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** What the session keeps of a token response; a refresh may leave out what has not changed. */
function tokensFrom(answer: TokenAnswer, previous?: Tokens): Tokens {
  const idToken = answer.id_token ?? previous?.idToken;
  const claims = answer.claims() ?? previous?.claims;
  if (!idToken || !claims) throw new Error('the token response has no ID token');
  const seconds = answer.expiresIn();
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? previous?.refreshToken,
    idToken,
    claims,
    scope: answer.scope ?? previous?.scope ?? SCOPE,
    expiresAt: seconds === undefined ? undefined : new Date(Date.now() + seconds * 1000),
  };
}

async function refreshTokens(provider: OpenIdProvider, session: Session): Promise<void> {
  const previous = session.tokens;
  if (!previous?.refreshToken) return;
  const answer = await client.refreshTokenGrant(await provider.configuration(), previous.refreshToken);
  const tokens = tokensFrom(answer, previous);
  // Core §12.2: a refreshed ID token speaks of the same person.
  if (tokens.claims.sub !== previous.claims.sub) throw new Error('the refreshed ID token has another sub');
  session.tokens = tokens;
}

/** Asks UserInfo; a failure is part of the page, since the user stays logged in without it. */
async function fetchUserInfo(provider: OpenIdProvider, tokens: Tokens): Promise<UserInfoResult> {
  try {
    const config = await provider.configuration();
    // The last argument insists that the answer is about the person of the ID token (Core §5.3.4).
    return { claims: await client.fetchUserInfo(config, tokens.accessToken, tokens.claims.sub) };
  } catch (error) {
    return { problem: describeFailure(error) };
  }
}
