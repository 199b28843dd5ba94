-- What the service may do in the database, and no more: a role that owns nothing.
--
-- Run by the owner of the tables (who also runs `npm run db:deploy`), in the service's database, once and again after
-- every upgrade; running it twice changes nothing:
--
--   psql "$OWNER_DATABASE_URL" -v ON_ERROR_STOP=1 -1 -f deploy/app-role.sql
--   psql "$OWNER_DATABASE_URL" -c "CREATE ROLE op LOGIN PASSWORD '…' IN ROLE link2ur_op_app"
--
-- Then give the service a DATABASE_URL with that login. Another name than link2ur_op_app for the role:
-- PGOPTIONS='-c link2ur.role=NAME' before psql.
--
-- With it the service cannot change or remove what is in the audit trail: it reads and adds. Retention and forgetting
-- a person go through two functions of the owner's, which do that and nothing else. Nor can it change the schema or
-- the site's users.
DO $role$
DECLARE
  app text := coalesce(nullif(current_setting('link2ur.role', true), ''), 'link2ur_op_app');
  here text := current_schema();
  one record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
    EXECUTE format('CREATE ROLE %I NOLOGIN', app);
  END IF;
  -- Whoever owns a table may do anything with it, whatever is granted or revoked here.
  FOR one IN SELECT DISTINCT pg_get_userbyid(relowner) AS owner FROM pg_class
             WHERE relnamespace = here::regnamespace AND relkind IN ('r', 'p') AND relname LIKE 'oauth\_%' LOOP
    IF pg_has_role(app, one.owner, 'MEMBER') THEN
      RAISE EXCEPTION '% owns the tables, or is a member of %, who does', app, one.owner;
    END IF;
  END LOOP;

  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', here, app);
  EXECUTE format('GRANT SELECT ON %1$I.users, %1$I._prisma_migrations TO %2$I', here, app);

  FOR one IN SELECT relname AS name FROM pg_class
             WHERE relnamespace = here::regnamespace AND relkind IN ('r', 'p') AND relname LIKE 'oauth\_%' LOOP
    EXECUTE format('REVOKE ALL ON %I.%I FROM %I', here, one.name, app);
    EXECUTE format('GRANT %s ON %I.%I TO %I',
      CASE WHEN one.name LIKE 'oauth\_audit\_%' OR one.name = 'oauth_subject_key' THEN 'SELECT, INSERT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END,
      here, one.name, app);
  END LOOP;
  -- Sealing these keys again, under another KEY_ENCRYPTION_KEY.
  EXECUTE format('GRANT UPDATE (sealed) ON %I.oauth_audit_key TO %I', here, app);
  EXECUTE format('GRANT UPDATE (sealed) ON %I.oauth_subject_key TO %I', here, app);

  FOR one IN SELECT relname AS name FROM pg_class
             WHERE relnamespace = here::regnamespace AND relkind = 'S' AND relname LIKE 'oauth\_%' LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %I.%I TO %I', here, one.name, app);
  END LOOP;

  EXECUTE format('GRANT EXECUTE ON FUNCTION %1$I.oauth_audit_prune(timestamptz, integer),
    %1$I.oauth_audit_redact(jsonb) TO %2$I', here, app);
END $role$;
