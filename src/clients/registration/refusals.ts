// Owns: what is said to an app that may not register, or not change, a client.
import { AppError } from '../../lib/errors.js';

/** One answer for every reason: it tells nothing about which clients there are. */
export const refusedToken = () =>
  new AppError('invalid_token', 401, 'the token is unknown, expired, revoked or used up');

/** The policy was taken out of the configuration: nothing more is registered under it. */
export const policyGone = () =>
  new AppError('access_denied', 403, 'the policy of this registration is not there any more');

export const tooMany = () =>
  new AppError('access_denied', 403, 'as many clients as the policy allows are registered');

export const registrationOff = () =>
  new AppError('conflict', 409, 'registration is off: OAUTH_FEATURES does not have it');
