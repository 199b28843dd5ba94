// Owns: cutting a client's bytes into units of the PostgreSQL protocol, version 3. Pure.
// @see https://www.postgresql.org/docs/current/protocol-flow.html

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_MAJOR = 3;

const MAX_STARTUP_BYTES = 10_000;
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** An unfinished batch past this size is handed over in parts, so that none can fill the memory. */
const MAX_HELD_BATCH_BYTES = 1024 * 1024;

const STARTUP_HEADER_BYTES = 4;
const HEADER_BYTES = 5;

/** One message as the client sent it, header included. */
export interface FrontendMessage {
  /** The type's letter, e.g. `P` for Parse. */
  type: string;
  bytes: Buffer;
}

/**
 * Messages that run with no other connection's in between. After `sync` the database is free again, unless
 * a transaction is open. `query` (a simple query or function call) ends in ReadyForQuery too, except in a
 * batch that has already failed, which lasts until Sync. After `flush` the batch goes on.
 */
export interface Unit {
  kind: 'unit';
  messages: FrontendMessage[];
  end: 'sync' | 'query' | 'flush';
}

/** What the reader hands over. */
export type Frame = { kind: 'encryption' | 'startup' | 'cancel' | 'terminate' } | Unit;

/** The client does not speak the protocol; nothing more can be read from it. */
export class ProtocolError extends Error {
  /** SQLSTATE. */
  readonly code: string;

  constructor(message: string, code = '08P01') {
    super(message);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

export interface FrameReader {
  /**
   * Takes the next bytes and hands over what they complete.
   * @throws {ProtocolError} when the bytes are no message of the protocol
   */
  push(chunk: Buffer): Frame[];
}

/** A reader for one connection, from its first byte. */
export function createFrameReader({ maxMessageBytes = MAX_MESSAGE_BYTES } = {}): FrameReader {
  let started = false;
  let batch: FrontendMessage[] = [];
  let batchBytes = 0;
  let chunks: Buffer[] = [];
  let held = 0;
  let needed = STARTUP_HEADER_BYTES;

  function frameLength(bytes: Buffer): number | undefined {
    if (bytes.length < (started ? HEADER_BYTES : STARTUP_HEADER_BYTES)) return undefined;
    const length = bytes.readInt32BE(started ? 1 : 0);
    const [least, most] = started ? [4, maxMessageBytes] : [8, MAX_STARTUP_BYTES];
    if (length < least || length > most) throw new ProtocolError(`invalid message length ${length}`);
    return started ? length + 1 : length;
  }

  function endUnit(end: Unit['end']): Unit {
    const messages = batch;
    batch = [];
    batchBytes = 0;
    return { kind: 'unit', messages, end };
  }

  function readMessage(bytes: Buffer): Frame | undefined {
    const type = String.fromCharCode(bytes[0] ?? 0);
    switch (type) {
      case 'X':
        return { kind: 'terminate' };
      // Rows of a COPY that was refused (see copyFailMessage) and was already on its way.
      case 'd':
      case 'c':
      case 'f':
        return undefined;
      case 'P':
      case 'B':
      case 'D':
      case 'C':
      case 'E':
      case 'H':
      case 'S':
      case 'Q':
      case 'F':
        break;
      default:
        // PostgreSQL ends the backend over these; ours is everybody's, so they must not reach it.
        throw new ProtocolError(`invalid frontend message type ${bytes[0]}`);
    }
    batch.push({ type, bytes });
    batchBytes += bytes.length;
    if (type === 'S') return endUnit('sync');
    if (type === 'Q' || type === 'F') return endUnit('query');
    return type === 'H' || batchBytes > MAX_HELD_BATCH_BYTES ? endUnit('flush') : undefined;
  }

  function readStartup(bytes: Buffer): Frame {
    const code = bytes.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSSENC_REQUEST) return { kind: 'encryption' };
    if (code === CANCEL_REQUEST) return { kind: 'cancel' };
    if (code >>> 16 !== PROTOCOL_MAJOR) throw new ProtocolError('unsupported frontend protocol', '0A000');
    started = true;
    return { kind: 'startup' };
  }

  return {
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      // Joining only once a message is whole keeps a large one from being copied again with every chunk.
      if (held < needed) return [];
      let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, held);
      const frames: Frame[] = [];
      for (;;) {
        const length = frameLength(rest);
        if (length === undefined || rest.length < length) {
          needed = length ?? HEADER_BYTES;
          break;
        }
        const bytes = rest.subarray(0, length);
        rest = rest.subarray(length);
        const frame = started ? readMessage(bytes) : readStartup(bytes);
        if (frame) frames.push(frame);
      }
      chunks = rest.length > 0 ? [rest] : [];
      held = rest.length;
      return frames;
    },
  };
}
