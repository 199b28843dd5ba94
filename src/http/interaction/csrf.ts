// Owns: proof that a form was sent from a page of ours for this very interaction.
import { ForbiddenError } from '../../lib/errors.js';
import { constantTimeEqual, macOf } from '../../lib/ids.js';
import type { HttpContext } from '../context.js';

export interface Csrf {
  tokenFor(uid: string): string;
  /** @throws ForbiddenError unless the form carries this interaction's token and comes from our origin */
  check(ctx: HttpContext, uid: string, token: string | undefined): void;
}

/** @param keys those in use at this moment: the first makes tokens, each checks them, so open forms outlive a rotation */
export function createCsrf({ keys, issuer }: { keys: () => readonly Buffer[]; issuer: string }): Csrf {
  const tokensFor = (uid: string) => keys().map((key) => macOf(key, `csrf:${uid}`));
  return {
    tokenFor: (uid) => tokensFor(uid)[0] ?? '',
    check(ctx, uid, token) {
      const origin = ctx.get('origin');
      if (origin !== '' && origin !== issuer) {
        throw new ForbiddenError('this form was not sent from our page', { detail: 'foreign origin' });
      }
      if (token === undefined || !tokensFor(uid).some((one) => constantTimeEqual(token, one))) {
        throw new ForbiddenError('this form was not sent from our page', { detail: 'csrf token' });
      }
    },
  };
}
