// Owns: oauth_logout_delivery. The guarantees are on the port.
import type {
  AttemptResult,
  ClaimedDelivery,
  DeliveryState,
  LogoutDeliveryStore,
  StoredDelivery,
} from '../ports/index.js';
import type { Database } from './database.js';
import {
  ADD,
  BACKLOG,
  CLAIM,
  FIND,
  FINISH,
  FORGET_CLOSED,
  FORGET_OPEN,
  LIST,
  LIST_BY_USER,
  LIST_SEALED,
  REPLACE_SEALED,
  RESEND,
} from './delivery-statements.js';
import { createExpirable } from './expiry.js';

interface DeliveryRow {
  id: string;
  client_id: string;
  user_id: string | null;
  audited_as: string | null;
  subject_sealed: string | null;
  sid: string | null;
  state: DeliveryState;
  attempts: number;
  request_id: string | null;
  created_at: Date;
  next_attempt_at: Date | null;
  claimed_until: Date | null;
  last_attempt_at: Date | null;
  last_error: string | null;
  give_up_at: Date;
  finished_at: Date | null;
}

function toStored(row: DeliveryRow): StoredDelivery {
  return {
    id: row.id,
    clientId: row.client_id,
    userId: row.user_id ?? undefined,
    auditedAs: row.audited_as ?? undefined,
    subjectSealed: row.subject_sealed ?? undefined,
    sid: row.sid ?? undefined,
    state: row.state,
    attempts: row.attempts,
    requestId: row.request_id ?? undefined,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    lastAttemptAt: row.last_attempt_at ?? undefined,
    lastError: row.last_error ?? undefined,
    giveUpAt: row.give_up_at,
    finishedAt: row.finished_at ?? undefined,
  };
}

/** The values of $3 to $6 of FINISH: state, next attempt, error, end. */
function valuesOf(result: AttemptResult) {
  return result.state === 'failed'
    ? [result.state, result.nextAttemptAt, result.error, null]
    : [result.state, null, result.state === 'sent' ? null : result.error, result.at];
}

export function createDeliveryStore(database: Database): LogoutDeliveryStore {
  return {
    async beginUnit() {
      database.beginUnit();
    },
    async add(delivery) {
      const { id, clientId, userId, auditedAs, subjectSealed, sid, requestId } = delivery;
      const { createdAt, nextAttemptAt, giveUpAt } = delivery;
      const whom = [id, clientId, userId, auditedAs, subjectSealed, sid, requestId];
      await database.use(ADD, [...whom, createdAt, nextAttemptAt, giveUpAt]);
    },
    async claim({ now, until, limit, perClient, busy }) {
      const values = [now, until, perClient, [...busy], limit];
      const rows = await database.writeReturning<DeliveryRow>(CLAIM, values);
      return rows.map((row): ClaimedDelivery => ({ ...toStored(row), claimedUntil: until }));
    },
    async finish({ id, claimedUntil }, result) {
      return (await database.use(FINISH, [id, claimedUntil, ...valuesOf(result)])).count === 1;
    },
    find: async (clientId, ids) =>
      (await database.read<DeliveryRow>(FIND, [clientId, [...ids]])).map(toStored),
    async list({ clientId, state, after, limit }) {
      const values = [clientId, state, after?.createdAt, after?.id, limit];
      return (await database.read<DeliveryRow>(LIST, values)).map(toStored);
    },
    listByUser: async (userId) => (await database.read<DeliveryRow>(LIST_BY_USER, [userId])).map(toStored),
    async resend(clientId, which, { at, giveUpAt }) {
      const ids = which === 'failed' ? null : [...which.ids];
      const { rows } = await database.use<{ id: string }>(RESEND, [clientId, ids, at, giveUpAt]);
      return rows.map(({ id }) => id);
    },
    async forget(userId, pseudonym, others) {
      const gone = await database.write(FORGET_CLOSED, [userId]);
      return gone + (await database.write(FORGET_OPEN, [userId, pseudonym, [...others]]));
    },
    async listSealed({ nameless = false } = {}) {
      const rows = await database.read<{ id: string; subject_sealed: string }>(LIST_SEALED, [nameless]);
      return rows.map((row) => ({ id: row.id, subjectSealed: row.subject_sealed }));
    },
    replaceSealed: async (id, from, to) => (await database.write(REPLACE_SEALED, [id, from, to])) === 1,
    async backlog(atMost) {
      const [row] = await database.read<{ count: number; oldest: Date | null }>(BACKLOG, [atMost]);
      return { count: row?.count ?? 0, oldest: row?.oldest ?? undefined };
    },
    ...createExpirable(database, 'oauth_logout_delivery', 'finished_at'),
  };
}
