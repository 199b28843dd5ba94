// Owns: cutting a list into pages: how long one is, and the cursor that says where the next begins.
import { z } from 'zod';
import { BadRequestError } from '../lib/errors.js';
import { isSafeText } from '../lib/text.js';
import type { Page } from '../store/ports/index.js';

const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

export interface PageRequest {
  /** 1 to 200; 50 unless given. */
  limit?: number | undefined;
  /** The `next` of the page before. */
  cursor?: string | undefined;
}

/** The key of the last item of a page. */
const keySchema = z.array(z.string().max(200).refine(isSafeText)).length(2);

type Key = [string, string];

function keyIn(cursor: string): Key {
  try {
    return keySchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))) as Key;
  } catch (cause) {
    throw new BadRequestError('this cursor is not the `next` of a page of this list', { cause });
  }
}

/**
 * One page of what `read` finds.
 * @param read the items after a key, `limit` at most
 * @throws BadRequestError for a limit out of bounds or a cursor that is none
 */
export async function pageOf<T>(
  { limit = DEFAULT_LIMIT, cursor }: PageRequest,
  read: (after: Key | undefined, limit: number) => Promise<T[]>,
  keyOf: (item: T) => Key,
): Promise<Page<T>> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new BadRequestError(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
  }
  const found = await read(cursor === undefined ? undefined : keyIn(cursor), limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') };
}

/** The date in a cursor. @throws BadRequestError */
export function dateIn(text: string): Date {
  const date = new Date(text);
  // Years that the database does not know are none of ours.
  if (!/^(?!0000)\d{4}-/.test(text) || Number.isNaN(date.getTime()))
    throw new BadRequestError('this cursor is not the `next` of a page');
  return date;
}
