// Owns: the port of Link²Ur's users.

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
