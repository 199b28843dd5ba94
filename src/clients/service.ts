// Owns: putting together what can be done with clients. Does not: speak HTTP or know the library.
import type { ClientServiceDeps } from './deps.js';
import { type ClientEditing, createClientEditing } from './editing.js';
import { type ClientListing, createClientListing } from './listing.js';
import { type ClientRotation, createClientRotation } from './rotation.js';
import { type ClientSeeding, createClientSeeding } from './seeding.js';

export type { ClientDescription, ClientView, SecretView } from './description.js';
export type { ClientChange, PreparedClient } from './seeding.js';

/** The rules of clients, whoever asks: command line, Admin API, seed files. */
export interface ClientService extends ClientSeeding, ClientEditing, ClientListing, ClientRotation {}

export function createClientService(deps: ClientServiceDeps): ClientService {
  return {
    ...createClientSeeding(deps),
    ...createClientEditing(deps),
    ...createClientListing(deps),
    ...createClientRotation(deps),
  };
}
