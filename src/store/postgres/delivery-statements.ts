// Owns: the SQL of oauth_logout_delivery.
import { statement } from './statement.js';

const names = (alias: string) =>
  [
    'id',
    'client_id',
    'user_id',
    'audited_as',
    'subject_sealed',
    'sid',
    'state',
    'attempts',
    'request_id',
    'created_at',
    'next_attempt_at',
    'claimed_until',
    'last_attempt_at',
    'last_error',
    'give_up_at',
    'finished_at',
  ]
    .map((name) => `${alias}.${name}`)
    .join(', ');

const COLUMNS = names('d');

// A client that has just been deleted is told nothing; of a user who has, only what is sealed is known.
export const ADD = statement(
  'delivery_add',
  `INSERT INTO oauth_logout_delivery (id, client_id, user_id, audited_as, subject_sealed, sid, request_id,
     created_at, next_attempt_at, give_up_at)
   SELECT $1::text, c.client_id, (SELECT u.id FROM users u WHERE u.id = $3::text), $4::text, $5::text, $6::text,
     $7::text, $8::timestamptz, $9::timestamptz, $10::timestamptz
   FROM oauth_client c WHERE c.client_id = $2::text`,
);

// `waiting` jumps from client to client along the index, so that it costs nothing while nothing waits, and a client
// for which very much waits costs no more than another. What others have locked is theirs already.
export const CLAIM = statement(
  'delivery_claim',
  `WITH RECURSIVE waiting AS (
     SELECT s.state, (SELECT min(d.client_id) FROM oauth_logout_delivery d WHERE d.state = s.state) AS client_id
     FROM (VALUES ('pending'), ('failed')) AS s (state)
     UNION ALL
     SELECT w.state, (SELECT min(d.client_id) FROM oauth_logout_delivery d
       WHERE d.state = w.state AND d.client_id > w.client_id)
     FROM waiting w WHERE w.client_id IS NOT NULL),
   locked AS MATERIALIZED (
     SELECT due.id, due.client_id, due.next_attempt_at FROM waiting w CROSS JOIN LATERAL (
       SELECT d.id, d.client_id, d.next_attempt_at FROM oauth_logout_delivery d
       WHERE d.state = w.state AND d.client_id = w.client_id AND d.next_attempt_at <= $1::timestamptz
         AND (d.claimed_until IS NULL OR d.claimed_until <= $1::timestamptz)
       ORDER BY d.next_attempt_at LIMIT $3::int FOR UPDATE SKIP LOCKED) AS due
     WHERE w.client_id IS NOT NULL AND w.client_id <> ALL ($4::text[])),
   chosen AS (
     SELECT id FROM (
       SELECT id, next_attempt_at, row_number() OVER (PARTITION BY client_id ORDER BY next_attempt_at) AS nth
       FROM locked) AS ranked
     WHERE nth <= $3::int ORDER BY nth, next_attempt_at LIMIT $5::int)
   UPDATE oauth_logout_delivery d
   SET claimed_until = $2::timestamptz, last_attempt_at = $1::timestamptz, attempts = d.attempts + 1
   FROM chosen WHERE d.id = chosen.id RETURNING ${COLUMNS}`,
);

export const FINISH = statement(
  'delivery_finish',
  `UPDATE oauth_logout_delivery SET state = $3, next_attempt_at = $4::timestamptz, last_error = $5,
     finished_at = $6::timestamptz, claimed_until = NULL,
     subject_sealed = CASE WHEN $6::timestamptz IS NULL THEN subject_sealed END
   WHERE id = $1 AND claimed_until = $2::timestamptz`,
);

export const FIND = statement(
  'delivery_find',
  `SELECT ${COLUMNS} FROM oauth_logout_delivery d WHERE d.client_id = $1 AND d.id = ANY ($2::text[])`,
);

export const LIST = statement(
  'delivery_list',
  `SELECT ${COLUMNS} FROM oauth_logout_delivery d
   WHERE d.client_id = $1 AND ($2::text IS NULL OR d.state = $2::text)
     AND ($3::timestamptz IS NULL OR (d.created_at, d.id) < ($3::timestamptz, $4::text))
   ORDER BY d.created_at DESC, d.id DESC LIMIT $5::int`,
);

export const LIST_BY_USER = statement(
  'delivery_list_by_user',
  `SELECT ${COLUMNS} FROM oauth_logout_delivery d WHERE d.user_id = $1 ORDER BY d.created_at DESC, d.id DESC`,
);

export const RESEND = statement(
  'delivery_resend',
  `UPDATE oauth_logout_delivery SET state = 'pending', attempts = 0, next_attempt_at = $3::timestamptz,
     give_up_at = $4::timestamptz, claimed_until = NULL, finished_at = NULL
   WHERE client_id = $1 AND (id = ANY ($2::text[]) OR $2::text[] IS NULL AND state IN ('failed', 'given_up'))
     AND (claimed_until IS NULL OR claimed_until <= $3::timestamptz)
     AND (user_id IS NOT NULL OR subject_sealed IS NOT NULL)
   RETURNING id`,
);

export const FORGET_CLOSED = statement(
  'delivery_forget_closed',
  'DELETE FROM oauth_logout_delivery WHERE user_id = $1 AND finished_at IS NOT NULL',
);

export const FORGET_OPEN = statement(
  'delivery_forget_open',
  `UPDATE oauth_logout_delivery SET user_id = NULL, audited_as = $2
   WHERE user_id = $1 OR id = ANY ($3::text[]) AND audited_as IS NULL`,
);

export const LIST_SEALED = statement(
  'delivery_list_sealed',
  `SELECT id, subject_sealed FROM oauth_logout_delivery
   WHERE state IN ('pending', 'failed') AND subject_sealed IS NOT NULL
     AND (NOT $1::boolean OR user_id IS NULL AND audited_as IS NULL)`,
);

export const REPLACE_SEALED = statement(
  'delivery_replace_sealed',
  'UPDATE oauth_logout_delivery SET subject_sealed = $3 WHERE id = $1 AND subject_sealed = $2',
);

export const BACKLOG = statement(
  'delivery_backlog',
  `SELECT count(*)::int AS count, min(created_at) AS oldest FROM (
     SELECT created_at FROM oauth_logout_delivery WHERE state IN ('pending', 'failed') LIMIT $1) AS o`,
);
