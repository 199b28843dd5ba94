// Owns: the port of users' roles.

export interface UserRoleRecord {
  userId: string;
  /** `admin`. */
  role: string;
  grantedAt: Date;
  /** The actor, as the audit trail names it. */
  grantedBy: string;
}

/** Who granted a role, when that user is forgotten. */
export const FORGOTTEN_GRANTER = 'user:~';

/** Who may do more than log in. Never remembered: a role that is taken away is gone with the next question. */
export interface RoleStore {
  has(userId: string, role: string): Promise<boolean>;
  /** By name of the role. */
  listByUser(userId: string): Promise<UserRoleRecord[]>;
  /** True for exactly one of any number of concurrent callers; false when the user has the role already. */
  grant(record: UserRoleRecord): Promise<boolean>;
  /** Whether there was one to take away: true for exactly one of any number of concurrent callers. */
  revoke(userId: string, role: string): Promise<boolean>;
  /** Takes every role away from the user, and their name from the roles they granted; how many records that were. */
  forget(userId: string): Promise<number>;
}
