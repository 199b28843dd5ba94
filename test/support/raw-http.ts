// HTTP as bytes on a socket: targets, hosts and bodies that a well-behaved client refuses to send.
import { connect } from 'node:net';

export interface RawRequest {
  method?: string;
  /** The request target, exactly as it goes out. */
  target: string;
  headers?: Record<string, string>;
  /** Sent as Latin-1, so that any byte can be spelled; Content-Length is added. */
  body?: string;
}

export interface RawAnswer {
  status: number;
  /** Lower-case names; Set-Cookie lines are joined by a line break. */
  headers: Record<string, string>;
  text: string;
}

function parse(bytes: Buffer): RawAnswer {
  const split = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = bytes.subarray(0, split).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name === 'set-cookie' && headers[name] ? `${headers[name]}\n${value}` : value;
  }
  return {
    status: Number(statusLine.split(' ')[1] ?? 0),
    headers,
    text: bytes.subarray(split + 4).toString('utf8'),
  };
}

/** Sends `bytes` as they are; the answer, once the server has closed the connection. */
export function sendBytes(issuer: string, bytes: Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(issuer);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname === 'localhost' ? '127.0.0.1' : hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => {
      // A server may answer and hang up before it has read all of a body it refuses.
      if (chunks.length === 0) reject(error);
    });
    socket.on('close', () => {
      if (chunks.length > 0) resolve(parse(Buffer.concat(chunks)));
      else reject(new Error('the connection was closed without an answer'));
    });
    socket.write(bytes);
  });
}

/** Sends one request on a connection of its own. */
export function send(issuer: string, { method = 'GET', target, headers = {}, body }: RawRequest) {
  const all: Record<string, string> = {
    host: new URL(issuer).host,
    connection: 'close',
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body, 'latin1')) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const text = [`${method} ${target} HTTP/1.1`, ...lines, '', body ?? ''].join('\r\n');
  return sendBytes(issuer, Buffer.from(text, 'latin1'));
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Sends `body`, a form that is encoded already. */
export function sendForm(issuer: string, target: string, body: string, headers: Record<string, string> = {}) {
  return send(issuer, { method: 'POST', target, body, headers: { ...FORM, ...headers } });
}
