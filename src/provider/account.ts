// Owns: the library's view of a user. A deactivated or deleted user has none.
import type { FindAccount } from 'oidc-provider';
import type { UserStore } from '../store/ports/index.js';
import { userClaims } from '../users/claims.js';
import { callStore } from './adapter/failure.js';

/** The library masks what it gets by scope and requested claims; here all a user has is offered. */
export function createFindAccount({
  users,
  avatarBaseUrl,
}: {
  users: Pick<UserStore, 'find'>;
  avatarBaseUrl: string | undefined;
}): FindAccount {
  return async (_ctx, sub) => {
    const user = await callStore(() => users.find(sub));
    if (!user?.isActive) return undefined;
    return {
      accountId: user.id,
      claims: async () => ({
        ...userClaims(user, avatarBaseUrl === undefined ? {} : { avatarBaseUrl }),
        sub: user.id,
      }),
    };
  };
}
