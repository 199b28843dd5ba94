// Owns: the port of the deny list: access tokens that were revoked before they expire.
import type { Expirable } from './common.js';

export interface RevokedToken {
  clientId: string;
  revokedAt: Date;
  /** When the token ends by itself, and with it this entry. */
  expiresAt: Date;
}

/** Whether a token may still be used. */
export interface TokenStanding {
  /** It is on the list, or the grant it hangs on is revoked or gone. */
  isRevoked: boolean;
  /** Whose the grant is, if the token hangs on one and that lives. */
  grant?: { userId: string; clientId: string } | undefined;
}

/** The deny list. Kept where nothing is lost, and never remembered: what was revoked is so with the next question. */
export interface RevokedTokenStore extends Expirable {
  /** Puts a token on the list; one that is on it already stays as it is. */
  add(key: string, token: RevokedToken): Promise<void>;
  find(key: string): Promise<RevokedToken | undefined>;
  /** @param grantId the grant the token hangs on, if it does */
  standingOf(key: string, grantId: string | undefined): Promise<TokenStanding>;
}
