// Owns: listening, and stopping without dropping what is under way.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLifecycle } from '../lib/lifecycle.js';
import type { Logger } from '../telemetry/logger.js';
import type { HttpApp } from './server.js';

const MAX_HEADER_BYTES = 16 * 1024;
const DRAIN_TIMEOUT_MS = 30_000;

export interface Listener {
  port: number;
  /** Stops taking connections and waits for requests under way, 30 s at most. */
  close(): Promise<void>;
}

/** Listens on `host`:`port`; resolves once connections are accepted. */
export async function listen(
  app: HttpApp,
  { host, port }: { host: string | undefined; port: number },
): Promise<Listener> {
  const server: Server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 30_000 },
    app.callback(),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

export interface Runnable {
  config: {
    host: string | undefined;
    port: number;
    issuer: string;
    metrics: { host: string; port: number } | undefined;
  };
  http: HttpApp;
  /** What `config.metrics` serves. */
  metricsHttp: HttpApp;
  logger: Logger;
  failed: Promise<unknown>;
  /** Begins the work nobody asks for by a request. */
  startBackground(): void;
  stopAccepting(): void;
  close(): Promise<void>;
}

/**
 * Serves until SIGINT or SIGTERM, then closes everything in order.
 * @returns false when it ended because the service could not go on
 */
export async function runService(services: Runnable): Promise<boolean> {
  const { config, http, metricsHttp, logger } = services;
  const stop = stopSignal();
  // Closed in reverse: the last requests are still measured.
  const listeners = createLifecycle();
  const ports: { port?: number; metricsPort?: number } = {};
  try {
    if (config.metrics) {
      ports.metricsPort = listeners.add(await listen(metricsHttp, config.metrics)).port;
    }
    ports.port = listeners.add(await listen(http, config)).port;
  } catch (error) {
    await listeners.close();
    await services.close();
    throw error;
  }
  services.startBackground();
  logger.info({ issuer: config.issuer, ...ports }, 'ready');
  const failure = services.failed.then((error) => ({ error }));
  const reason = await Promise.race([stop.then((signal) => ({ signal })), failure]);
  if ('error' in reason) logger.error(reason, 'the store has stopped for good');
  else logger.info(reason, 'stopping');
  services.stopAccepting();
  await listeners.close();
  await services.close();
  return !('error' in reason);
}

/** npm passes Ctrl-C on to us, which the terminal has sent us already: the second one means nothing. */
const ECHO_MS = 2_000;

/**
 * Resolves at the first SIGINT or SIGTERM. Closing takes a moment, so one that follows at once is ignored; one
 * that comes later ends the process there and then.
 */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (signal: string) => {
      if (first !== undefined && performance.now() - first > ECHO_MS) process.exit(130);
      first ??= performance.now();
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
  });
}
