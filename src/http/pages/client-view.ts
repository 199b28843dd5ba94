// Owns: what pages show of a client and of a user.
import type { StoredClient, UserRecord } from '../../store/ports/index.js';
import type { AccountView, ClientView } from './models.js';

export function clientView(client: StoredClient): ClientView {
  return {
    name: client.client_name,
    uri: client.client_uri,
    logoUri: client.logo_uri,
    policyUri: client.policy_uri,
    tosUri: client.tos_uri,
  };
}

export function accountView(user: UserRecord): AccountView {
  return { name: user.name, detail: user.email ?? user.phone ?? user.id };
}
