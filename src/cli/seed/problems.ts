// Owns: saying what is wrong with a seed file, in words for an operator.
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
