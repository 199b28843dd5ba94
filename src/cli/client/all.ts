// Owns: every client that operators made, and which are not theirs.
import type { RegistrationOversight } from '../../clients/registration/index.js';
import type { ClientService, ClientView } from '../../clients/service.js';
import { ACCOUNT_CLIENT_ID } from '../../provider/account-session.js';

const PAGE = 200;

interface PageOf<T> {
  items: T[];
  next?: string | undefined;
}

async function everyPage<T>(
  list: (query: { limit: number; cursor: string | undefined }) => Promise<PageOf<T>>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await list({ limit: PAGE, cursor });
    all.push(...items);
    cursor = next;
  } while (cursor !== undefined);
  return all;
}

/**
 * Every client that operators made: not the one behind the account page, which the service makes by itself, nor those
 * that registered themselves and change themselves.
 */
export async function everyClient({
  clients,
  registrations,
}: {
  clients: Pick<ClientService, 'list'>;
  registrations: Pick<RegistrationOversight, 'list'>;
}): Promise<ClientView[]> {
  // Those that register meanwhile are in the second list.
  const all = await everyPage((query) => clients.list(query));
  const registered = await everyPage((query) => registrations.list(query));
  const others = new Set([ACCOUNT_CLIENT_ID, ...registered.map(({ client_id: id }) => id)]);
  return all.filter(({ client_id: id }) => !others.has(id));
}
