// Owns: `key`: the keys that sign tokens and cookies, and what they are sealed with. Does not: hold rules (keys/service.ts).
import { keyToJson } from '../../keys/description.js';
import { type Arguments, defineCommand, type Noun, type Terminal, UsageError } from '../command.js';
import * as help from '../key/help.js';
import { keyTable, showReport } from '../key/view.js';
import { withServices } from '../operator.js';
import { confirm, show } from '../output.js';

const NONE = { min: 0, max: 0 };
const KID = { min: 1, max: 1 };
const NOTHING_DONE = 1;

const yes = { yes: { type: 'boolean', default: false } } as const;
const alg = { alg: { type: 'string' } } as const;
const rotateOptions = {
  ...alg,
  ...yes,
  now: { type: 'boolean', default: false },
  cookie: { type: 'boolean', default: false },
} as const;
const resealOptions = { 'new-key': { type: 'boolean', default: false } } as const;
const noOptions = {} as const;

const kidIn = ({ positionals }: { positionals: string[] }) => positionals[0] ?? '';

async function list({ values }: Arguments<typeof noOptions>, terminal: Terminal) {
  const keys = await withServices(terminal, { readOnly: true }, (services) => services.keys.list());
  show(terminal, values.json, { keys: keys.map(keyToJson) }, () => keyTable(keys));
  return 0 as const;
}

async function generate({ values }: Arguments<typeof alg>, terminal: Terminal) {
  const { alg: name, json } = values;
  if (name === undefined) throw new UsageError('say which: --alg RS256, ES256, EdDSA or HMAC');
  const key = await withServices(terminal, {}, (services, author) =>
    services.keys.generate({ alg: name }, author),
  );
  show(terminal, json, { key: keyToJson(key) }, () => keyTable([key]));
  return 0 as const;
}

async function rotate({ values }: Arguments<typeof rotateOptions>, terminal: Terminal) {
  const { alg: name, cookie, now, json } = values;
  if (cookie && name !== undefined) throw new UsageError('--alg and --cookie cannot be used together');
  const one = cookie ? 'HMAC' : name;
  const question =
    'Rotate without announcing? Apps that remember our keys may reject new ID tokens for up to an hour.';
  if (now && !cookie && !(await confirm(terminal, question, values.yes))) return NOTHING_DONE;
  const report = await withServices(terminal, {}, (services, author) =>
    services.keys.rotate({ now, ...(one !== undefined && { algs: [one] }) }, author),
  );
  showReport(terminal, json, report);
  return 0 as const;
}

async function retire(args: Arguments<typeof noOptions>, terminal: Terminal) {
  const report = await withServices(terminal, {}, (services, author) =>
    services.keys.retire(kidIn(args), author),
  );
  showReport(terminal, args.values.json, report);
  return 0 as const;
}

async function revoke(args: Arguments<typeof yes>, terminal: Terminal) {
  const kid = kidIn(args);
  const question = `Revoke key ${kid}? What it signed stops verifying at once, and this cannot be taken back.`;
  if (!(await confirm(terminal, question, args.values.yes))) return NOTHING_DONE;
  const report = await withServices(terminal, {}, (services, author) => services.keys.revoke(kid, author));
  showReport(terminal, args.values.json, report);
  return 0 as const;
}

async function reseal({ values }: Arguments<typeof resealOptions>, terminal: Terminal) {
  const options = { newKey: values['new-key'] };
  const { resealed, newKey } = await withServices(terminal, {}, (services, author) =>
    services.keys.reseal(options, author),
  );
  const counts = Object.entries(resealed).map(([name, count]) => `${count} ${name.replaceAll('_', ' ')}`);
  show(
    terminal,
    values.json,
    { resealed, new_key: newKey },
    () =>
      `${newKey ? 'Made a new key-encryption key. ' : ''}Sealed anew: ${counts.join(', ')}. Earlier key-encryption keys are not needed any more.\n`,
  );
  return 0 as const;
}

export const key: Noun = {
  name: 'key',
  summary: 'The keys that sign tokens and cookies.',
  commands: [
    defineCommand({
      verb: 'list',
      summary: 'every key with its state and dates',
      usage: '[--json]',
      help: help.LIST,
      options: noOptions,
      positionals: NONE,
      run: list,
    }),
    defineCommand({
      verb: 'generate',
      summary: 'announce a key that waits',
      usage: '--alg ALG [--json]',
      help: help.GENERATE,
      options: alg,
      positionals: NONE,
      run: generate,
    }),
    defineCommand({
      verb: 'rotate',
      summary: 'have other keys sign, announced first',
      usage: '[--alg ALG | --cookie] [--now [--yes]] [--json]',
      help: help.ROTATE,
      options: rotateOptions,
      positionals: NONE,
      run: rotate,
    }),
    defineCommand({
      verb: 'retire',
      summary: 'end what a key does, in peace',
      usage: 'KID [--json]',
      help: help.RETIRE,
      options: noOptions,
      positionals: KID,
      run: retire,
    }),
    defineCommand({
      verb: 'revoke',
      summary: 'end a key at once: it has leaked',
      usage: 'KID [--yes] [--json]',
      help: help.REVOKE,
      options: yes,
      positionals: KID,
      run: revoke,
    }),
    defineCommand({
      verb: 'reseal',
      summary: 'seal everything under the present key-encryption key',
      usage: '[--new-key] [--json]',
      help: help.RESEAL,
      options: resealOptions,
      positionals: NONE,
      run: reseal,
    }),
  ],
};
