// Owns: making what is stored as a seed file describes it, whole or not at all.
import type { Author } from '../../audit/service.js';
import type { ClientChange, ClientService, PreparedClient } from '../../clients/service.js';
import { ValidationError } from '../../lib/errors.js';
import type { UnitOfWork } from '../../store/ports/index.js';
import type { PreparedUser, UserChange, UserService } from '../../users/service.js';
import type { SeedEntry, SeedFile } from './file.js';
import { SeedFileError } from './problems.js';
import type { SourceProblem } from './source.js';

/** bcrypt has a few threads, and its queue a bound. */
const AT_ONCE = 8;

export interface SeedDeps {
  clients: Pick<ClientService, 'plan' | 'prepare'>;
  users: Pick<UserService, 'plan' | 'prepare'>;
  unitOfWork: UnitOfWork;
}

export interface SeedOptions {
  /** Find out what would change; write nothing. */
  dryRun: boolean;
  /** For the audit trail, e.g. `operator:seed`. */
  author: Author;
  /** What goes in the same unit of work, before the rest. */
  removals?: Removal[];
}

/** A client that is to go. */
export interface Removal {
  client_id: string;
  write(author: Author): Promise<void>;
}

export interface SeedResult {
  dryRun: boolean;
  clients: ClientChange[];
  users: UserChange[];
  /** The ids of clients that went, or would. */
  removed: string[];
}

/** Runs `work` for every entry; what it refuses is collected and missing from the result. */
async function each<T, R>(
  entries: SeedEntry<T>[],
  work: (input: T) => Promise<R>,
  refuse: (entry: SeedEntry<T>, error: ValidationError) => void,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const batch = entries.slice(from, from + AT_ONCE).map(async (entry) => {
      try {
        return [await work(entry.input)];
      } catch (error) {
        if (!(error instanceof ValidationError)) throw error;
        refuse(entry, error);
        return [];
      }
    });
    results.push(...(await Promise.all(batch)).flat());
  }
  return results;
}

/** Two passes over a file: what comes of its entries, or every problem with them. */
async function visit<C, U>(
  file: SeedFile,
  onClient: (input: SeedFile['clients'][number]['input']) => Promise<C>,
  onUser: (input: SeedFile['users'][number]['input']) => Promise<U>,
): Promise<{ clients: C[]; users: U[] }> {
  const problems: SourceProblem[] = [];
  const refuse = ({ field: entry, input }: SeedEntry<object>, error: ValidationError) => {
    for (const { field: member, reason } of error.problems) {
      // The library begins its reasons with the member's name, or speaks of the client as a whole.
      const field = member in input ? `${entry}.${member}` : entry;
      const text = reason.startsWith(`${member} `) ? reason.slice(member.length + 1) : reason;
      problems.push({ line: file.lineOf(field), field, reason: text });
    }
  };
  const clients = await each(file.clients, onClient, refuse);
  const users = await each(file.users, onUser, refuse);
  if (problems.length > 0) throw new SeedFileError(file.name, problems);
  return { clients, users };
}

async function writeAll(
  { clients, users }: { clients: PreparedClient[]; users: PreparedUser[] },
  { author, removals = [] }: SeedOptions,
  unitOfWork: UnitOfWork,
): Promise<void> {
  const isChange = ({ change }: PreparedClient | PreparedUser) => change.action !== 'unchanged';
  const [changedClients, changedUsers] = [clients.filter(isChange), users.filter(isChange)];
  if (changedClients.length + changedUsers.length + removals.length === 0) return;
  await unitOfWork.run(
    async () => {
      for (const { write } of [...removals, ...changedClients]) await write(author);
      for (const { write } of changedUsers) await write(author.actor);
      return { commit: true, value: undefined };
    },
    { atOnce: true },
  );
}

/**
 * Makes clients and users as `file` describes them; the same file again changes nothing. Everything is
 * compared, judged and hashed first and then written in one unit of work.
 * @throws SeedFileError for what the library or the users table does not allow; nothing is written then
 */
export async function runSeed(
  file: SeedFile,
  { clients, users, unitOfWork }: SeedDeps,
  options: SeedOptions,
): Promise<SeedResult> {
  const { dryRun, removals = [] } = options;
  const removed = removals.map(({ client_id: id }) => id);
  if (dryRun) return { dryRun, removed, ...(await visit(file, clients.plan, users.plan)) };
  const prepared = await visit(file, clients.prepare, users.prepare);
  await writeAll(prepared, options, unitOfWork);
  return {
    dryRun,
    removed,
    clients: prepared.clients.map(({ change }) => change),
    users: prepared.users.map(({ change }) => change),
  };
}
