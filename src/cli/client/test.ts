// Owns: `client test`.
import { defineCommand } from '../command.js';
import { describeFindings, findingsToJson, isFine } from '../findings/report.js';
import { withServices } from '../operator.js';
import { show } from '../output.js';

export const test = defineCommand({
  verb: 'test',
  summary: 'begin a dry login with a client and say what its developer would trip over',
  usage: 'CLIENT_ID',
  help: `
Begins a login and a logout, as the app would, for every address that the client has registered, and looks at its PKCE,
scopes, secrets, refresh tokens and logout: one line for each thing, and what to do about it. It happens inside this
command: nothing is sent to the app or over the network, and nothing is left behind.

  --json  print one JSON object instead of lines

Exit code 1 when something failed; warnings are no failures.

Examples:
  npm run cli -- client test my-shop
  npm run --silent cli -- client test my-shop --json
`,
  options: {},
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [clientId = ''] }, terminal) {
    const { issuer, findings } = await withServices(terminal, { readOnly: true }, async (services) => {
      const { testClient } = await import('../client-test/run.js');
      const { findings } = await testClient(clientId, services);
      return { issuer: services.config.issuer, findings };
    });
    show(terminal, values.json, findingsToJson({ issuer, client_id: clientId }, findings), () =>
      describeFindings(`Dry login with ${clientId} at ${issuer}`, findings),
    );
    return isFine(findings) ? 0 : 1;
  },
});
