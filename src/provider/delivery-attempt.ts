// Owns: one attempt to deliver a logout token, and writing down what became of it.
import type { Provider } from 'oidc-provider';
import type { Audit } from '../audit/service.js';
import { type DeliverySchedule, nextAttempt } from '../grants/delivery-schedule.js';
import { subjectContext } from '../grants/outbox.js';
import type { Clock } from '../lib/clock.js';
import type { KeyEncryption } from '../lib/key-encryption.js';
import { isSafeText } from '../lib/text.js';
import type {
  AttemptResult,
  ClaimedDelivery,
  LogoutDeliveryStore,
  UnitOfWork,
} from '../store/ports/index.js';
import type { Logger } from '../telemetry/logger.js';
import type { DeliveryMetrics } from './delivery-metrics.js';
import { postLogoutToken } from './logout-tokens.js';

export const LOGOUT_SENT = 'backchannel_logout.sent';
export const LOGOUT_FAILED = 'backchannel_logout.failed';

const MAX_REASON = 500;

/** Why a delivery failed, for operators: `fetch failed` alone says nothing. */
function reasonOf(error: Error): string {
  const { cause, message } = error;
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return isSafeText(reason) ? reason.slice(0, MAX_REASON) : 'the reason cannot be written down';
}

export interface AttemptDeps {
  handle: { provider(): Provider };
  deliveries: Pick<LogoutDeliveryStore, 'finish'>;
  encryption: Pick<KeyEncryption, 'open'>;
  unitOfWork: UnitOfWork;
  audit: Audit;
  clock: Clock;
  logger: Pick<Logger, 'warn'>;
  schedule: Pick<DeliverySchedule, 'firstRetryMs' | 'maxRetryMs'>;
  metrics: Pick<DeliveryMetrics, 'attempted'>;
}

/** What became of it, and whose token it was, if that could be found out. */
interface Outcome {
  userId: string | undefined;
  failure: Error | undefined;
}

/** Makes attempts. They reject only when the outcome cannot be written down: then somebody tries again later. */
export function createDeliveryAttempt(deps: AttemptDeps): (delivery: ClaimedDelivery) => Promise<void> {
  const { handle, deliveries, encryption, unitOfWork, audit, clock, logger, schedule, metrics } = deps;

  async function subjectOf({ id, userId, subjectSealed }: ClaimedDelivery): Promise<string> {
    if (userId !== undefined) return userId;
    if (subjectSealed !== undefined) return encryption.open(subjectSealed, subjectContext(id));
    throw new Error('the user is not known any more');
  }

  async function send(delivery: ClaimedDelivery): Promise<Outcome> {
    let userId: string | undefined;
    try {
      const client = await handle.provider().Client.find(delivery.clientId);
      if (client?.backchannelLogoutUri === undefined) {
        throw new Error('the client is switched off, or not registered for back-channel logout any more');
      }
      userId = await subjectOf(delivery);
      await postLogoutToken(client, userId, delivery.sid);
      return { userId, failure: undefined };
    } catch (error) {
      return { userId: userId ?? delivery.userId, failure: error as Error };
    }
  }

  function resultOf(delivery: ClaimedDelivery, failure: Error | undefined): AttemptResult {
    const at = clock.now();
    if (failure === undefined) return { state: 'sent', at };
    const error = reasonOf(failure);
    const isKnown = (delivery.userId ?? delivery.subjectSealed) !== undefined;
    const nextAttemptAt = isKnown ? nextAttempt(delivery, at, schedule) : undefined;
    return nextAttemptAt ? { state: 'failed', error, nextAttemptAt } : { state: 'given_up', error, at };
  }

  /** One event for a success, one for the first failure, one for giving up: not one for each of many attempts. */
  function eventOf(delivery: ClaimedDelivery, userId: string | undefined, result: AttemptResult) {
    const { id, clientId, requestId, auditedAs = userId, attempts } = delivery;
    if (result.state === 'failed' && attempts > 1) return undefined;
    const type = result.state === 'sent' ? LOGOUT_SENT : LOGOUT_FAILED;
    const why =
      result.state === 'sent' ? {} : { reason: result.error, given_up: result.state === 'given_up' };
    const details = { delivery: id, attempts, ...why };
    return { type, actor: 'system', userId: auditedAs, clientId, requestId, details };
  }

  return async (delivery) => {
    const { userId, failure } = await send(delivery);
    const result = resultOf(delivery, failure);
    if (result.state !== 'sent') {
      const { id, clientId, requestId, attempts } = delivery;
      const line = {
        event: LOGOUT_FAILED,
        clientId,
        delivery: id,
        attempts,
        reason: result.error,
        requestId,
      };
      const isOver = result.state === 'given_up';
      logger.warn(line, isOver ? 'logout token given up' : 'logout token not delivered; tried again later');
    }
    const event = eventOf(delivery, userId, result);
    await unitOfWork.run(async () => {
      const isOurs = await deliveries.finish(delivery, result);
      return { commit: true, value: undefined, ...(isOurs && event && { last: () => audit.record(event) }) };
    });
    metrics.attempted(result.state);
  };
}
