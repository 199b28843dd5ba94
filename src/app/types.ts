// Owns: what the composition root takes and gives.
import type { Audit } from '../audit/service.js';
import type { Config } from '../config/load.js';
import type { DeliverySchedule } from '../grants/delivery-schedule.js';
import type { TellApp } from '../grants/telling.js';
import type { HttpApp } from '../http/server.js';
import type { Janitor } from '../janitor/service.js';
import type { Clock } from '../lib/clock.js';
import type { Hasher } from '../lib/hasher.js';
import type { BackchannelLogout } from '../provider/backchannel-logout.js';
import type { ProviderHandle } from '../provider/handle.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Operations } from './operations.js';

/** What tests and tools may put in the place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  stores?: Stores;
  /** Stores that are being opened already; the services close them. */
  opening?: Promise<Stores>;
  /** A tool's services: they sign nothing, so no key is read or made, in the database or the data folder. */
  withoutKeys?: boolean;
  /** A tool's services: what is to be delivered to apps is left to the service. */
  sendsNothing?: boolean;
  /** Other times for delivering logout tokens. */
  deliverySchedule?: Partial<DeliverySchedule>;
  /** Settles when those stores have stopped for good. */
  failed?: Promise<unknown>;
}

export interface Services extends Operations {
  config: Config;
  clock: Clock;
  logger: Logger;
  stores: Stores;
  hasher: Hasher;
  audit: Audit;
  handle: ProviderHandle;
  janitor: Janitor;
  metrics: Metrics;
  http: HttpApp;
  /** Sends logout tokens; for tests and tools that want to wait until those that are due are sent. */
  backchannelLogout: Pick<BackchannelLogout, 'start' | 'wake' | 'settled'> & TellApp;
  /** Serves the metrics, on a port of its own. */
  metricsHttp: HttpApp;
  /** Settles when the service cannot go on and the process should end. */
  failed: Promise<unknown>;
  /** Begins the work nobody asks for by a request: cleaning, rotating keys, sealing. Tools leave it to the service. */
  startBackground(): void;
  /** From now on `/readyz` says no. */
  stopAccepting(): void;
  close(): Promise<void>;
}
