// A TCP proxy in front of PostgreSQL or Redis, through which the network fails as a test wants it to.
import { createServer, type Server, Socket } from 'node:net';

/** How it treats what passes: untouched, no listener, connections broken, swallowed, or answered late. */
export type Fault = 'refuse' | 'reset' | 'stall' | 'slow';

export interface FaultProxy {
  /** The address of what is behind it, by way of this proxy. */
  url: string;
  /** From now on, until `heal`. */
  begin(fault: Fault): Promise<void>;
  heal(): Promise<void>;
  /** Breaks every connection once; new ones are fine. */
  dropConnections(): void;
  /** Breaks a connection in the middle of an answer: after this many more bytes from the server, once. */
  cutAfter(bytes: number): void;
  /** Breaks a connection in place of the next answer that holds `text`, once: what it reports has been done. */
  cutBefore(text: string): void;
  /** How many bytes the server has sent so far. */
  bytesFromServer(): number;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  /** Something was swallowed: what is left of the stream makes no sense any more. */
  isBroken: boolean;
}

/** Far beyond every time-out of the service. */
const SLOW_MS = 30_000;

const DEFAULT_PORTS: Record<string, number> = { 'postgresql:': 5432, 'postgres:': 5432, 'redis:': 6379 };

/** A socket that has been ended already cannot be reset any more; trying to would leak its handle. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** Opens a proxy before the server that `target` names; it lets everything pass at first. */
export async function openFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port, protocol } = new URL(target);
  const upstream = { host: hostname, port: Number(port) || (DEFAULT_PORTS[protocol] ?? 0) };
  const pairs = new Set<Pair>();
  const held = new Map<() => void, NodeJS.Timeout>();
  let fault: Fault | undefined;
  let bytes = 0;
  let cutAt = Number.POSITIVE_INFINITY;
  let cutText: string | undefined;

  function breakOff({ client, server }: Pair): void {
    reset(client);
    // Not a reset: what has arrived there is still read and done.
    server.end();
  }

  function deliver(pair: Pair, chunk: Buffer): void {
    if (cutText !== undefined && chunk.includes(cutText)) cutAt = bytes;
    if (bytes + chunk.length > cutAt) {
      pair.client.write(chunk.subarray(0, cutAt - bytes));
      cutAt = Number.POSITIVE_INFINITY;
      cutText = undefined;
      bytes += chunk.length;
      breakOff(pair);
      return;
    }
    bytes += chunk.length;
    if (!pair.client.destroyed) pair.client.write(chunk);
  }

  /** The server has done the work already; only its answer is late. */
  function hold(pair: Pair, chunk: Buffer): void {
    const release = () => {
      held.delete(release);
      deliver(pair, chunk);
    };
    held.set(release, setTimeout(release, SLOW_MS));
  }

  function onConnection(client: Socket): void {
    client.on('error', () => {});
    if (fault === 'reset') {
      reset(client);
      return;
    }
    const pair: Pair = { client, server: new Socket(), isBroken: false };
    const { server } = pair;
    server.on('error', () => reset(client));
    server.connect(upstream);
    for (const socket of [client, server]) socket.setNoDelay(true);
    client.on('data', (chunk) => {
      if (fault === 'stall') pair.isBroken = true;
      else if (!server.destroyed) server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (fault === 'stall') pair.isBroken = true;
      else if (fault === 'slow') hold(pair, chunk);
      else deliver(pair, chunk);
    });
    client.on('close', () => {
      pairs.delete(pair);
      server.end();
    });
    server.on('close', () => client.end());
    pairs.add(pair);
  }

  let listener: Server | undefined;
  async function listen(at: number): Promise<number> {
    const server = createServer(onConnection);
    listener = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', resolve);
    });
    return (server.address() as { port: number }).port;
  }
  /** Open connections stay. */
  function stopListening(): void {
    listener?.close();
    listener = undefined;
  }
  function dropConnections(): void {
    for (const pair of pairs) breakOff(pair);
  }

  const at = await listen(0);
  const url = new URL(target);
  url.host = `127.0.0.1:${at}`;
  return {
    url: url.href,
    dropConnections,
    bytesFromServer: () => bytes,
    async begin(next) {
      fault = next;
      if (next === 'refuse') stopListening();
      if (next === 'refuse' || next === 'reset') dropConnections();
    },
    async heal() {
      fault = undefined;
      for (const [release, timer] of held) {
        clearTimeout(timer);
        release();
      }
      for (const pair of pairs) if (pair.isBroken) breakOff(pair);
      if (!listener) await listen(at);
    },
    cutAfter(more) {
      cutAt = bytes + more;
    },
    cutBefore(text) {
      cutText = text;
    },
    async close() {
      for (const timer of held.values()) clearTimeout(timer);
      held.clear();
      stopListening();
      dropConnections();
      for (const { server } of pairs) server.destroy();
    },
  };
}
