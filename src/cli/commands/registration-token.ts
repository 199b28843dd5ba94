// Owns: `registration-token`: what lets an app register clients by itself.
import type { RegistrationTokenDraft } from '../../clients/registration/index.js';
import { secondsOf, wholeNumber } from '../client/version.js';
import { defineCommand, type Noun, UsageError } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, show } from '../output.js';
import { describeToken, describeTokens } from '../registration/show.js';

const create = defineCommand({
  verb: 'create',
  summary: 'make a token that an app registers a client with',
  usage: '--label TEXT [options]',
  help: `
Makes an initial access token (RFC 7591): whoever has it may register a client, within a policy. It is told this once.
OAUTH_FEATURES must have registration.

  --label TEXT         what it is for
  --policy NAME        of OAUTH_REGISTRATION_POLICIES (default)
  --uses N             how many clients it is for (1; 1000 at most)
  --lifetime DURATION  how long it may be used, such as 24h or 30d (7d; 1m to 365d)
  --json               print one JSON object: token, record

Example:
  npm run cli -- registration-token create --label "Partner 17" --lifetime 24h
`,
  options: {
    label: { type: 'string' },
    policy: { type: 'string' },
    uses: { type: 'string' },
    lifetime: { type: 'string' },
  },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const { label, policy, uses, lifetime } = values;
    if (label === undefined) throw new UsageError('--label is needed: what is the token for?');
    const draft: RegistrationTokenDraft = {
      label,
      ...(policy !== undefined && { policy }),
      ...(uses !== undefined && { uses: wholeNumber(uses, '--uses') }),
      ...(lifetime !== undefined && { lifetime: secondsOf(lifetime, '--lifetime') }),
    };
    const made = await withServices(terminal, {}, ({ registrationTokens }, author) =>
      registrationTokens.create(draft, author),
    );
    const { token, record } = made;
    const text = () => `${describeToken(record)}\nThe token, told this once:\n\n  ${token}\n`;
    show(terminal, values.json, made, text);
    return 0;
  },
});

const list = defineCommand({
  verb: 'list',
  summary: 'list the tokens that clients can be registered with',
  usage: '',
  help: `
Lists registration tokens, the oldest first, without their values; those that are used up until they expire.

  --json  print one JSON object: registration_tokens

Example:
  npm run cli -- registration-token list
`,
  options: {},
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const tokens = await withServices(terminal, { readOnly: true }, ({ registrationTokens }) =>
      registrationTokens.list(),
    );
    show(terminal, values.json, { registration_tokens: tokens }, () => describeTokens(tokens));
    return 0;
  },
});

const revoke = defineCommand({
  verb: 'revoke',
  summary: 'end one of them',
  usage: 'ID [--yes]',
  help: `
Ends a registration token at once. Clients that were registered with it stay; registration list shows them.

  --yes   do not ask
  --json  print one JSON object

Example:
  npm run cli -- registration-token revoke r3vXbq0ZkY8Pd --yes
`,
  options: { yes: { type: 'boolean', default: false } },
  positionals: { min: 1, max: 1 },
  run({ values, positionals: [id = ''] }, terminal) {
    return withServices(terminal, {}, async ({ registrationTokens }, author) => {
      if (!(await confirm(terminal, `Revoke the registration token ${id}?`, values.yes))) return 1;
      await registrationTokens.revoke(id, author);
      show(terminal, values.json, { id, revoked: true }, () => `revoked ${id}`);
      return 0;
    });
  },
});

export const registrationToken: Noun = {
  name: 'registration-token',
  summary: 'What lets an app register clients by itself (RFC 7591).',
  commands: [create, list, revoke],
};
