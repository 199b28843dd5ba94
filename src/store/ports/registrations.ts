// Owns: the port of registrations: which clients registered themselves, and may change that.

export interface Registration {
  clientId: string;
  /** The policy it falls under. */
  policy: string;
  /** The registration token it came by; that may be gone. */
  tokenId: string;
  registeredAt: Date;
  /** Hash of the registration access token; undefined: there is none any more. */
  key?: string | undefined;
  /** When that token ends; undefined: with the client. */
  expiresAt?: Date | undefined;
}

/** Registrations end with their clients. */
export interface RegistrationStore {
  create(registration: Registration): Promise<void>;
  /** As it is stored at this moment. */
  find(clientId: string): Promise<Registration | undefined>;
  /** In the order of the clients' ids, byte by byte; those after the id `after`, `limit` at most. */
  list(page: { after?: string | undefined; limit: number }): Promise<Registration[]>;
  /** The registration access token from now on; undefined: none. */
  saveToken(
    clientId: string,
    token: { key: string; expiresAt?: Date | undefined } | undefined,
  ): Promise<void>;
  /** How many clients fall under the policy; inside a unit of work nobody else gets past this for it until that ends. */
  countForUpdate(policy: string): Promise<number>;
}
