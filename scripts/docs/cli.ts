// The reference of the command line: what --help says, command by command.

import type { Noun } from '../../src/cli/command.js';
import { helpForAll, helpForCommand, nameOf } from '../../src/cli/help.js';

function section(noun: Noun): string {
  const commands = noun.commands.map(
    (command) =>
      `### ${nameOf(noun, command)}\n\n\`\`\`text\n${helpForCommand(noun, command).trim()}\n\`\`\``,
  );
  return `## ${noun.name}\n\n${noun.summary}\n\n${commands.join('\n\n')}`;
}

export function cliReference(nouns: readonly Noun[]): string {
  return `# Command line

\`\`\`text
${helpForAll(nouns).trim()}
\`\`\`

${nouns.map(section).join('\n\n')}
`;
}
