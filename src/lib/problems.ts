// Owns: saying what is wrong with an input that a schema refused, in words for an operator.
import type { z } from 'zod';
import { type FieldProblem, ValidationError } from './errors.js';

const EXPECTED: Record<string, string> = {
  string: 'must be text',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must hold members, such as name: value',
  int: 'must be a whole number',
  number: 'must be a whole number',
};

/** The path of a member or item; names that are not plain are quoted, so that output shows what they are. */
export function childField(parent: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  const name = String(key);
  const plain = /^[\w-]{1,64}$/.test(name);
  if (!plain) return `${parent}[${JSON.stringify(name.slice(0, 64))}]`;
  return parent === '' ? name : `${parent}.${name}`;
}

/**
 * The reason for an issue whose schema gives none of its own. Never quotes the value: it may be a secret.
 * For use as Zod's `error` option.
 */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'is required';
      if (issue.input === null) return 'must not be empty';
      const isBare = ['number', 'boolean', 'bigint'].includes(typeof issue.input);
      if (issue.expected === 'string' && isBare) return 'must be text: put it in quotes';
      return EXPECTED[issue.expected];
    }
    case 'too_small':
      if (issue.origin === 'number') return `must be ${issue.minimum} or more`;
      return issue.minimum === 1 ? 'must not be empty' : `must have ${issue.minimum} or more`;
    case 'too_big':
      if (issue.origin === 'number') return `must be ${issue.maximum} or less`;
      return `must have ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'entries'} or fewer`;
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    default:
      return undefined;
  }
}

/** Every problem of a refused input, field by field; `at` is where the input stands, if not by itself. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], at = ''): FieldProblem[] {
  return issues.flatMap((issue) => {
    const field = issue.path.reduce<string>(childField, at);
    if (issue.code !== 'unrecognized_keys') return [{ field, reason: issue.message }];
    return issue.keys.map((key) => ({ field: childField(field, key), reason: 'is not a known member' }));
  });
}

/** `value` as `schema` has it. @throws ValidationError with every problem; `description` says of what */
export function parseOrRefuse<T>(schema: z.ZodType<T>, value: unknown, description: string): T {
  const parsed = schema.safeParse(value, { error: explainIssue });
  if (parsed.success) return parsed.data;
  throw new ValidationError(description, problemsOf(parsed.error.issues));
}
