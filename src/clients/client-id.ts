// Owns: ids for clients that nobody gave one.
import { randomToken } from '../lib/ids.js';

const RANDOM_BYTES = 15;

/** A new client id: letters, digits, - and _, and a letter first, so that no command line takes it for an option. */
export function randomClientId(): string {
  return `c${randomToken(RANDOM_BYTES)}`;
}
