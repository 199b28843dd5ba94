// Owns: saying what is wrong with a seed file, in words for an operator.
import type { z } from 'zod';
import { AppError } from '../../lib/errors.js';
import type { SourceProblem } from './source.js';

/** The file cannot be used; nothing was written. Lists every problem with its line and field. */
export class SeedFileError extends AppError {
  readonly problems: readonly SourceProblem[];

  constructor(name: string, problems: readonly SourceProblem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line);
    const lines = sorted.map(({ line, field, reason }) =>
      [`${name}:${line}`, field, reason].filter((part) => part !== '').join(': '),
    );
    super('invalid_seed_file', 422, lines.join('\n'));
    this.problems = sorted;
  }
}

const EXPECTED: Record<string, string> = {
  string: 'must be text',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must hold members, such as name: value',
  int: 'must be a whole number',
  number: 'must be a whole number',
};

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
