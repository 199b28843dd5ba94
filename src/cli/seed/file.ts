// Owns: what a seed file may hold, and checking it whole. Does not: compare it with what is stored.
import type { z } from 'zod';
import { type ClientInput, clientInputSchema } from '../../clients/input.js';
import { childField, explainIssue, problemsOf } from '../../lib/problems.js';
import { type UserInput, userInputSchema } from '../../users/input.js';
import { SeedFileError } from './problems.js';
import { readSource, type Source, type SourceProblem } from './source.js';
import { readText } from './text.js';
import { resolveVariable } from './variables.js';

/** One entry of a list, checked, and how to point at it. */
export interface SeedEntry<T> {
  /** Where it stands, e.g. `clients[0]`. */
  field: string;
  input: T;
}

export interface SeedFile {
  /** As the operator wrote it. */
  name: string;
  clients: SeedEntry<ClientInput>[];
  users: SeedEntry<UserInput>[];
  lineOf(field: string): number;
}

interface ListRules<T> {
  schema: z.ZodType<T>;
  /** The member that may be `$VARIABLE`. */
  secret: string;
  /** Members that no two entries may share; a value as it counts, or itself. */
  unique: Record<string, (value: string) => string>;
}

const asIs = (value: string) => value;

const CLIENTS: ListRules<ClientInput> = {
  schema: clientInputSchema,
  secret: 'client_secret',
  unique: { client_id: asIs },
};

const USERS: ListRules<UserInput> = {
  schema: userInputSchema,
  secret: 'password',
  unique: { id: asIs, email: (value) => value.toLowerCase(), phone: asIs },
};

type Refuse = (field: string, reason: string) => void;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entry with its secret in clear. A secret that cannot be had is reported and left out. */
export function withSecret(
  entry: unknown,
  member: string,
  env: NodeJS.ProcessEnv,
  refuse: (reason: string) => void,
) {
  if (!isObject(entry) || typeof entry[member] !== 'string') return entry;
  const { [member]: text, ...rest } = entry;
  const resolved = resolveVariable(text as string, env);
  if ('value' in resolved) return { ...rest, [member]: resolved.value };
  refuse(resolved.reason);
  return rest;
}

function checkEntry<T>(entry: unknown, schema: z.ZodType<T>, at: string, refuse: Refuse): T | undefined {
  const parsed = schema.safeParse(entry, { error: explainIssue });
  if (parsed.success) return parsed.data;
  for (const { field, reason } of problemsOf(parsed.error.issues, at)) refuse(field, reason);
  return undefined;
}

function checkUnique(
  list: unknown[],
  name: string,
  unique: ListRules<unknown>['unique'],
  lineOf: Source['lineOf'],
  refuse: Refuse,
) {
  for (const [member, normalise] of Object.entries(unique)) {
    const seen = new Map<string, string>();
    list.forEach((entry, index) => {
      const value = isObject(entry) ? entry[member] : undefined;
      if (typeof value !== 'string') return;
      const field = `${name}[${index}].${member}`;
      const first = seen.get(normalise(value));
      if (first === undefined) seen.set(normalise(value), field);
      else refuse(field, `is the same as ${first} (line ${lineOf(first)})`);
    });
  }
}

/**
 * Checks the text of a seed file.
 * @param name how problems call the file
 * @param env where `$VARIABLE` is looked up
 * @throws SeedFileError with every problem of the file
 */
export function parseSeedFile(text: string, name: string, env: NodeJS.ProcessEnv): SeedFile {
  const source = readSource(text);
  if (source.problems.length > 0) throw new SeedFileError(name, source.problems);
  // One problem a field: the first is the most basic.
  const problems = new Map<string, SourceProblem>();
  const refuse: Refuse = (field, reason) => {
    if (!problems.has(field)) problems.set(field, { line: source.lineOf(field), field, reason });
  };

  function checkList<T>(list: unknown, key: string, { schema, secret, unique }: ListRules<T>) {
    if (list === undefined) return [];
    if (!Array.isArray(list)) {
      refuse(key, 'must be a list');
      return [];
    }
    const entries = list.flatMap((entry, index) => {
      const field = `${key}[${index}]`;
      const complete = withSecret(entry, secret, env, (reason) => refuse(`${field}.${secret}`, reason));
      const input = checkEntry(complete, schema, field, refuse);
      return input === undefined ? [] : [{ field, input }];
    });
    checkUnique(list, key, unique, source.lineOf, refuse);
    return entries;
  }

  const top = source.value;
  if (!isObject(top) || Object.keys(top).length === 0) {
    refuse('', 'must hold a list "clients", a list "users", or both');
    throw new SeedFileError(name, [...problems.values()]);
  }
  for (const key of Object.keys(top)) {
    if (key !== 'clients' && key !== 'users')
      refuse(childField('', key), 'is not known; only clients and users are');
  }
  const clients = checkList(top.clients, 'clients', CLIENTS);
  const users = checkList(top.users, 'users', USERS);
  if (problems.size > 0) throw new SeedFileError(name, [...problems.values()]);
  return { name, clients, users, lineOf: source.lineOf };
}

/**
 * Reads and checks a seed file; `-` is standard input, where there is one.
 * @throws SeedFileError with every problem of the file
 */
export async function readSeedFile(
  path: string,
  env: NodeJS.ProcessEnv,
  stdin?: AsyncIterable<Buffer | string>,
): Promise<SeedFile> {
  const { name, text } = await readText(path, stdin);
  return parseSeedFile(text, name, env);
}
