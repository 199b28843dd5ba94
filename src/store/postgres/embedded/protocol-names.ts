// Owns: keeping the prepared statements and portals of connections apart. PGlite has one backend session,
// so two connections that both call a statement "find" would use each other's.
import { hashOf } from '../../../lib/ids.js';
import { type FrontendMessage, ProtocolError } from './protocol-frames.js';
import { closeStatementMessage, cString, typedMessage } from './protocol-messages.js';

// PostgreSQL looks statements up by their first 63 bytes (NAMEDATALEN - 1).
const MAX_NAME_BYTES = 63;
const BODY = 5;

export interface StatementNames {
  /**
   * The message with the connection's prefix on every name that is not empty.
   * @throws {ProtocolError} when a name has no end
   */
  rewrite(message: FrontendMessage): Buffer;
  /** Close messages for the statements that are left. */
  closeAll(): Buffer[];
}

/** The names of one connection; `prefix` is its own for as long as the database is open. */
export function createStatementNames(prefix: string): StatementNames {
  const statements = new Set<string>();

  function alias(name: string): string {
    if (name === '') return '';
    const full = prefix + name;
    return full.length <= MAX_NAME_BYTES ? full : prefix + hashOf(name);
  }

  function rewriteBind({ type, bytes }: FrontendMessage): Buffer {
    const portal = readName(bytes, BODY);
    const statement = readName(bytes, portal.end);
    if (portal.name === '' && statement.name === '') return bytes;
    const rest = bytes.subarray(statement.end);
    return typedMessage(type, cString(alias(portal.name)), cString(alias(statement.name)), rest);
  }

  function rewriteFirst({ type, bytes }: FrontendMessage, from: number): { bytes: Buffer; name: string } {
    const { name, end } = readName(bytes, from);
    if (name === '') return { bytes, name };
    const renamed = alias(name);
    return {
      bytes: typedMessage(type, bytes.subarray(BODY, from), cString(renamed), bytes.subarray(end)),
      name: renamed,
    };
  }

  return {
    rewrite(message) {
      switch (message.type) {
        case 'B':
          return rewriteBind(message);
        case 'P': {
          const { bytes, name } = rewriteFirst(message, BODY);
          if (name !== '') statements.add(name);
          return bytes;
        }
        case 'E':
          return rewriteFirst(message, BODY).bytes;
        case 'D':
        case 'C': {
          const { bytes, name } = rewriteFirst(message, BODY + 1);
          if (message.type === 'C' && message.bytes[BODY] === 0x53) statements.delete(name);
          return bytes;
        }
        default:
          return message.bytes;
      }
    },
    closeAll() {
      const messages = [...statements].map(closeStatementMessage);
      statements.clear();
      return messages;
    },
  };
}

function readName(bytes: Buffer, from: number): { name: string; end: number } {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw new ProtocolError('a name in the message has no end');
  return { name: bytes.toString('latin1', from, end), end: end + 1 };
}
