// Owns: the port of registration tokens: with one, an app may register clients by itself.
import type { Expirable } from './common.js';

/** An initial access token, without its value. @see https://www.rfc-editor.org/rfc/rfc7591#section-3 */
export interface RegistrationToken {
  /** What operators call it by. */
  id: string;
  label: string;
  /** The policy that what is registered with it falls under. */
  policy: string;
  /** How many clients it is for. */
  uses: number;
  createdAt: Date;
  expiresAt: Date;
}

export interface StoredRegistrationToken extends RegistrationToken {
  usesLeft: number;
}

/** Registration tokens. There are few: they are listed all at once. */
export interface RegistrationTokenStore extends Expirable {
  /** @param key hash of the token */
  create(key: string, token: RegistrationToken): Promise<void>;
  /** As it is stored, used up and expired ones included. */
  find(key: string): Promise<StoredRegistrationToken | undefined>;
  /** The oldest first. */
  list(): Promise<StoredRegistrationToken[]>;
  /**
   * Takes one of its uses; false when none is left, it has expired or there is none. Of any number of callers as many
   * succeed as there are uses; what a unit of work took is given back when that is undone.
   */
  use(key: string, now: Date): Promise<boolean>;
  /** What was deleted; undefined when there was none. */
  delete(id: string): Promise<StoredRegistrationToken | undefined>;
}
