// Owns: how the Admin API tells that something is not as it should be: problem+json. Does not: decide that it is not.
import { z } from 'zod';
import {
  AppError,
  ConfigError,
  type FieldProblem,
  StoreUnavailableError,
  TooManyRequestsError,
  ValidationError,
} from '../../lib/errors.js';
import { ROUTES } from '../../provider/routes.js';
import type { HttpContext } from '../context.js';
import { isReferenceCode } from '../i18n/error-reference.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const problemSchema = z
  .strictObject({
    type: z.url().describe('What kind of problem this is; the address explains it.'),
    title: z.string().describe('The same for every problem of this type.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What is wrong with this request.'),
    code: z.string().describe('The type for programs: it does not change.'),
    problems: z
      .array(
        z.strictObject({
          field: z.string().describe('Path of the field, such as `redirect_uris[1]`.'),
          reason: z.string(),
        }),
      )
      .optional()
      .describe('Every field at fault.'),
    request_id: z.string().describe('What logs and the audit trail call this request.'),
  })
  .describe('An error (RFC 9457).');

export type Problem = z.output<typeof problemSchema>;

/** What is wrong, beside what AppError tells: headers of the answer, fields at fault. */
export class AdminError extends AppError {
  readonly problems: readonly FieldProblem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    statusCode: number,
    description: string,
    {
      problems,
      headers = {},
    }: { problems?: readonly FieldProblem[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, statusCode, description);
    this.problems = problems;
    this.headers = headers;
  }
}

/** A path that leads nowhere, by what it names. */
export function nothingThere(): AdminError {
  return new AdminError('not_found', 404, 'there is nothing at this address');
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Changed since you read it',
  413: 'Body too large',
  415: 'Unsupported media type',
  422: 'Invalid input',
  428: 'If-Match is needed',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Temporarily unavailable',
};

const OURS = { code: 'server_error', status: 500, detail: 'something went wrong on our side' };

interface Failure {
  code: string;
  status: number;
  detail: string;
  problems?: readonly FieldProblem[] | undefined;
  headers?: Readonly<Record<string, string>>;
}

/** What the caller may know of `error`. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof AppError) || error instanceof ConfigError || error.statusCode >= 600) return OURS;
  const { code, statusCode: status, message: detail } = error;
  if (error instanceof AdminError)
    return { code, status, detail, problems: error.problems, headers: error.headers };
  if (error instanceof ValidationError) return { code, status, detail, problems: error.problems };
  if (error instanceof StoreUnavailableError || error instanceof TooManyRequestsError) {
    return { code, status, detail, headers: { 'Retry-After': String(error.retryAfter) } };
  }
  return status >= 500 && status !== 503 ? OURS : { code, status, detail };
}

export function writeProblem(ctx: HttpContext, issuer: string, failure: Failure): void {
  const { code, status, detail, problems, headers = {} } = failure;
  const anchor = isReferenceCode(code) ? code : 'invalid_request';
  const problem: Problem = {
    type: `${issuer}${ROUTES.errorReference}#${anchor}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(problems && { problems: problems.map(({ field, reason }) => ({ field, reason })) }),
    request_id: ctx.state.requestId,
  };
  ctx.status = status;
  ctx.set({ 'Cache-Control': 'no-store', ...headers });
  ctx.type = PROBLEM_TYPE;
  ctx.body = JSON.stringify(problem);
}
