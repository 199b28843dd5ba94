// Owns: a file that says what clients there are to be, compared with those there are.
import type { Services } from '../../app.js';
import type { ClientView } from '../../clients/service.js';
import { everyClient } from '../client/all.js';
import type { Terminal } from '../command.js';
import type { SeedFile } from '../seed/file.js';
import { SeedFileError } from '../seed/problems.js';
import type { Removal, SeedDeps } from '../seed/run.js';

/** @throws SeedFileError with every problem of the file; users have no place in it */
export async function readClientsFile(path: string, terminal: Terminal): Promise<SeedFile> {
  const { readSeedFile } = await import('../seed/file.js');
  const file = await readSeedFile(path, terminal.env(), terminal.stdin);
  if (file.users.length === 0) return file;
  const reason = 'is for npm run seed: here it is about clients only';
  throw new SeedFileError(file.name, [{ line: file.lineOf('users'), field: 'users', reason }]);
}

/** The services as the seed's run wants them. */
export function runDeps({ clients, stores }: Services): SeedDeps {
  const noUsers = async () => {
    throw new Error('there are no users in this file');
  };
  return { clients, users: { plan: noUsers, prepare: noUsers }, unitOfWork: stores.unitOfWork };
}

/** The clients that the file does not name, in order. */
async function strangers(file: SeedFile, services: Services): Promise<ClientView[]> {
  const named = new Set(file.clients.map(({ input }) => input.client_id));
  return (await everyClient(services)).filter(({ client_id: id }) => !named.has(id));
}

/** How to delete the clients that the file does not name. */
export async function removalsFor(file: SeedFile, services: Services): Promise<Removal[]> {
  const { clients } = services;
  return (await strangers(file, services)).map(({ client_id: id }) => ({
    client_id: id,
    write: (author) => clients.deleteInUnit(id, author),
  }));
}
