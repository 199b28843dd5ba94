// Owns: the port of clients (relying parties) and their secrets.
import type { JsonObject } from './common.js';

export interface ClientSecretRecord {
  id: number;
  /** bcrypt. */
  secretHash: string;
  /** The secret, sealed under the key-encryption key: only where it is used as a key. */
  sealed?: string | undefined;
  label?: string | undefined;
  createdAt: Date;
  expiresAt?: Date | undefined;
  /** To within ten minutes. */
  lastUsedAt?: Date | undefined;
}

/** A client; snake_case members are RFC 7591's. */
export interface ClientRecord {
  client_id: string;
  client_name: string;
  client_uri?: string | undefined;
  logo_uri?: string | undefined;
  policy_uri?: string | undefined;
  tos_uri?: string | undefined;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  /** Default scope, space separated. */
  scope?: string | undefined;
  grant_types: string[];
  response_types: string[];
  application_type: 'web' | 'native';
  isConfidential: boolean;
  isActive: boolean;
  /** Further RFC 7591 members. */
  metadata: JsonObject;
}

export interface StoredClient extends ClientRecord {
  /** Rises with every change of the settings or the secrets, by whatever hand. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
  /** The oldest first. */
  secrets: ClientSecretRecord[];
}

/** Which clients a list shows; what is left out does not matter. */
export interface ClientFilter {
  /** Part of the id or the name, in any case. */
  q?: string | undefined;
  isActive?: boolean | undefined;
  isConfidential?: boolean | undefined;
  grantType?: string | undefined;
}

/** A secret that is stored sealed, and whose it is. */
export interface SealedSecret extends Pick<ClientSecretRecord, 'id' | 'secretHash'> {
  clientId: string;
  sealed: string;
}

/** What hung on a client and is gone. */
export interface ClientRemains {
  grants: number;
  refreshTokens: number;
  consents: number;
}

export interface ClientStore {
  /** May answer what another process changed within the last second as it was. */
  find(clientId: string): Promise<StoredClient | undefined>;
  /** As find, but as it is stored at this moment. */
  findStored(clientId: string): Promise<StoredClient | undefined>;
  /**
   * As find, but as it is stored at this moment; inside a unit of work nobody else can change the client until
   * that ends.
   */
  findForUpdate(clientId: string): Promise<StoredClient | undefined>;
  /** In the order of their ids, byte by byte; those after the id `after`, `limit` at most. */
  list(filter: ClientFilter, page: { after?: string | undefined; limit: number }): Promise<StoredClient[]>;
  /**
   * The response types that some active client is allowed, in no order. May answer what another process changed within
   * the last second as it was.
   */
  responseTypes(): Promise<string[]>;
  /** False when there is a client with this id already; nothing is changed then. */
  create(client: ClientRecord): Promise<boolean>;
  /** Creates the client or replaces its settings; secrets are left alone. */
  save(client: ClientRecord): Promise<void>;
  addSecret(
    clientId: string,
    secret: Pick<ClientSecretRecord, 'secretHash' | 'sealed' | 'label' | 'expiresAt'>,
  ): Promise<void>;
  /** Makes this the client's only secret. */
  replaceSecrets(clientId: string, secretHash: string, sealed?: string): Promise<void>;
  /** The client's secrets end at `at`, unless they end before. */
  expireSecrets(clientId: string, at: Date): Promise<void>;
  /** Deletes those of the client's secrets that `ids` names. */
  deleteSecrets(clientId: string, ids: readonly number[]): Promise<void>;
  /** Notes that secrets were used. That is no change of their clients, and part of no unit of work. */
  touchSecrets(ids: readonly number[], at: Date): Promise<void>;
  /** Every secret that is stored sealed. */
  listSealedSecrets(): Promise<SealedSecret[]>;
  /** Replaces the seal of a secret, if it still is `from`; none: drops it. That is no change of its client. */
  replaceSealedSecret(
    secret: Pick<SealedSecret, 'id' | 'clientId'>,
    from: string,
    to: string | undefined,
  ): Promise<boolean>;
  /** Whether users have agreed to the client, or hold a grant that is neither revoked nor over at `now`. */
  isInUse(clientId: string, now: Date): Promise<boolean>;
  /**
   * Deletes what hangs on the client: its grants with their tokens, and consents. A batch at a time, so that outside a
   * unit of work others wait for no more than that; after an interruption it can be done again.
   */
  clear(clientId: string): Promise<ClientRemains>;
  /** Deletes the client with its secrets and whatever still hangs on it. False when there is none. */
  delete(clientId: string): Promise<boolean>;
}
