// Owns: judging what came by its schema, and saying of every field what is wrong. Never quotes a value: it may be a
// secret.
import type { z } from 'zod';
import { BadRequestError, ValidationError } from '../../lib/errors.js';
import { explainIssue, parseOrRefuse, problemsOf } from '../../lib/problems.js';
import { AdminError, nothingThere } from './problem.js';

const MAX_NAME = 64;

/** @throws ValidationError listing every problem */
export function parseBody<T>(schema: z.ZodType<T>, value: unknown): T {
  return parseOrRefuse(schema, value === undefined ? {} : value, 'the body breaks rules');
}

/** A body that somebody else judges. @throws ValidationError when it is no object */
export function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new ValidationError('the body breaks rules', [{ field: 'body', reason: 'must be an object' }]);
}

/** What a path names must be possible at all. @throws AdminError with status 404 */
export function parseParams<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw nothingThere();
  return parsed.data;
}

/** The innermost type of a query parameter's schema. */
function kindOf(schema: z.core.$ZodType | undefined): string | undefined {
  const def = schema?._zod.def as { type: string; innerType?: z.core.$ZodType } | undefined;
  return def?.innerType ? kindOf(def.innerType) : def?.type;
}

function typed(text: string, kind: string | undefined): unknown {
  if (kind === 'number') return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** @throws AdminError with status 400 listing every problem */
export function parseQuery<T>(schema: z.ZodObject & z.ZodType<T>, query: string): T {
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, text] of new URLSearchParams(query)) {
    if (name === 'access_token') throw new BadRequestError('a token does not belong in an address');
    if (Object.hasOwn(values, name)) throw new BadRequestError(`${name.slice(0, MAX_NAME)} is given twice`);
    values[name] = Object.hasOwn(schema.shape, name) ? typed(text, kindOf(schema.shape[name])) : text;
  }
  const parsed = schema.safeParse({ ...values }, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error.issues);
  const told = problems.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  throw new AdminError('invalid_request', 400, `the query breaks rules: ${told}`, { problems });
}
