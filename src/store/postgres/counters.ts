// Owns: oauth_counter. The guarantees are on the port.
import type { CounterStore } from '../ports/index.js';
import type { Database } from './database.js';
import { createExpirable } from './expiry.js';
import { statement } from './statement.js';

interface CounterRow {
  count: number;
  expires_at: Date;
}

const INCREMENT = statement(
  'counter_increment',
  `INSERT INTO oauth_counter AS c (name, count, expires_at) VALUES ($1, 1, $3)
   ON CONFLICT (name) DO UPDATE SET
     count = CASE WHEN c.expires_at <= $2 THEN 1 ELSE c.count + 1 END,
     expires_at = CASE WHEN c.expires_at <= $2 THEN EXCLUDED.expires_at ELSE c.expires_at END
   RETURNING count, expires_at`,
);
const TAKE_BACK = statement(
  'counter_take_back',
  'UPDATE oauth_counter SET count = count - 1 WHERE name = $1 AND count > 0',
);
const RESET = statement('counter_reset', 'DELETE FROM oauth_counter WHERE name = $1');

export function createCounterStore(database: Database): CounterStore {
  return {
    async increment(name, { now, windowMs }) {
      const endsAt = new Date(now.getTime() + windowMs);
      const [row] = await database.writeReturning<CounterRow>(INCREMENT, [name, now, endsAt]);
      return { count: row?.count ?? 1, endsAt: row?.expires_at ?? endsAt };
    },
    async takeBack(name) {
      await database.write(TAKE_BACK, [name]);
    },
    async reset(name) {
      await database.write(RESET, [name]);
    },
    ...createExpirable(database, 'oauth_counter'),
  };
}
