// Owns: the help of the command line. Does not: print it.
import type { Command, Noun } from './command.js';

export const PROGRAM = 'npm run cli --';

const EXIT_CODES = `Exit code: 0 fine, 1 something failed, 2 wrong usage or input, 3 no such thing, 4 exists already or was
changed meanwhile, 5 the database or the site cannot be reached now.`;

export const nameOf = ({ name }: Noun, { verb }: Command) => (verb === '' ? name : `${name} ${verb}`);

function table(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

export function helpForAll(nouns: readonly Noun[]): string {
  const rows = nouns.flatMap((noun) =>
    noun.commands.map((command): [string, string] => [nameOf(noun, command), command.summary]),
  );
  return `Usage: ${PROGRAM} NOUN VERB [options]

${table(rows)}

Every command takes --json (one JSON object instead of lines) and --help. Settings come from the environment,
as for the server. ${EXIT_CODES}
`;
}

export function helpForNoun(noun: Noun): string {
  const rows = noun.commands.map((command): [string, string] => [nameOf(noun, command), command.summary]);
  return `Usage: ${PROGRAM} ${noun.name} VERB [options]\n\n${noun.summary}\n\n${table(rows)}\n`;
}

export function helpForCommand(noun: Noun, command: Command): string {
  const { usage, help } = command;
  return `Usage: ${PROGRAM} ${nameOf(noun, command)} ${usage}\n\n${help.trim()}\n\n${EXIT_CODES}\n`;
}
