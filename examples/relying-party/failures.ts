// Owns: what a user is told when something fails. Details belong in the log, never on a page.
import * as client from 'openid-client';

/** A failure the user is told about. `code` is stable, for support and for tests. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly description: string,
    cause?: unknown,
  ) {
    super(`${code}: ${title}`, { cause });
  }
}

const AUTHORIZATION_TITLES: Record<string, string> = {
  access_denied: 'You chose not to log in',
  login_required: 'You are not logged in at Link²Ur',
  consent_required: 'Link²Ur needs your permission first',
  temporarily_unavailable: 'Link²Ur is busy',
  server_error: 'Link²Ur had a problem',
};

/** Turns whatever went wrong into something to show; never a stack trace, never a token. */
export function describeFailure(error: unknown): Problem {
  if (error instanceof Problem) return error;

  // The redirect back carried error=…, after its state was checked.
  if (error instanceof client.AuthorizationResponseError) {
    const title = AUTHORIZATION_TITLES[error.error] ?? 'The login did not succeed';
    return new Problem(400, error.error, title, error.error_description ?? '', error);
  }
  // The token endpoint said no.
  if (error instanceof client.ResponseBodyError) {
    const description = error.error_description ?? '';
    if (error.error === 'invalid_grant') {
      return new Problem(400, error.error, 'This login has expired', description, error);
    }
    // invalid_client and its kin are this app's own configuration: trying again will not help the user.
    return new Problem(502, error.error, 'This app could not complete the login', description, error);
  }
  if (error instanceof client.WWWAuthenticateChallengeError) {
    const [challenge] = error.cause;
    const { error: code = 'unauthorized', error_description: description = '' } = challenge?.parameters ?? {};
    return new Problem(502, code, 'Link²Ur refused the request', description, error);
  }
  // A check failed (nonce, iss, aud, signature …), or the answer made no sense.
  if (error instanceof client.ClientError && error.code !== 'OAUTH_TIMEOUT') {
    return new Problem(502, 'invalid_response', "Link²Ur's answer could not be trusted", '', error);
  }
  if (
    error instanceof client.ClientError ||
    (error instanceof TypeError && error.message === 'fetch failed')
  ) {
    return new Problem(502, 'unreachable', 'Link²Ur did not answer', 'Please try again in a moment.', error);
  }
  return new Problem(500, 'internal_error', 'Something went wrong in this app', '', error);
}

/** Why it happened, for the log: messages only, since the causes of OAuth errors can hold whole responses. */
export function reasonsFor(problem: Problem): string {
  const messages: string[] = [];
  for (let error: unknown = problem; error instanceof Error; error = error.cause)
    messages.push(error.message);
  return messages.join(' < ');
}
