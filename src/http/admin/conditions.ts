// Owns: entity tags: an update says which version it was made from. Does not: know what is versioned.
import { AdminError } from './problem.js';

const TAG = /^"(\d{1,9})"$/;

/** The entity tag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version an update was made from; undefined when the request leaves it open (no header, or `*`).
 * @throws AdminError: 428 without If-Match where it is required; 412 when it holds no tag of ours
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
 * @see https://www.rfc-editor.org/rfc/rfc6585#section-3
 */
export function expectedVersion(ifMatch: string, precondition: 'required' | 'optional'): number | undefined {
  if (ifMatch === '') {
    if (precondition === 'optional') return undefined;
    const description = 'say by If-Match which version you change: the ETag of GET, or *';
    throw new AdminError('precondition_required', 428, description);
  }
  if (ifMatch.trim() === '*') return undefined;
  const version = TAG.exec(ifMatch.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw new AdminError('precondition_failed', 412, 'If-Match holds no tag of this API: it was changed since');
}
