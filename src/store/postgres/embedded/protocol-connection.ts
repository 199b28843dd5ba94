// Owns: one client's connection: its units, its place in the queue, its transaction, its end.
import type { Socket } from 'node:net';
import type { ProtocolEngine } from './protocol-engine.js';
import { createFrameReader, type Frame, ProtocolError, type Unit } from './protocol-frames.js';
import { copyFailMessage, errorResponse, syncMessage, transactionStatusOf } from './protocol-messages.js';
import { createStatementNames } from './protocol-names.js';
import type { TurnQueue, TurnTaker } from './turn-queue.js';

const STARTUP_TIMEOUT_MS = 10_000;
/** How long a client may take to read why it was sent away. */
const FAREWELL_MS = 1_000;
const MAX_QUEUED_UNITS = 64;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** Why a connection is ended: an SQLSTATE and a text. */
export interface Farewell {
  code: string;
  message: string;
}

export interface ProtocolConnectionOptions {
  socket: Socket;
  /** Unique among all connections of the server's life. */
  id: number;
  engine: ProtocolEngine;
  queue: TurnQueue;
  idleInTransactionMs: number;
  /** Called at startup; a farewell refuses the connection. */
  admit(): Farewell | undefined;
  onUnit(): void;
  onEvicted(): void;
  /** The engine failed under this connection. */
  onBroken(error: unknown): void;
}

export interface ProtocolConnection {
  /** Sends a FATAL error and ends; an open transaction is rolled back at its next turn. */
  end(farewell: Farewell): void;
}

interface QueuedUnit {
  bytes: Buffer;
  /** Whether the batch may go on after it: a failed one lasts until Sync, even past a simple query. */
  mayStayOpen: boolean;
  endsInReady: boolean;
}

/** Serves `socket` until it closes. */
export function openProtocolConnection(options: ProtocolConnectionOptions): ProtocolConnection {
  const { socket, engine, queue } = options;
  const reader = createFrameReader();
  const names = createStatementNames(`c${options.id}_`);
  const units: QueuedUnit[] = [];
  let queuedBytes = 0;
  /** Where the reader is. */
  let midBatch = false;
  /** Where the backend is. */
  let batchOpen = false;
  let inTransaction = false;
  let busy = false;
  let ending = false;
  let cleaned = false;
  let congested = false;
  let timer = setTimeout(() => socket.destroy(), STARTUP_TIMEOUT_MS);

  const taker: TurnTaker = {
    hasWork: () => (units.length > 0 ? !congested : ending && !cleaned),
    holdsDatabase: () => inTransaction || batchOpen,
    async takeTurn() {
      clearTimeout(timer);
      busy = true;
      try {
        const unit = units.shift();
        if (unit) await serve(unit);
        else await cleanUp();
      } catch (error) {
        // There is no session left to clean up.
        inTransaction = false;
        batchOpen = false;
        cleaned = true;
        options.onBroken(error);
        end({ code: 'XX000', message: 'the database engine failed' });
      } finally {
        busy = false;
      }
      // Also when units wait: a client that does not read its answers holds up the others just the same.
      if (taker.holdsDatabase() && !taker.hasWork()) timer = setTimeout(evict, options.idleInTransactionMs);
      if (!ending) adjustReading();
    },
  };

  async function serve({ bytes, mayStayOpen, endsInReady }: QueuedUnit): Promise<void> {
    queuedBytes -= bytes.length;
    options.onUnit();
    const response = await (mayStayOpen ? engine.exchange(bytes) : engine.exchangeUnit(bytes));
    // The bytes at the end of a flushed response may be anything, a row's for instance.
    const status = endsInReady ? transactionStatusOf(response) : undefined;
    batchOpen = status === undefined;
    if (status) inTransaction = status !== 'I';
    send(response);
  }

  /** Leaves nothing of this connection behind in the shared backend session. */
  async function cleanUp(): Promise<void> {
    cleaned = true;
    if (taker.holdsDatabase()) await engine.rollBack();
    inTransaction = false;
    batchOpen = false;
    const left = names.closeAll();
    if (left.length > 0) await engine.exchangeUnit(Buffer.concat([...left, syncMessage]));
    leave();
  }

  function send(bytes: Buffer): void {
    if (socket.writable && bytes.length > 0) congested = !socket.write(bytes);
  }

  function adjustReading(): void {
    const full = units.length >= MAX_QUEUED_UNITS || queuedBytes >= MAX_QUEUED_BYTES;
    if (full || congested) socket.pause();
    else socket.resume();
  }

  function enqueue(unit: Unit): void {
    const parts = unit.messages.flatMap((message) => {
      const bytes = names.rewrite(message);
      return message.type === 'Q' || message.type === 'E' ? [bytes, copyFailMessage] : [bytes];
    });
    const bytes = Buffer.concat(parts);
    midBatch = unit.end === 'flush' || (unit.end === 'query' && (midBatch || unit.messages.length > 1));
    units.push({ bytes, mayStayOpen: midBatch, endsInReady: unit.end !== 'flush' });
    queuedBytes += bytes.length;
    queue.request(taker);
  }

  function accept(frame: Frame): void {
    switch (frame.kind) {
      case 'encryption':
        // The socket is in a 0700 folder: there is nobody to hide from.
        socket.write('N');
        break;
      case 'startup': {
        clearTimeout(timer);
        const refusal = options.admit();
        if (refusal) end(refusal);
        else socket.write(engine.greeting);
        break;
      }
      case 'unit':
        enqueue(frame);
        break;
      case 'cancel': // A query occupies this thread: by the time its cancellation is read, it is over.
      case 'terminate':
        finish();
        break;
    }
  }

  /** The client is done: what it has sent is still carried out. */
  function finish(): void {
    ending = true;
    // Nothing is owed to it, so it need not wait for the end of somebody's transaction; its names can.
    if (units.length === 0 && !busy && !taker.holdsDatabase()) leave();
    queue.request(taker);
  }

  /** The client is gone: what has not run is dropped. */
  function drop(): void {
    clearTimeout(timer);
    units.length = 0;
    queuedBytes = 0;
    congested = false;
    finish();
  }

  function leave(): void {
    clearTimeout(timer);
    if (socket.destroyed) return;
    socket.end();
    socket.resume();
    timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  }

  function end({ code, message }: Farewell): void {
    if (socket.writable) socket.write(errorResponse({ severity: 'FATAL', code, message }));
    drop();
    leave();
  }

  function evict(): void {
    options.onEvicted();
    end({ code: '25P03', message: 'terminating connection due to idle-in-transaction timeout' });
  }

  socket.on('data', (chunk) => {
    if (ending) return;
    try {
      for (const frame of reader.push(chunk)) if (!ending) accept(frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      end({ code: error.code, message: error.message });
    }
    if (!ending) adjustReading();
  });
  socket.on('drain', () => {
    congested = false;
    adjustReading();
    queue.request(taker);
  });
  socket.on('end', finish);
  socket.on('error', () => undefined); // 'close' follows
  socket.on('close', drop);

  return { end };
}
