// Owns: the library's view of a user. A deactivated or deleted user has none.
import type { FindAccount } from 'oidc-provider';
import type { Feature } from '../config/features.js';
import type { UserStore } from '../store/ports/index.js';
import { userClaims } from '../users/claims.js';
import type { Subjects } from '../users/subjects.js';
import { callStore } from './adapter/failure.js';
import { unionIdFor } from './subjects.js';

/** The library masks what it gets by scope and requested claims; here all a user has is offered. */
export function createFindAccount({
  users,
  avatarBaseUrl,
  features,
  subjects,
}: {
  users: Pick<UserStore, 'find'>;
  avatarBaseUrl: string | undefined;
  features: ReadonlySet<Feature>;
  subjects: Pick<Subjects, 'unionId'>;
}): FindAccount {
  return async (ctx, sub) => {
    const user = await callStore(() => users.find(sub));
    if (!user?.isActive) return undefined;
    return {
      accountId: user.id,
      claims: async () => ({
        ...userClaims(user, avatarBaseUrl === undefined ? {} : { avatarBaseUrl }),
        ...(await unionIdFor(ctx.oidc.client, user.id, { features, subjects })),
        sub: user.id,
      }),
    };
  };
}
