// Owns: what a resource server is told of a token that it must not accept.

/**
 * `invalid_token`: not such a token, or not for here. `expired_token`: it was one. `revoked_token`: it was taken back.
 * `insufficient_scope`: it is good, but not for this. `temporarily_unavailable`: nobody could say; ask again.
 */
export type VerificationCode =
  | 'invalid_token'
  | 'expired_token'
  | 'revoked_token'
  | 'insufficient_scope'
  | 'temporarily_unavailable';

const STATUS: Record<VerificationCode, number> = {
  invalid_token: 401,
  expired_token: 401,
  revoked_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
};

/** A token that is not to be accepted. The message holds nothing of the token. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly code: VerificationCode;
  /** What to answer: 401, 403 or 503. */
  readonly status: number;
  /** The scopes that are missing. */
  readonly scope: string | undefined;

  constructor(
    code: VerificationCode,
    message: string,
    { cause, scope }: { cause?: unknown; scope?: string } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = STATUS[code];
    this.scope = scope;
  }

  /** The header to answer with; undefined for 503. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
  get wwwAuthenticate(): string | undefined {
    if (this.status === 503) return undefined;
    const error = this.status === 403 ? 'insufficient_scope' : 'invalid_token';
    const scope = this.scope === undefined ? '' : `, scope="${this.scope}"`;
    return `Bearer error="${error}", error_description="${this.message}"${scope}`;
  }
}
