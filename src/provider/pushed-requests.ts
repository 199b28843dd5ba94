// Owns: the names under which pushed authorization requests are stored. Does not: know what is asked for (library).
// @see https://www.rfc-editor.org/rfc/rfc9126
import { hashOf } from '../lib/ids.js';
import type { RequestScope } from './request-scope.js';

export const PUSHED_REQUEST = 'PushedAuthorizationRequest';

/** Begins a name that an interaction knows its request by; no request_uri of ours holds this character. */
const MARK = '#';

/** What an interaction keeps of the value in a request_uri: whoever reads it there cannot use it. */
export function nameOfPushed(value: string): string {
  return value.startsWith(MARK) ? value : `${MARK}${hashOf(value)}`;
}

/** The key of a pushed request, by the value in a request_uri or, where an interaction goes on, by that name. */
export function keyOfPushed(value: string, scope: RequestScope | undefined): string {
  return scope?.route === 'resume' && value.startsWith(MARK) ? value.slice(MARK.length) : hashOf(value);
}
