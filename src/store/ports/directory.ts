// Owns: the ports of what operators manage: clients, users, signing keys, audit.
import type { Expirable, JsonObject } from './common.js';

export interface ClientSecretRecord {
  id: number;
  /** bcrypt. */
  secretHash: string;
  label?: string | undefined;
  createdAt: Date;
  expiresAt?: Date | undefined;
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
  createdAt: Date;
  updatedAt: Date;
  secrets: ClientSecretRecord[];
}

export interface ClientStore {
  find(clientId: string): Promise<StoredClient | undefined>;
  /** Creates the client or replaces its settings; secrets are left alone. */
  save(client: ClientRecord): Promise<void>;
  addSecret(
    clientId: string,
    secret: { secretHash: string; label?: string; expiresAt?: Date },
  ): Promise<void>;
  /** Makes this the client's only secret. */
  replaceSecrets(clientId: string, secretHash: string): Promise<void>;
}

export interface UserRecord {
  /** The `sub`: 8 characters. */
  id: string;
  name: string;
  email?: string | undefined;
  phone?: string | undefined;
  hashedPassword?: string | undefined;
  isVerified: boolean;
  isActive: boolean;
  avatar?: string | undefined;
  languagePreference?: string | undefined;
  updatedAt: Date;
}

/** Users of Link²Ur. Written only where we own the table (embedded default, seeding). */
export interface UserStore {
  find(id: string): Promise<UserRecord | undefined>;
  /** By e-mail address (case-insensitive), phone number or id. */
  findByIdentifier(identifier: string): Promise<UserRecord | undefined>;
  /** Some user's password hash: what hashes here cost, for checking nobody's. */
  findAnyPasswordHash(): Promise<string | undefined>;
  save(user: UserRecord): Promise<void>;
}

export interface SigningKeyRecord {
  kid: string;
  alg: string;
  state: 'announced' | 'active' | 'retired';
  publicJwk: JsonObject;
  privateSealed: string;
  createdAt: Date;
  activatedAt?: Date | undefined;
  retiredAt?: Date | undefined;
}

export interface KeyStore {
  list(): Promise<SigningKeyRecord[]>;
  /** Stores `make()`'s keys if none is stored yet; one of several concurrent callers wins, all get the result. */
  initialize(make: () => Promise<SigningKeyRecord[]>): Promise<SigningKeyRecord[]>;
}

export interface AuditEventRecord {
  at: Date;
  /** What happened, e.g. `consent.granted`. */
  type: string;
  /** `user:…`, `client:…`, `operator:…` or `system`. */
  actor: string;
  userId?: string | undefined;
  clientId?: string | undefined;
  grantId?: string | undefined;
  scope?: string | undefined;
  ip?: string | undefined;
  requestId?: string | undefined;
  details?: JsonObject | undefined;
}

/** The audit trail. An event "expires" by its age: `before` is compared with when it happened. */
export interface AuditStore extends Expirable {
  append(events: AuditEventRecord[]): Promise<void>;
  /** Newest first. */
  list(filter: {
    type?: string;
    userId?: string;
    clientId?: string;
    limit: number;
  }): Promise<AuditEventRecord[]>;
}
