// Owns: proof that a form was sent from a page of ours for this very interaction.
import { ForbiddenError } from '../../lib/errors.js';
import { constantTimeEqual, macOf } from '../../lib/ids.js';
import type { HttpContext } from '../context.js';

export interface Csrf {
  tokenFor(uid: string): string;
  /** @throws ForbiddenError unless the form carries this interaction's token and comes from our origin */
  check(ctx: HttpContext, uid: string, token: string | undefined): void;
}

export function createCsrf({ key, issuer }: { key: Buffer; issuer: string }): Csrf {
  const tokenFor = (uid: string) => macOf(key, `csrf:${uid}`);
  return {
    tokenFor,
    check(ctx, uid, token) {
      const origin = ctx.get('origin');
      if (origin !== '' && origin !== issuer) {
        throw new ForbiddenError('this form was not sent from our page', { detail: 'foreign origin' });
      }
      if (token === undefined || !constantTimeEqual(token, tokenFor(uid))) {
        throw new ForbiddenError('this form was not sent from our page', { detail: 'csrf token' });
      }
    },
  };
}
