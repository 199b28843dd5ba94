// Owns: whether a user's password is right. Does not: find the user, limit attempts or start sessions.
import { bcryptCostOf, type Hasher } from '../lib/hasher.js';
import type { UserRecord, UserStore } from '../store/ports/users.js';

/** The default of the bcrypt libraries that websites use; for a table without a single password. */
const USUAL_COST = 12;

export interface PasswordCheck {
  /**
   * Whether `password` is that of `user`, who may log in. An unknown user, one without a password, an
   * inactive one and a wrong password are all false after the same work, so that neither the answer nor its
   * time says which it was. `ip` is where the attempt comes from: work waits in turns by address.
   * @throws TooManyRequestsError when too many attempts are waiting already.
   */
  check(user: UserRecord | undefined, password: string, ip: string): Promise<boolean>;
}

/** Checks passwords against `users.hashed_password` (bcrypt). */
export function createPasswordCheck({
  hasher,
  users,
}: {
  hasher: Pick<Hasher, 'compare' | 'compareDummy'>;
  users: Pick<UserStore, 'findAnyPasswordHash'>;
}): PasswordCheck {
  // The website chose the cost of its hashes and may change it: the dummy follows what was last seen,
  // and before anything was seen, what is in the table.
  let siteCost: number | undefined;

  async function costOfNobody(): Promise<number> {
    siteCost ??= bcryptCostOf((await users.findAnyPasswordHash()) ?? '');
    return siteCost ?? USUAL_COST;
  }

  return {
    async check(user, password, ip) {
      const key = `password|${ip}`;
      const cost = bcryptCostOf(user?.hashedPassword ?? '');
      if (!user?.hashedPassword || cost === undefined) {
        return hasher.compareDummy(password, key, await costOfNobody());
      }
      siteCost = cost;
      const matches = await hasher.compare(password, user.hashedPassword, key);
      return matches && user.isActive;
    },
  };
}
