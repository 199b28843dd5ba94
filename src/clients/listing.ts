// Owns: clients page by page.
import { z } from 'zod';
import { BadRequestError } from '../lib/errors.js';
import { parseOrRefuse } from '../lib/problems.js';
import { isSafeText } from '../lib/text.js';
import type { ClientFilter, ClientStore, Page } from '../store/ports/index.js';
import { type ClientView, toClientView } from './description.js';
import { CLIENT_ID } from './input.js';

const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

export interface ClientQuery extends ClientFilter {
  /** 1 to 200; default 50. */
  limit?: number | undefined;
  /** `next` of the page before. */
  cursor?: string | undefined;
}

export interface ClientListing {
  /**
   * Clients in the order of their ids. @throws BadRequestError for a cursor that none of our pages gave;
   * ValidationError
   */
  list(query?: ClientQuery): Promise<Page<ClientView>>;
}

const querySchema = z.strictObject({
  q: z.string().min(1).max(255).refine(isSafeText, 'holds characters that are not allowed').optional(),
  isActive: z.boolean().optional(),
  isConfidential: z.boolean().optional(),
  grantType: z.string().min(1).max(64).refine(isSafeText, 'holds characters that are not allowed').optional(),
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(200).optional(),
});

function idIn(cursor: string): string {
  const clientId = Buffer.from(cursor, 'base64url').toString();
  if (!CLIENT_ID.test(clientId)) throw new BadRequestError('the cursor is not one of ours');
  return clientId;
}

export function createClientListing({ clients }: { clients: Pick<ClientStore, 'list'> }): ClientListing {
  return {
    async list(query = {}) {
      const { limit, cursor, ...filter } = parseOrRefuse(querySchema, query, 'the list cannot be made so');
      const after = cursor === undefined ? undefined : idIn(cursor);
      // One more tells whether there is a next page.
      const found = await clients.list(filter, { after, limit: limit + 1 });
      const items = found.slice(0, limit).map(toClientView);
      const last = items.at(-1);
      const isMore = found.length > limit && last !== undefined;
      return isMore ? { items, next: Buffer.from(last.client_id).toString('base64url') } : { items };
    },
  };
}
