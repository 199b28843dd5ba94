// Owns: Prisma's client over our pool, for what operators do: rich, rare, never in a hurry. Loaded when first
// needed: it takes as much memory as the rest of the service, and most instances never need it.
import type { Closable } from '../../lib/lifecycle.js';
import type { Prisma, PrismaClient } from './generated/client.js';
import type { Pool, Timeouts } from './pool.js';
import type { Run } from './statement.js';

export type Db = Prisma.TransactionClient;

const TRANSACTION_TIMEOUT_MS = 60_000;

export interface RichQueries extends Closable {
  query<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** One transaction; `work` gets it for rich queries and for statements. */
  transaction<T>(work: (db: Db, run: Run) => Promise<T>): Promise<T>;
}

/** Statements within a transaction of Prisma's. */
function runner(db: Db): Run {
  return async <Row>({ text }: { text: string }, values: readonly unknown[]) => {
    const given = values.map((value) => value ?? null);
    if (/^\s*SELECT|RETURNING/i.test(text)) {
      const rows = await db.$queryRawUnsafe<Row[]>(text, ...given);
      return { rows, count: rows.length };
    }
    return { rows: [], count: await db.$executeRawUnsafe(text, ...given) };
  };
}

export function createRichQueries(pool: Pool, { connectMs }: Pick<Timeouts, 'connectMs'>): RichQueries {
  let client: Promise<PrismaClient> | undefined;
  const load = () => {
    client ??= (async () => {
      const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
        import('@prisma/adapter-pg'),
        import('./generated/client.js'),
      ]);
      return new PrismaClient({ adapter: new PrismaPg(pool.pg), errorFormat: 'minimal' });
    })();
    return client;
  };
  return {
    query: async (work) => work(await load()),
    async transaction(work) {
      const prisma = await load();
      return prisma.$transaction((db) => work(db, runner(db)), {
        maxWait: connectMs,
        timeout: TRANSACTION_TIMEOUT_MS,
      });
    },
    async close() {
      await (await client?.catch(() => undefined))?.$disconnect();
    },
  };
}
