// Owns: what a user code looks like, and what is said of one that was answered before.
// @see https://www.rfc-editor.org/rfc/rfc8628#section-6.1
import { errors } from 'oidc-provider';

/**
 * Eight of twenty consonants are 34 bits: no words, nothing that looks like a digit, no case. With a quarter of an hour
 * of lock after five wrong ones nobody finds one of the few that are open.
 */
export const USER_CODE = { alphabet: 'BCDFGHJKLMNPQRSTVWXZ', length: 8, mask: '****-****' } as const;

/** Seconds a device code and its user code are good for. */
export const DEVICE_CODE_SECONDS = 600;

/** The code as the device shows it. */
export function shownUserCode(code: string): string {
  return code.replace(/^(.{4})(.{4})$/, '$1-$2');
}

/** Another tab, or an earlier press of a button, has answered the device. */
export class AlreadyAnswered extends errors.InvalidRequest {
  constructor() {
    super('the device has been answered already');
  }
}
