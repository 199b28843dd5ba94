// Owns: building and recognising single messages of the PostgreSQL protocol, version 3.
// @see https://www.postgresql.org/docs/current/protocol-message-formats.html

const HEADER_BYTES = 5;
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5]);

/** The transaction status of a ReadyForQuery: idle, in a transaction, in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

/** The severity, SQLSTATE code and text of an ErrorResponse. */
export interface ErrorFields {
  severity: 'ERROR' | 'FATAL';
  code: string;
  message: string;
}

/** A typed message: the type's letter, the length, the parts of the body. */
export function typedMessage(type: string, ...parts: Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(
    parts.reduce((sum, part) => sum + part.length, 4),
    1,
  );
  return Buffer.concat([header, ...parts]);
}

/** A string with its closing NUL. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1');
}

export const syncMessage = typedMessage('S');

export const rollbackMessage = typedMessage('Q', cString('ROLLBACK'));

/**
 * Follows every message that may start COPY FROM STDIN. PGlite would go on to read the rows from an empty
 * buffer, take that for a lost connection and stop the engine for good; this makes it a plain error instead.
 * Outside of COPY the backend ignores it.
 */
export const copyFailMessage = typedMessage(
  'f',
  cString('COPY FROM STDIN is not available on the embedded database'),
);

/**
 * Fails whatever extended-query batch is open. A Sync alone would commit what the batch has done so far;
 * execution of a portal that nobody can have makes the Sync undo it.
 */
export const failBatchMessage = typedMessage('E', cString('link2ur no such portal'), Buffer.alloc(4));

/** Close of a prepared statement. Closing one that does not exist is no error. */
export function closeStatementMessage(name: string): Buffer {
  return typedMessage('C', Buffer.from('S'), cString(name));
}

/** A startup packet of protocol 3.0. */
export function startupPacket(parameters: Record<string, string>): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cString(name), cString(value)]);
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), ...pairs, Buffer.from([0])]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

/** @see https://www.postgresql.org/docs/current/protocol-error-fields.html */
export function errorResponse({ severity, code, message }: ErrorFields): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${message}`].map((field) =>
    Buffer.from(`${field}\0`),
  );
  return typedMessage('E', ...fields, Buffer.from([0]));
}

/** The transaction status a response ends with; undefined if it does not end with ReadyForQuery. */
export function transactionStatusOf(response: Buffer): TransactionStatus | undefined {
  const start = response.length - READY_FOR_QUERY.length - 1;
  if (start < 0 || !response.subarray(start, -1).equals(READY_FOR_QUERY)) return undefined;
  const status = String.fromCharCode(response[response.length - 1] ?? 0);
  return status === 'I' || status === 'T' || status === 'E' ? status : undefined;
}
