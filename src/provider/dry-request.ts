// Owns: asking the provider as a browser would that comes for the first time, without a network and without a trace.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { randomId } from '../lib/ids.js';
import type { UnitOfWork } from '../store/ports/index.js';
import type { ProviderHandle } from './handle.js';
import { routeAt } from './routes.js';

export interface DryAnswer {
  status: number;
  location: string | undefined;
  text: string;
}

export interface DryRequests {
  /**
   * What the provider answers to a GET of `path` (one of the library's routes) by a browser without cookies. Errors that
   * a person would see come as JSON. Whatever the answer made the provider store is undone.
   */
  get(path: string, params?: Record<string, string>): Promise<DryAnswer>;
}

/** A request of nobody's; the address is this machine's. */
function requestFor(url: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = url;
  request.httpVersion = '1.1';
  request.complete = true;
  request.push(null);
  return request;
}

/** A response that keeps what is written. */
function responseTo(request: IncomingMessage): { response: ServerResponse; chunks: Buffer[] } {
  const response = new ServerResponse(request);
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  response.write = (chunk: unknown) => {
    keep(chunk);
    return true;
  };
  response.end = (chunk?: unknown) => {
    keep(chunk);
    return response;
  };
  return { response, chunks };
}

export function createDryRequests({
  handle,
  unitOfWork,
}: {
  handle: Pick<ProviderHandle, 'handle'>;
  unitOfWork: UnitOfWork;
}): DryRequests {
  return {
    get(path, params = {}) {
      const route = routeAt(path);
      if (!route) throw new Error(`${path} is no route of the provider`);
      const query = new URLSearchParams(params).toString();
      const request = requestFor(query === '' ? path : `${path}?${query}`);
      const { response, chunks } = responseTo(request);
      const arrival = { ip: '127.0.0.1', requestId: randomId() };
      return unitOfWork.run(
        async () => {
          await handle.handle(request, response, { ...arrival, route: route.name, audience: 'program' });
          const location = response.getHeader('location');
          const value: DryAnswer = {
            status: response.statusCode,
            location: typeof location === 'string' ? location : undefined,
            text: Buffer.concat(chunks).toString(),
          };
          return { commit: false, value };
        },
        { atOnce: true },
      );
    },
  };
}
