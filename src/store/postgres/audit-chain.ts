// Owns: oauth_audit_block, and replacing persons in oauth_audit_event. Does not: compute a digest.
import type { AuditBlock, AuditChainStore } from '../ports/index.js';
import { type AuditEventRow, EVENT_COLUMNS, toStoredEvent } from './audit-rows.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

/** Any number that nothing else in this database locks: 'l2ua'. Whoever seals or redacts holds it. */
const CHAIN_LOCK = 0x6c327561;

// As text: Prisma, whose transaction this may be, does not know `void`.
const LOCK = statement('audit_lock', `SELECT pg_advisory_xact_lock(${CHAIN_LOCK})::text AS locked`);
const TRY_LOCK = statement('audit_try_lock', `SELECT pg_try_advisory_xact_lock(${CHAIN_LOCK}) AS locked`);

const BLOCK_COLUMNS = `seq::text AS seq, at, kid, retained_since AS "retainedSince", last_id::text AS "lastId",
  to_jsonb(skipped) AS skipped, to_jsonb(event_ids) AS "eventIds", to_jsonb(event_times) AS "eventTimes",
  to_jsonb(event_digests) AS "eventDigests", prev_hash AS "prevHash", hash`;

const LAST = statement(
  'audit_block_last',
  `SELECT ${BLOCK_COLUMNS} FROM oauth_audit_block b ORDER BY b.seq DESC LIMIT 1`,
);
const LIST = statement(
  'audit_block_list',
  `SELECT ${BLOCK_COLUMNS} FROM oauth_audit_block b WHERE b.seq > $1::bigint ORDER BY b.seq LIMIT $2::int`,
);
const FIRST_SINCE = statement(
  'audit_block_first_since',
  'SELECT min(seq)::text AS seq FROM oauth_audit_block WHERE at >= $1::timestamptz',
);

// What recent blocks skipped and is there by now, and what is beyond the last one; one statement, so one snapshot.
// LATERAL and LIMIT leave the planner one way: from each gap by the index, never through all events. Pairs are made
// of unnest, whose rows it expects to be few: of generate_series it expects so many that it would compile them first.
const UNSEALED = statement(
  'audit_unsealed',
  `SELECT * FROM (
     WITH recent AS MATERIALIZED (SELECT seq, skipped, event_ids FROM oauth_audit_block WHERE at >= $1::timestamptz),
     gap AS MATERIALIZED (
       SELECT low, high FROM (
         SELECT id AS low, lead(id) OVER (ORDER BY seq, n) AS high, n
         FROM recent CROSS JOIN LATERAL unnest(recent.skipped) WITH ORDINALITY AS ends (id, n)) AS pairs
       WHERE n % 2 = 1),
     late AS MATERIALIZED (
       SELECT e.* FROM gap CROSS JOIN LATERAL (
         SELECT * FROM oauth_audit_event WHERE id BETWEEN gap.low AND gap.high ORDER BY id LIMIT $3::int) AS e)
     SELECT ${EVENT_COLUMNS} FROM late e WHERE NOT EXISTS (SELECT 1 FROM recent WHERE e.id = ANY (recent.event_ids))
     UNION ALL
     (SELECT ${EVENT_COLUMNS} FROM oauth_audit_event e WHERE e.id > $2::bigint ORDER BY e.id LIMIT $3::int)) AS found
   ORDER BY found.id::bigint LIMIT $3::int`,
);

const INSERT = statement(
  'audit_block_insert',
  `INSERT INTO oauth_audit_block (seq, at, kid, retained_since, last_id, skipped, event_ids, event_times,
     event_digests, prev_hash, hash)
   VALUES ($1::bigint, $2::timestamptz, $3, $4::timestamptz, $5::bigint, $6::bigint[], $7::bigint[],
     $8::timestamptz[], $9::text[], $10, $11)`,
);

