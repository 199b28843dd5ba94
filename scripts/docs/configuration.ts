// The reference of the environment variables, from the schema that reads them.
import { variables } from '../../src/config/variables.js';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function configurationReference(): string {
  const rows = Object.entries(variables)
    .map(([name, variable]) => {
      const secret = 'secret' in variable && variable.secret ? ' **Secret.**' : '';
      return `| \`${name}\` | ${cell(variable.meaning)}.${secret} | ${cell(variable.fallback)} |`;
    })
    .join('\n');
  return `# Configuration

Every environment variable of the service. All are checked at start, and everything that is wrong is said at once;
\`npm run cli -- config check\` does the same without starting, \`config print\` shows what applies. A name that begins with
\`OAUTH_\` or \`LINK2UR_\` and is not listed here is refused.

| variable | meaning | when it is unset |
|---|---|---|
${rows}
`;
}
