// Owns: `client rotate-secret` and `client secrets`.
import { defineCommand, UsageError } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, show } from '../output.js';
import { readSecret } from '../secret-input.js';
import { atMostOne } from './members.js';
import { describeNewSecret, describeSecrets } from './show.js';
import { dateOf, secondsOf, versionOf, versionOption, wholeNumber } from './version.js';

const flag = { type: 'boolean', default: false } as const;

export const rotateSecret = defineCommand({
  verb: 'rotate-secret',
  summary: 'give a client a new secret; the old ones end after an overlap',
  usage: 'CLIENT_ID [--overlap DURATION | --at-once] [options]',
  help: `
Gives a confidential client a new secret, which is printed once. Those it has go on working for the overlap, so that the
app can change over without a pause; a secret that leaked ends at once.

  --overlap DURATION  how long the old secrets go on: 30m, 24h (default), 7d
  --at-once           they end at once: whoever uses one is refused from now on
  --label TEXT        what to call the new secret, such as "2027" or "staging"
  --expires DATE      when the new secret ends, such as 2027-12-31 (default: never)
  --secret-stdin      read the new secret from standard input instead of making one
  --sealed            keep it so that it can be a key: before the client is switched to client_secret_jwt or HS256
  --yes               do not ask (--at-once)
  --version N         only if the client is at this version still
  --json              print one JSON object; the secret is its client_secret

Examples:
  npm run cli -- client rotate-secret my-shop --label 2027
  npm run cli -- client rotate-secret my-shop --at-once --yes
`,
  options: {
    overlap: { type: 'string' },
    'at-once': flag,
    label: { type: 'string' },
    expires: { type: 'string' },
    'secret-stdin': flag,
    sealed: flag,
    yes: flag,
    ...versionOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [clientId = ''] }, terminal) {
    atMostOne(values, 'overlap', 'at-once');
    const version = versionOf(values);
    const overlap = values.overlap === undefined ? undefined : secondsOf(values.overlap, '--overlap');
    const rotation = {
      label: values.label,
      sealed: values.sealed,
      expiresAt: values.expires === undefined ? undefined : dateOf(values.expires, '--expires'),
      overlapSeconds: values['at-once'] ? 0 : overlap,
    };
    if (values['secret-stdin'] && values['at-once'] && !values.yes) {
      throw new UsageError('--secret-stdin with --at-once needs --yes: standard input is taken');
    }
    const given = values['secret-stdin'] ? await readSecret(terminal.stdin, 'secret') : undefined;
    return withServices(terminal, {}, async ({ clients }, author) => {
      await clients.get(clientId);
      const question = `End the secrets that ${clientId} has now?`;
      if (values['at-once'] && !(await confirm(terminal, question, values.yes))) return 1;
      const made = await clients.rotateSecret(clientId, { ...rotation, secret: given }, author, { version });
      const shown = given === undefined ? { client_secret: made.secret } : {};
      show(terminal, values.json, { client_id: clientId, ...shown, secret: made.record }, () => {
        const secret = given === undefined ? describeNewSecret(clientId, made.secret) : '';
        return `${describeSecrets([made.record], terminal.clock.now())}${secret}`;
      });
      return 0;
    });
  },
});

export const secrets = defineCommand({
  verb: 'secrets',
  summary: "list a client's secrets, or end one",
  usage: 'CLIENT_ID [--revoke SECRET [--yes]]',
  help: `
Lists the secrets of a client with their labels, ends and last uses (to within ten minutes), or ends one at once.

  --revoke SECRET  end the secret with this id (the first column of the list)
  --yes            do not ask
  --version N      only if the client is at this version still
  --json           print one JSON object

Examples:
  npm run cli -- client secrets my-shop
  npm run cli -- client secrets my-shop --revoke 12 --yes
`,
  options: { revoke: { type: 'string' }, yes: flag, ...versionOption },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals: [clientId = ''] }, terminal) {
    const version = versionOf(values);
    if (values.revoke === undefined) {
      if (version !== undefined || values.yes) throw new UsageError('--version and --yes are for --revoke');
      const list = await withServices(terminal, { readOnly: true }, ({ clients }) =>
        clients.listSecrets(clientId),
      );
      const now = terminal.clock.now();
      show(terminal, values.json, { client_id: clientId, secrets: list }, () => describeSecrets(list, now));
      return 0;
    }
    const secretId = wholeNumber(values.revoke, '--revoke');
    return withServices(terminal, {}, async ({ clients }, author) => {
      await clients.get(clientId);
      const question = `End secret ${secretId} of ${clientId}?`;
      if (!(await confirm(terminal, question, values.yes))) return 1;
      await clients.revokeSecret(clientId, secretId, author, { version });
      const left = await clients.listSecrets(clientId);
      const json = { client_id: clientId, revoked: secretId, secrets: left };
      show(terminal, values.json, json, () => `ended secret ${secretId} of ${clientId}`);
      return 0;
    });
  },
});