const FIND_EVENTS = statement(
  'audit_find_events',
  `SELECT ${EVENT_COLUMNS} FROM oauth_audit_event e WHERE e.id = ANY ($1::bigint[])`,
);
const IDS_WITHIN = statement(
  'audit_ids_within',
  `SELECT e.id::text AS id
   FROM (SELECT id AS low, lead(id) OVER (ORDER BY n) AS high, n
         FROM unnest($1::bigint[]) WITH ORDINALITY AS ends (id, n)) AS gap
   CROSS JOIN LATERAL (SELECT id FROM oauth_audit_event
                       WHERE id BETWEEN gap.low AND gap.high ORDER BY id LIMIT $2::int) AS e
   WHERE gap.n % 2 = 1 LIMIT $2::int`,
);

// The block of an event is nearly always the first that reaches as far; of one committed late, a later one.
const NAMING = statement(
  'audit_naming',
  `SELECT ${EVENT_COLUMNS}, block.kid
   FROM oauth_audit_event e
     LEFT JOIN LATERAL (SELECT b.kid FROM oauth_audit_block b WHERE b.last_id >= e.id AND e.id = ANY (b.event_ids)
              ORDER BY b.last_id, b.seq LIMIT 1) AS block ON true
   WHERE e.user_id = $1 OR e.actor = $2
   LIMIT $3::int`,
);
const REDACT = statement('audit_redact', 'SELECT oauth_audit_redact($1::jsonb) AS changed');

type BlockRow = Omit<AuditBlock, 'seq' | 'lastId' | 'eventTimes'> & {
  seq: string;
  lastId: string;
  eventTimes: string[];
};

const toBlock = (row: BlockRow): AuditBlock => ({
  ...row,
  seq: Number(row.seq),
  lastId: Number(row.lastId),
  eventTimes: row.eventTimes.map((time) => new Date(time)),
});

/** An array as PostgreSQL reads it; of values that need no quotes there. */
const literal = (values: readonly (number | string)[]) => `{${values.join(',')}}`;

function valuesOf(block: AuditBlock): string[] {
  return [
    String(block.seq),
    block.at.toISOString(),
    block.kid,
    block.retainedSince.toISOString(),
    String(block.lastId),
    literal(block.skipped),
    literal(block.eventIds),
    literal(block.eventTimes.map((time) => time.toISOString())),
    literal(block.eventDigests),
    block.prevHash,
    block.hash,
  ];
}

export function createAuditChainStore(database: Database): AuditChainStore {
  return {
    seal: ({ limit, skippedSince, wait, make }) =>
      database.transaction(async (run) => {
        const lock = await run<{ locked: unknown }>(wait ? LOCK : TRY_LOCK, []);
        if (lock.rows[0]?.locked === false) return undefined;
        const [row] = (await run<BlockRow>(LAST, [])).rows;
        const last = row && toBlock(row);
        const from = String(last?.lastId ?? 0);
        const { rows } = await run<AuditEventRow>(UNSEALED, [skippedSince.toISOString(), from, limit]);
        if (rows.length === 0) return undefined;
        const block = make(rows.map(toStoredEvent), last);
        await run(INSERT, valuesOf(block));
        return block;
      }),

    listBlocks: async ({ seq }, limit) =>
      (await database.read<BlockRow>(LIST, [String(seq), limit])).map(toBlock),

    async lastBlock() {
      const [row] = await database.read<BlockRow>(LAST, []);
      return row && toBlock(row);
    },

    async firstBlockSince(at) {
      const [row] = await database.read<{ seq: string | null }>(FIRST_SINCE, [at.toISOString()]);
      return row?.seq == null ? undefined : Number(row.seq);
    },

    findEvents: async (ids) =>
      (await database.read<AuditEventRow>(FIND_EVENTS, [literal(ids)])).map(toStoredEvent),

    idsWithin: async (ranges, limit) =>
      (await database.read<{ id: string }>(IDS_WITHIN, [literal(ranges), limit])).map(({ id }) => Number(id)),

    redact: (userId, limit, make) =>
      database.transaction(async (run) => {
        await run(LOCK, []);
        const values = [userId, `user:${userId}`, limit];
        const { rows } = await run<AuditEventRow & { kid: string | null }>(NAMING, values);
        if (rows.length === 0) return 0;
        const items = rows.map((row) => {
          const { id, userId: user_id, actor, redacted } = make(toStoredEvent(row), row.kid ?? undefined);
          return { id, user_id, actor, redacted };
        });
        await run(REDACT, [JSON.stringify(items)]);
        return rows.length;
      }),
  };
}
