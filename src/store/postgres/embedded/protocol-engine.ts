// Owns: the conversation with PGlite's one backend session. Does not: decide whose turn it is.
import type { PGlite } from '@electric-sql/pglite';
import {
  failBatchMessage,
  rollbackMessage,
  startupPacket,
  syncMessage,
  transactionStatusOf,
} from './protocol-messages.js';

/** What we need of PGlite. */
export type RawDatabase = Pick<PGlite, 'execProtocolRawStream'>;

/** The engine stopped or lost track; it must not be called again. */
export class EngineBrokenError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EngineBrokenError';
  }
}

export interface ProtocolEngine {
  /** What a new connection is told: AuthenticationOk, the parameters, ReadyForQuery. */
  readonly greeting: Buffer;
  /** Messages in, the response out. Messages are whole. @throws {EngineBrokenError} */
  exchange(messages: Buffer): Promise<Buffer>;
  /** Like `exchange`, for messages whose response must end in ReadyForQuery. */
  exchangeUnit(messages: Buffer): Promise<Buffer>;
  /** Undoes the open batch and transaction, if any. @throws {EngineBrokenError} */
  rollBack(): Promise<void>;
  /** Whether the engine has stopped for good. */
  isBroken(): boolean;
}

/**
 * Wraps an open PGlite. The greeting is asked for once: PGlite ignores what a startup packet says (user,
 * database, options), and asking again in somebody's transaction would report that transaction to the
 * newcomer and make it wait for its end.
 */
export async function createProtocolEngine(db: RawDatabase): Promise<ProtocolEngine> {
  let broken = false;

  function fail(message: string, cause?: unknown): never {
    broken = true;
    throw new EngineBrokenError(message, cause);
  }

  async function exchange(messages: Buffer): Promise<Buffer> {
    // After a fatal error PGlite does not refuse further calls: it never returns from them.
    if (broken) fail('the database engine has stopped');
    const parts: Buffer[] = [];
    try {
      // Not execProtocolRaw: it also parses every response and keeps it in memory for ever. The bytes must be
      // copied, they are a window on PGlite's memory.
      await db.execProtocolRawStream(messages, { onRawData: (bytes) => void parts.push(Buffer.from(bytes)) });
    } catch (error) {
      fail('the database engine failed', error);
    }
    const [only] = parts;
    return only && parts.length === 1 ? only : Buffer.concat(parts);
  }

  async function exchangeUnit(messages: Buffer): Promise<Buffer> {
    const response = await exchange(messages);
    if (transactionStatusOf(response) === undefined) fail('the database engine gave no complete answer');
    return response;
  }

  const greeting = await exchangeUnit(startupPacket({ user: 'postgres', database: 'postgres' }));
  if (transactionStatusOf(greeting) !== 'I') fail('the database is in a transaction of somebody else');

  return {
    greeting,
    exchange,
    exchangeUnit,
    async rollBack() {
      const response = await exchangeUnit(Buffer.concat([failBatchMessage, syncMessage]));
      if (transactionStatusOf(response) !== 'I') await exchangeUnit(rollbackMessage);
    },
    isBroken: () => broken,
  };
}
