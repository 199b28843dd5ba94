// Owns: checking and hashing passwords, with bcrypt as the table `users` has them.
import type { SiteUser } from './users.js';

const COST = 10;
/** bcrypt ignores what comes after the 72nd byte. */
const MAX_BYTES = 72;
const MIN_BYTES = 8;
/** Compared with when there is no user, so that the time does not tell. */
const NOBODYS_HASH = `$2b$${COST}$${'.'.repeat(53)}`;

// Loaded at the first use, not at the start.
const bcrypt = async () => (await import('bcryptjs')).default;

/** Whether `password` is that of `user`, who may log in. Unknown and inactive users cost the same time. */
export async function isRightPassword(user: SiteUser | undefined, password: string): Promise<boolean> {
  const { compare } = await bcrypt();
  const matches = await compare(password, user?.hashedPassword ?? NOBODYS_HASH);
  return matches && user?.isActive === true && Buffer.byteLength(password) <= MAX_BYTES;
}

export function isAcceptablePassword(password: string): boolean {
  const bytes = Buffer.byteLength(password);
  return bytes >= MIN_BYTES && bytes <= MAX_BYTES;
}

export async function hashPassword(password: string): Promise<string> {
  return (await bcrypt()).hash(password, COST);
}
