// Owns: the schemas that several resources of the Admin API share.
import { z } from 'zod';
import { isSafeText } from '../../lib/text.js';

/** A point in time, as it is answered. */
export const when = z.iso.datetime();

function isStorableDate(text: string): boolean {
  const date = new Date(text);
  // What is no date at all is said by the format.
  return Number.isNaN(date.getTime()) || /^(?!0000)\d{4}-/.test(date.toISOString());
}

/** A point in time, as it is sent to us; in years that dates are written in and kept. */
export const moment = z.iso
  .datetime({ offset: true })
  .refine(isStorableDate, 'must be in the years 1 to 9999');

/** Text that may be stored and looked for. */
export const text = (max: number) =>
  z.string().min(1).max(max).refine(isSafeText, 'holds characters that are not allowed');

export const userId = text(64).describe('The `sub` of a user.');
export const clientId = text(64).describe('The `client_id`.');

/** What every list takes. */
export const paging = {
  limit: z.int().min(1).max(200).optional().describe('Items a page; 50 unless given.'),
  cursor: text(1024).optional().describe('`next` of the page before.'),
};

/** A page of `item`s. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().optional().describe('Cursor of the next page; absent on the last.'),
  });
}
