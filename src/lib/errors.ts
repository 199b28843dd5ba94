// Owns: the error classes every layer shares. Does not: translate them (http, provider and cli do, once each).

/** What an error carries beside its public description. */
export interface ErrorDetail {
  /** For logs and operators only, never sent to a client. */
  detail?: string;
  cause?: unknown;
}

/** Base of our own errors: a stable code, a public description, a private detail. */
export class AppError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly detail: string | undefined;

  constructor(code: string, statusCode: number, description: string, { detail, cause }: ErrorDetail = {}) {
    super(description, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.statusCode = statusCode;
    this.detail = detail;
  }
}

/** The request itself is malformed (400). */
export class BadRequestError extends AppError {
  constructor(description: string, extra?: ErrorDetail) {
    super('invalid_request', 400, description, extra);
  }
}

/** The caller may not do this (403). */
export class ForbiddenError extends AppError {
  constructor(description: string, extra?: ErrorDetail) {
    super('access_denied', 403, description, extra);
  }
}

/** There is no such thing (404). */
export class NotFoundError extends AppError {
  constructor(description: string, extra?: ErrorDetail) {
    super('not_found', 404, description, extra);
  }
}

/** One field of an input that cannot be accepted. */
export interface FieldProblem {
  /** Path of the field, e.g. `redirect_uris[1]`. */
  field: string;
  reason: string;
}

/** An input was understood but breaks a rule; says which fields (422). */
export class ValidationError extends AppError {
  readonly problems: readonly FieldProblem[];

  constructor(description: string, problems: readonly FieldProblem[], extra?: ErrorDetail) {
    super(
      'invalid_input',
      422,
      `${description}: ${problems.map((p) => `${p.field}: ${p.reason}`).join('; ')}`,
      extra,
    );
    this.problems = problems;
  }
}

/** Too many of these at once; try again in `retryAfter` seconds (429). */
export class TooManyRequestsError extends AppError {
  readonly retryAfter: number;

  constructor(description: string, retryAfter: number, extra?: ErrorDetail) {
    super('temporarily_unavailable', 429, description, extra);
    this.retryAfter = retryAfter;
  }
}

/** A store cannot answer now; nothing was promised, try again in `retryAfter` seconds (503). */
export class StoreUnavailableError extends AppError {
  readonly retryAfter = 2;

  constructor(extra?: ErrorDetail) {
    super('temporarily_unavailable', 503, 'the service is temporarily unavailable, try again shortly', extra);
  }
}

/** The site that logs users in does not answer as agreed; nothing was decided, try again (503). */
export class SiteUnavailableError extends AppError {
  readonly retryAfter = 2;

  constructor(extra?: ErrorDetail) {
    super(
      'temporarily_unavailable',
      503,
      'the site that logs users in does not answer, try again shortly',
      extra,
    );
  }
}

/** The configuration cannot be used; `problems` lists every variable at fault. */
export class ConfigError extends AppError {
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    const lines = problems.map((p) => `  ${p.field}: ${p.reason}`).join('\n');
    super('invalid_configuration', 500, `The configuration cannot be used:\n${lines}`);
    this.problems = problems;
  }
}
