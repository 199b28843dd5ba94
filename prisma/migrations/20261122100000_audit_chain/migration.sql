-- AlterTable
ALTER TABLE "oauth_audit_event" ADD COLUMN     "redacted" TEXT;

-- CreateTable
CREATE TABLE "oauth_audit_block" (
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kid" VARCHAR(64) NOT NULL,
    "retained_since" TIMESTAMPTZ(3) NOT NULL,
    "last_id" BIGINT NOT NULL,
    "skipped" BIGINT[],
    "event_ids" BIGINT[],
    "event_times" TIMESTAMPTZ(3)[],
    "event_digests" TEXT[],
    "prev_hash" VARCHAR(64) NOT NULL,
    "hash" VARCHAR(64) NOT NULL,

    CONSTRAINT "oauth_audit_block_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "oauth_audit_key" (
    "kid" VARCHAR(64) NOT NULL,
    "sealed" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_audit_key_pkey" PRIMARY KEY ("kid")
);

-- CreateIndex
CREATE INDEX "oauth_audit_block_at_idx" ON "oauth_audit_block"("at");

-- CreateIndex
CREATE INDEX "oauth_audit_block_last_id_seq_idx" ON "oauth_audit_block"("last_id", "seq");

-- CreateIndex
CREATE INDEX "oauth_audit_event_actor_idx" ON "oauth_audit_event"("actor");

-- CreateIndex
CREATE INDEX "oauth_audit_event_request_id_idx" ON "oauth_audit_event"("request_id");


-- What follows keeps the audit trail append-only, also for the owner of the tables: they would have to disable a
-- trigger first, and what they did then is found by `audit verify`.
-- "A day" is 23 hours here: the clock that calls something a day old may be another than this one.

-- Written with the schema's name in it, so that nothing else can be meant, whatever search_path it is called under.
DO $migration$
DECLARE
  here text := current_schema();
BEGIN

-- Events: nothing is changed but persons to pseudonyms, nothing is deleted on the day it happened.
EXECUTE format($create$
CREATE OR REPLACE FUNCTION %1$I.oauth_audit_event_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    RAISE EXCEPTION 'oauth_audit_event is append-only' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF OLD.at > now() - interval '23 hours' THEN
      RAISE EXCEPTION 'oauth_audit_event is append-only: events of the last day stay' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;
  IF ROW(NEW.id, NEW.at, NEW.type, NEW.client_id, NEW.grant_id, NEW.scope, NEW.request_id)
       IS NOT DISTINCT FROM ROW(OLD.id, OLD.at, OLD.type, OLD.client_id, OLD.grant_id, OLD.scope, OLD.request_id)
     AND NEW.details = OLD.details - 'personal'
     AND NEW.ip IS NULL
     AND NEW.redacted IS NOT NULL
     AND (OLD.redacted IS NULL OR split_part(OLD.redacted, '.', 1) = split_part(NEW.redacted, '.', 1))
     AND (NEW.user_id IS NOT DISTINCT FROM OLD.user_id
          OR OLD.user_id NOT LIKE '~%%' AND NEW.user_id ~ '^~[a-z0-9]{7}$')
     AND (NEW.actor = OLD.actor
          OR OLD.actor LIKE 'user:%%' AND OLD.actor NOT LIKE 'user:~%%' AND NEW.actor ~ '^user:~[a-z0-9]{7}$')
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'oauth_audit_event is append-only' USING ERRCODE = 'insufficient_privilege';
END $body$
$create$, here);

-- Blocks: nothing is changed, nothing is deleted on its first day.
EXECUTE format($create$
CREATE OR REPLACE FUNCTION %1$I.oauth_audit_block_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '23 hours' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'oauth_audit_block is append-only' USING ERRCODE = 'insufficient_privilege';
END $body$
$create$, here);

EXECUTE format('CREATE TRIGGER oauth_audit_event_guard BEFORE UPDATE OR DELETE ON %1$I.oauth_audit_event FOR EACH ROW EXECUTE FUNCTION %1$I.oauth_audit_event_guard()', here);
EXECUTE format('CREATE TRIGGER oauth_audit_event_guard_all BEFORE TRUNCATE ON %1$I.oauth_audit_event FOR EACH STATEMENT EXECUTE FUNCTION %1$I.oauth_audit_event_guard()', here);
EXECUTE format('CREATE TRIGGER oauth_audit_block_guard BEFORE UPDATE OR DELETE ON %1$I.oauth_audit_block FOR EACH ROW EXECUTE FUNCTION %1$I.oauth_audit_block_guard()', here);
EXECUTE format('CREATE TRIGGER oauth_audit_block_guard_all BEFORE TRUNCATE ON %1$I.oauth_audit_block FOR EACH STATEMENT EXECUTE FUNCTION %1$I.oauth_audit_block_guard()', here);

-- Retention, for roles that may not delete: at most `batch` events that happened before `before` and are in a block,
-- the oldest first; and once those are all gone, blocks that nothing is left of. Returns how many events went.
EXECUTE format($create$
CREATE OR REPLACE FUNCTION %1$I.oauth_audit_prune(before timestamptz, batch integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  bound timestamptz := least(before, now() - interval '23 hours');
  gone integer;
  anchor bigint;
  b record;
BEGIN
  DELETE FROM %1$I.oauth_audit_event WHERE id = ANY (ARRAY(
    SELECT e.id FROM %1$I.oauth_audit_event e
    WHERE e.at < bound AND EXISTS (
      -- Nearly always the first of these; the others are for events that were committed late.
      SELECT 1 FROM (SELECT event_ids FROM %1$I.oauth_audit_block WHERE last_id >= e.id
                     ORDER BY last_id, seq LIMIT 400) AS near
      WHERE e.id = ANY (near.event_ids))
    ORDER BY e.at LIMIT batch FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone < batch THEN
    FOR b IN SELECT seq, at, event_ids, event_times FROM %1$I.oauth_audit_block ORDER BY seq LIMIT 200 LOOP
      EXIT WHEN b.at > now() - interval '23 hours'
        OR EXISTS (SELECT 1 FROM unnest(b.event_times) AS happened WHERE happened >= bound)
        OR EXISTS (SELECT 1 FROM %1$I.oauth_audit_event e WHERE e.id = ANY (b.event_ids));
      anchor := b.seq;
    END LOOP;
    -- The newest of them stays: it shows that what was before it was old enough to go.
    DELETE FROM %1$I.oauth_audit_block WHERE seq < anchor;
  END IF;
  RETURN gone;
END $body$
$create$, here);

-- Pseudonyms, for roles that may not update: `items` is [{id, user_id, actor, redacted}, …]. The trigger above
-- judges them. Returns how many rows changed.
EXECUTE format($create$
CREATE OR REPLACE FUNCTION %1$I.oauth_audit_redact(items jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  changed integer;
BEGIN
  UPDATE %1$I.oauth_audit_event e
  SET user_id = i.user_id, actor = i.actor, ip = NULL, details = e.details - 'personal', redacted = i.redacted
  FROM jsonb_to_recordset(items) AS i (id bigint, user_id text, actor text, redacted text)
  WHERE e.id = i.id;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END $body$
$create$, here);

-- Every role may call a new function, unless told otherwise; deploy/app-role.sql names who may.
EXECUTE format('REVOKE ALL ON FUNCTION %1$I.oauth_audit_prune(timestamptz, integer), %1$I.oauth_audit_redact(jsonb) FROM PUBLIC', here);

END $migration$;
