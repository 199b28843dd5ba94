// Owns: every client, and which of them are the service's own.
import type { ClientService, ClientView } from '../../clients/service.js';
import { ACCOUNT_CLIENT_ID } from '../../provider/account-session.js';

const PAGE = 200;

/** Every client that operators made: the one behind the account page the service makes by itself. */
export async function everyClient(clients: Pick<ClientService, 'list'>): Promise<ClientView[]> {
  const all: ClientView[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await clients.list({ limit: PAGE, cursor });
    all.push(...items);
    cursor = next;
  } while (cursor !== undefined);
  return all.filter(({ client_id: id }) => id !== ACCOUNT_CLIENT_ID);
}
