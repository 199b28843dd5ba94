// Owns: logout deliveries in memory.
import { randomId } from '../../lib/ids.js';
import type {
  ClientStore,
  DeliveryState,
  LogoutDeliveryStore,
  StoredDelivery,
  UserStore,
} from '../ports/index.js';
import { createExpirable, createTable } from './table.js';
import type { MemoryUnits } from './units.js';

interface DeliveryRow extends StoredDelivery {
  claimedUntil?: Date | undefined;
}

export interface MemoryDeliveryStore extends LogoutDeliveryStore {
  removeByClient(clientId: string): void;
}

const NEVER = new Date(8.64e15);

const OPEN = new Set<DeliveryState>(['pending', 'failed']);

const isFree = ({ claimedUntil }: DeliveryRow, at: Date) => claimedUntil === undefined || claimedUntil <= at;

const isLater = (a: Pick<StoredDelivery, 'createdAt' | 'id'>, b: Pick<StoredDelivery, 'createdAt' | 'id'>) =>
  +a.createdAt > +b.createdAt || (+a.createdAt === +b.createdAt && a.id > b.id);

const isUserKnown = ({ userId, subjectSealed }: DeliveryRow) => (userId ?? subjectSealed) !== undefined;

const toStored = ({ claimedUntil: _claimed, ...row }: DeliveryRow): StoredDelivery => row;

export function createMemoryDeliveryStore(
  units: MemoryUnits,
  { users, clients }: { users: Pick<UserStore, 'find'>; clients: () => Pick<ClientStore, 'find'> },
): MemoryDeliveryStore {
  const rows = createTable<DeliveryRow>(units);

  function found(matches: (row: Readonly<DeliveryRow>) => boolean): DeliveryRow[] {
    const all = rows.keys(matches).flatMap((id) => rows.get(id) ?? []);
    return all.sort((a, b) => (isLater(a, b) ? -1 : 1));
  }

  const change = (row: DeliveryRow, over: Partial<DeliveryRow>) => rows.put(row.id, { ...row, ...over });

  return {
    beginUnit: () => units.hold(`delivery:${randomId()}`),
    async add(delivery) {
      await units.hold(`delivery:${delivery.id}`);
      const { userId } = delivery;
      if (!(await clients().find(delivery.clientId))) return;
      const known = userId === undefined ? undefined : await users.find(userId);
      rows.put(delivery.id, { ...delivery, userId: known?.id, state: 'pending', attempts: 0 });
    },
    async claim({ now, until, limit, perClient, busy }) {
      const due = found((row) => (row.nextAttemptAt ?? NEVER) <= now && isFree(row, now));
      const taken = new Map<string, number>();
      return due
        .sort((a, b) => +(a.nextAttemptAt ?? now) - +(b.nextAttemptAt ?? now))
        .filter(({ clientId }) => {
          const nth = (taken.get(clientId) ?? 0) + 1;
          taken.set(clientId, nth);
          return nth <= perClient && !busy.includes(clientId);
        })
        .slice(0, limit)
        .map((row) => {
          const claimed = { ...row, attempts: row.attempts + 1, lastAttemptAt: now, claimedUntil: until };
          rows.put(row.id, claimed);
          return claimed;
        });
    },
    async finish({ id, claimedUntil }, result) {
      await units.hold(`delivery:${id}`);
      const row = rows.get(id);
      if (!row || row.claimedUntil?.getTime() !== claimedUntil.getTime()) return false;
      const isOver = result.state !== 'failed';
      change(row, {
        state: result.state,
        claimedUntil: undefined,
        nextAttemptAt: isOver ? undefined : result.nextAttemptAt,
        finishedAt: isOver ? result.at : undefined,
        lastError: result.state === 'sent' ? undefined : result.error,
        ...(isOver && { subjectSealed: undefined }),
      });
      return true;
    },
    find: async (clientId, ids) =>
      found((row) => row.clientId === clientId && ids.includes(row.id)).map(toStored),
    list: async ({ clientId, state, after, limit }) =>
      found(
        (row) =>
          row.clientId === clientId &&
          (state === undefined || row.state === state) &&
          (after === undefined || isLater(after, row)),
      )
        .slice(0, limit)
        .map(toStored),
    listByUser: async (userId) => found((row) => row.userId === userId).map(toStored),
    async resend(clientId, which, { at, giveUpAt }) {
      const isMeant = ({ id, state }: DeliveryRow) =>
        which === 'failed' ? state === 'failed' || state === 'given_up' : which.ids.includes(id);
      const again = found(
        (row) => row.clientId === clientId && isMeant(row) && isFree(row, at) && isUserKnown(row),
      );
      for (const row of again) {
        const due = { nextAttemptAt: at, giveUpAt, claimedUntil: undefined, finishedAt: undefined };
        change(row, { ...due, state: 'pending', attempts: 0 });
      }
      return again.map(({ id }) => id);
    },
    async forget(userId, pseudonym, others) {
      const named = found((row) => row.userId === userId);
      const nameless = found((row) => others.includes(row.id) && row.auditedAs === undefined);
      for (const row of [...named, ...nameless]) {
        if (OPEN.has(row.state)) change(row, { userId: undefined, auditedAs: pseudonym });
        else rows.delete(row.id);
      }
      return named.length + nameless.length;
    },
    async listSealed({ nameless = false } = {}) {
      const sealed = found(
        (row) =>
          OPEN.has(row.state) && (!nameless || (row.userId === undefined && row.auditedAs === undefined)),
      );
      return sealed.flatMap(({ id, subjectSealed }) =>
        subjectSealed === undefined ? [] : [{ id, subjectSealed }],
      );
    },
    async replaceSealed(id, from, to) {
      const row = rows.get(id);
      if (row?.subjectSealed !== from) return false;
      change(row, { subjectSealed: to });
      return true;
    },
    async backlog(atMost) {
      const open = found(({ state }) => OPEN.has(state));
      return { count: Math.min(open.length, atMost), oldest: open.at(-1)?.createdAt };
    },
    removeByClient(clientId) {
      rows.keys((row) => row.clientId === clientId).forEach(rows.delete);
    },
    ...createExpirable(rows, (row) => row.finishedAt ?? NEVER),
  };
}
