// Owns: how the registration endpoint tells that something is not as it should be. Does not: decide that it is not.
import { AppError, ConfigError, TooManyRequestsError, ValidationError } from '../../lib/errors.js';
import { ROUTES } from '../../provider/routes.js';
import type { HttpContext } from '../context.js';
import { isReferenceCode } from '../i18n/error-reference.js';

export interface Refusal {
  status: number;
  code: string;
  description: string;
}

const OURS: Refusal = { status: 500, code: 'server_error', description: 'something went wrong on our side' };

/** A description of RFC 6749's characters, and not endless: field names of the request may stand in it. */
const tellable = (text: string) => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'").slice(0, 1_000);

function ofRules({ message, problems }: ValidationError): Refusal {
  const isAddress = problems.some(({ field }) => /^redirect_uris\b/.test(field));
  const code = isAddress ? 'invalid_redirect_uri' : 'invalid_client_metadata';
  return { status: 400, code, description: message };
}

/** What the caller may know of `error`. @see https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2 */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof ValidationError) return ofRules(error);
  if (!(error instanceof AppError) || error instanceof ConfigError || error.statusCode >= 600) return OURS;
  const { code, statusCode: status, message: description } = error;
  if (status >= 500 && status !== 503) return OURS;
  if (status === 413) return { status, code: 'invalid_request', description };
  if (status === 415) return { status: 400, code: 'invalid_request', description };
  return { status, code, description };
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function challenge(isNamed: boolean, description: string): string {
  const error = isNamed ? `, error="invalid_token", error_description="${description}"` : '';
  return `Bearer realm="registration"${error}`;
}

export function writeRefusal(ctx: HttpContext, issuer: string, error: unknown): Refusal {
  const refusal = toRefusal(error);
  const { status, code } = refusal;
  const description = tellable(refusal.description);
  const anchor = isReferenceCode(code) ? code : 'invalid_request';
  ctx.status = status;
  // Nothing is said of a token to whoever sent none.
  if (status === 401) ctx.set('WWW-Authenticate', challenge(ctx.get('authorization') !== '', description));
  if (status === 503) ctx.set('Retry-After', '2');
  if (error instanceof TooManyRequestsError) ctx.set('Retry-After', String(error.retryAfter));
  // What was not read of the body is still on its way.
  if (status === 413) ctx.set('Connection', 'close');
  ctx.body = {
    error: code,
    error_description: description,
    error_uri: `${issuer}${ROUTES.errorReference}#${anchor}`,
  };
  return refusal;
}
