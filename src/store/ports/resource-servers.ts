// Owns: the port of resource servers: the APIs that access tokens are issued for.

/** One right at a resource. */
export interface ResourceScope {
  name: string;
  /** What users are told it allows, by language. */
  description?: { en?: string | undefined; zh?: string | undefined } | undefined;
}

/** Words by language. */
export type Words = { en?: string | undefined; zh?: string | undefined };

/** A member of authorization details; its names are those of the description that operators give. */
export interface SimpleDetailsMember {
  name: string;
  /** `list`: of texts. */
  kind: 'text' | 'number' | 'boolean' | 'list';
  is_required: boolean;
  /** The only texts it may hold. */
  values?: string[] | undefined;
  /** What users are told it is. */
  label?: Words | undefined;
}

export type DetailsMember =
  | SimpleDetailsMember
  | (Omit<SimpleDetailsMember, 'kind' | 'values'> & { kind: 'object'; members: SimpleDetailsMember[] });

/** A type of authorization details. @see https://www.rfc-editor.org/rfc/rfc9396#section-2.1 */
export interface DetailsType {
  type: string;
  /** What users are asked to allow, with {member} where a value goes. */
  description?: Words | undefined;
  members: DetailsMember[];
}

/** A protected resource. @see https://www.rfc-editor.org/rfc/rfc8707 */
export interface ResourceServerRecord {
  /** An absolute URI; the tokens' audience. */
  identifier: string;
  name: string;
  scopes: ResourceScope[];
  accessTokenSeconds: number;
  /** A JWS algorithm, or `opaque`. */
  alg: string;
  /** The client it authenticates as when it asks about tokens. */
  clientId?: string | undefined;
  isActive: boolean;
  /** What apps may ask for at it beyond scopes (RFC 9396). */
  detailsTypes: DetailsType[];
}

export interface StoredResourceServer extends ResourceServerRecord {
  /** Rises with every change. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** Resource servers. There are few: they are read all at once. */
export interface ResourceServerStore {
  /** In the order of their identifiers, byte by byte. */
  list(): Promise<StoredResourceServer[]>;
  /** As list, but as they are stored at this moment; inside a unit of work nobody else gets past this until it ends. */
  listForUpdate(): Promise<StoredResourceServer[]>;
  /** False when there is one with this identifier already; nothing is changed then. */
  create(record: ResourceServerRecord, at: Date): Promise<boolean>;
  /** Replaces what is stored under the identifier, and raises its version. */
  save(record: ResourceServerRecord, at: Date): Promise<void>;
  delete(identifier: string): Promise<boolean>;
}
