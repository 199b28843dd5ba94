// Reading docs/operations.md as its readers do: by heading, and the commands under it.
import { readFileSync } from 'node:fs';
import { projectPath } from '../../../src/lib/paths.js';

export const operationsGuide = () => readFileSync(projectPath('docs', 'operations.md'), 'utf8');

/** From a heading to the next of the same rank or a higher one. */
export function sectionOf(text: string, heading: string): string {
  const from = text.indexOf(`${heading}\n`);
  if (from === -1) throw new Error(`there is no section ${heading}`);
  const rank = heading.split(' ')[0] ?? '';
  const rest = text.slice(from + heading.length);
  const next = rest.search(new RegExp(`\\n#{2,${rank.length}} `));
  return next === -1 ? rest : rest.slice(0, next);
}

/** The commands in a section, in order, without the npm in front. */
export function commandsIn(section: string): string[] {
  const found = [...section.matchAll(/npm run (?:--silent )?cli -- ([^`#>\n]+)/g)];
  return found.map(([, command = '']) => command.trim());
}
