// Owns: what the library is told when we cannot answer now or a value may not be stored.
import { errors } from 'oidc-provider';
import { SiteUnavailableError, StoreUnavailableError, TooManyRequestsError } from '../../lib/errors.js';
import { isSafeValue } from '../../lib/text.js';
import { GrantGoneError } from '../../store/ports/index.js';

/** The library's form of "try again": 503 or 429, its text shown, never sent on to a redirect URI. */
export class TemporarilyUnavailable extends errors.OIDCProviderError {
  readonly retryAfter: number;

  constructor(cause: StoreUnavailableError | SiteUnavailableError | TooManyRequestsError) {
    super(cause.statusCode, 'temporarily_unavailable');
    this.cause = cause;
    this.retryAfter = cause.retryAfter;
    this.expose = true;
    this.allow_redirect = false;
    this.error_description = cause.message;
  }
}

/** What PostgreSQL says of NUL and lone surrogates that got past every guard. */
const REFUSED_TEXT = new Set(['22021', '22P05']);

/** What PostgreSQL says when a row refers to one that is not there. */
const REFERS_TO_NOTHING = '23503';

/** Runs work of ours for the library; a store that is down becomes the library's 503. */
export async function callStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GrantGoneError) throw new errors.InvalidGrant('grant was revoked meanwhile');
    const code = String((error as { code?: unknown }).code);
    if (REFUSED_TEXT.has(code)) {
      throw new errors.InvalidRequest('a parameter holds characters that are not allowed');
    }
    // It was there when the request came in.
    if (code === REFERS_TO_NOTHING) {
      throw new errors.InvalidRequest('the client or the user of this request has just been deleted');
    }
    const isTemporary =
      error instanceof StoreUnavailableError ||
      error instanceof SiteUnavailableError ||
      error instanceof TooManyRequestsError;
    throw isTemporary ? new TemporarilyUnavailable(error) : error;
  }
}

/** The last guard before storage; the edge has refused such text long before. */
export function assertStorable(value: unknown): void {
  if (!isSafeValue(value))
    throw new errors.InvalidRequest('a parameter holds characters that are not allowed');
}
