// Owns: telling "the database cannot answer now" apart from everything else.
import { StoreUnavailableError } from '../../lib/errors.js';
import { GrantGoneError } from '../ports/index.js';

/** Prisma's own codes: unreachable, timed out, closed, pool exhausted, transaction could not start. */
const PRISMA_UNAVAILABLE = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
]);

/** PostgreSQL: connection (08), resources (53), operator intervention (57), locks and conflicts. */
const SQLSTATE_UNAVAILABLE = /^(08...|53...|57P..|57014|55P03|40001|40P01|25006|58030)$/;

const NODE_UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const MESSAGE_UNAVAILABLE =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|pool after calling end/i;

const ADAPTER_KIND_UNAVAILABLE = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TlsConnectionError',
  'TransactionWriteConflict',
]);

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isUnavailable(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const code = String(member(error, 'code') ?? '');
  const originalCode = String(member(error, 'originalCode') ?? '');
  return (
    PRISMA_UNAVAILABLE.has(code) ||
    NODE_UNAVAILABLE.has(code) ||
    SQLSTATE_UNAVAILABLE.test(code) ||
    SQLSTATE_UNAVAILABLE.test(originalCode) ||
    ADAPTER_KIND_UNAVAILABLE.has(String(member(error, 'kind') ?? '')) ||
    member(error, 'name') === 'PrismaClientInitializationError' ||
    MESSAGE_UNAVAILABLE.test(String(member(error, 'message') ?? '')) ||
    isUnavailable(member(error, 'cause'), depth + 1) ||
    isUnavailable(member(member(error, 'meta'), 'driverAdapterError'), depth + 1)
  );
}

/** NOT NULL is violated: refresh-tokens.ts found no live grant to hang a token on. */
function isGrantGone(error: unknown): boolean {
  return (
    member(error, 'code') === '23502' &&
    member(error, 'table') === 'oauth_refresh_token' &&
    member(error, 'column') === 'grant_id'
  );
}

/**
 * What to throw instead of `error`: StoreUnavailableError when the database cannot answer, GrantGoneError when a grant
 * is gone, else itself.
 */
export function toStoreError(error: unknown): unknown {
  if (isGrantGone(error)) return new GrantGoneError('the grant of a refresh token is gone', { cause: error });
  if (error instanceof StoreUnavailableError || !isUnavailable(error)) return error;
  return new StoreUnavailableError({ detail: 'the database did not answer', cause: error });
}
