// Owns: logging in with our own form against users.hashed_password. For the embedded default and small
// installations. Does not: say whether the user or the password was wrong.
import { ACR_PASSWORD } from '../config/acr-values.js';
import type { Clock } from '../lib/clock.js';
import { toEpochSeconds } from '../lib/clock.js';
import { TooManyRequestsError } from '../lib/errors.js';
import { addressBucket } from '../lib/ip.js';
import type { UserStore } from '../store/ports/index.js';
import type { PasswordCheck } from '../users/passwords.js';
import { type LoginStrategy, refusalOf } from './strategy.js';

const MAX_USERNAME_LENGTH = 254;

/** A password is all we see. */
const ACR_VALUES = [ACR_PASSWORD];

export function createLocalStrategy({
  users,
  passwords,
  clock,
}: {
  users: Pick<UserStore, 'findByIdentifier'>;
  passwords: PasswordCheck;
  clock: Clock;
}): LoginStrategy {
  return {
    name: 'local',

    async start(request) {
      const { loginHint } = request;
      return { kind: 'form', ...(loginHint === undefined ? {} : { username: loginHint }) };
    },

    async submit(request, { username, password }) {
      const identifier = username.trim().slice(0, MAX_USERNAME_LENGTH);
      const user = await users.findByIdentifier(identifier);
      try {
        const isRight = await passwords.check(user, password, addressBucket(request.ip));
        if (!isRight || !user) return { kind: 'form', problem: 'invalid_credentials', username: identifier };
        const authTime = toEpochSeconds(clock.now());
        const result = { accountId: user.id, acr: ACR_PASSWORD, amr: ['pwd'], authTime };
        return (await refusalOf(request, result, ACR_VALUES)) ?? { kind: 'done', result };
      } catch (error) {
        if (!(error instanceof TooManyRequestsError)) throw error;
        return { kind: 'form', problem: 'too_many_attempts', username: identifier };
      }
    },
  };
}
