// The load generator's HTTP client: kept connections and nothing else, so that it costs little; and a browser's
// cookies.
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface HttpClient {
  /** Sends one request; `path` may be an absolute URL of the server. */
  send(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<Answer>;
  close(): void;
}

const ORIGIN = /^https?:\/\/[^/]+/;

/** A client of the server on `port` of this machine. */
export function createHttpClient(port: number): HttpClient {
  const agent = new Agent({ keepAlive: true });
  const host = `localhost:${port}`;
  return {
    send: (method, url, headers = {}, body) =>
      new Promise((resolve, reject) => {
        const form =
          body === undefined
            ? {}
            : {
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              };
        const path = url.replace(ORIGIN, '');
        const options = {
          agent,
          host: '127.0.0.1',
          port,
          method,
          path,
          headers: { host, ...headers, ...form },
        };
        const outgoing = request(options, (incoming) => {
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
          });
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
          );
          incoming.on('error', reject);
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** What one browser keeps. */
export class CookieJar {
  readonly #cookies = new Map<string, { pair: string; path: string }>();

  /** The Cookie header for a request of `path`; nothing when there are none. */
  headerFor(path: string): Record<string, string> {
    const pairs: string[] = [];
    for (const cookie of this.#cookies.values()) {
      if (path.startsWith(cookie.path)) pairs.push(cookie.pair);
    }
    return pairs.length > 0 ? { cookie: pairs.join('; ') } : {};
  }

  store({ 'set-cookie': lines = [] }: IncomingHttpHeaders): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split('; ');
      const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? '/';
      const key = `${pair.slice(0, pair.indexOf('='))} ${path}`;
      const isGone = pair.endsWith('=') || line.includes('01 Jan 1970');
      if (isGone) this.#cookies.delete(key);
      else this.#cookies.set(key, { pair, path });
    }
  }
}
