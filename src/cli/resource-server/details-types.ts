// Owns: types of authorization details from a file. Does not: judge them; the service does.
import type { Terminal } from '../command.js';
import { SeedFileError } from '../seed/problems.js';
import { readText } from '../seed/text.js';

/** The member that `--details-types` names, if it does. @throws SeedFileError with line and reason */
export async function detailsTypesIn(
  file: string | undefined,
  terminal: Terminal,
): Promise<{ authorization_details_types?: unknown }> {
  if (file === undefined) return {};
  const { name, text } = await readText(file, terminal.stdin);
  const { readSource } = await import('../seed/source.js');
  const { value, problems } = readSource(text);
  if (problems.length > 0) throw new SeedFileError(name, problems);
  return { authorization_details_types: value };
}
