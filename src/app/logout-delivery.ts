// Owns: putting the outbox of logout tokens and its delivery together.
import type { Audit } from '../audit/service.js';
import { DELIVERY_SCHEDULE } from '../grants/delivery-schedule.js';
import { createLogoutOutbox } from '../grants/outbox.js';
import type { TellApp } from '../grants/telling.js';
import type { Clock } from '../lib/clock.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import { type BackchannelLogout, createBackchannelLogout } from '../provider/backchannel-logout.js';
import { createDeliveryAttempt } from '../provider/delivery-attempt.js';
import { createDeliveryMetrics } from '../provider/delivery-metrics.js';
import type { ProviderHandle } from '../provider/handle.js';
import type { Stores } from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Overrides } from './types.js';

export interface LogoutDelivery {
  tell: TellApp;
  backchannelLogout: BackchannelLogout;
}

export function createLogoutDelivery(deps: {
  stores: Pick<Stores, 'logoutDeliveries' | 'clients' | 'unitOfWork'>;
  encryption: KeyEncryption;
  handle: Pick<ProviderHandle, 'provider'>;
  audit: Audit;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  overrides: Pick<Overrides, 'deliverySchedule' | 'sendsNothing' | 'withoutKeys'>;
}): LogoutDelivery {
  const { stores, clock, overrides } = deps;
  // What signs nothing cannot send.
  const sends = !overrides.withoutKeys && !overrides.sendsNothing;
  const { logoutDeliveries: deliveries, clients, unitOfWork } = stores;
  const schedule = { ...DELIVERY_SCHEDULE, ...overrides.deliverySchedule };
  const metrics = createDeliveryMetrics(deps.metrics);
  const attempt = createDeliveryAttempt({ ...deps, deliveries, unitOfWork, schedule, metrics });
  const backchannelLogout = createBackchannelLogout({ ...deps, deliveries, attempt, schedule, metrics });
  const begin = () => {
    if (sends) backchannelLogout.wake();
  };
  const { encryption } = deps;
  const { giveUpMs } = schedule;
  return {
    tell: createLogoutOutbox({ deliveries, clients, encryption, clock, giveUpMs, begin }),
    backchannelLogout,
  };
}
