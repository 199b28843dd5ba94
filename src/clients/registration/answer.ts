// Owns: what an app is told of the client it registered. Does not: know addresses of this service.
import { toEpochSeconds } from '../../lib/clock.js';
import type { StoredClient } from '../../store/ports/index.js';
import { describeStored } from '../description.js';
import { profileMembers } from '../profile.js';
import { isSettable } from './members.js';

/** What the answers to a registration and to an update hold once only. */
export interface Told {
  /** In clear, when the client has just got one. */
  secret?: string | undefined;
  secretExpiresAt?: Date | undefined;
  /** The registration access token from now on. */
  token: string;
}

/**
 * The client information response, without `registration_client_uri`: everything that is registered, defaults included.
 * @see https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
 */
export function clientInformation(client: StoredClient, told: Told): Record<string, unknown> {
  const members = Object.entries(describeStored(client)).filter(([name]) => isSettable(name));
  return {
    client_id: client.client_id,
    client_id_issued_at: toEpochSeconds(client.createdAt),
    ...(told.secret !== undefined && {
      client_secret: told.secret,
      client_secret_expires_at: told.secretExpiresAt ? toEpochSeconds(told.secretExpiresAt) : 0,
    }),
    registration_access_token: told.token,
    id_token_signed_response_alg: 'RS256',
    ...Object.fromEntries(members),
    ...profileMembers(client),
  };
}
