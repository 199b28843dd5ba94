-- AlterTable
ALTER TABLE "oauth_client" ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1;

-- The version rises with every change of a client's settings or secrets, whoever makes it: also an instance of an
-- older version, and a hand in Prisma Studio. That a secret was used is no change.
CREATE OR REPLACE FUNCTION "oauth_client_raise_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."version" := OLD."version" + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER "oauth_client_version" BEFORE UPDATE ON "oauth_client"
    FOR EACH ROW EXECUTE FUNCTION "oauth_client_raise_version"();

CREATE OR REPLACE FUNCTION "oauth_client_secret_raise_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The other trigger does the counting.
    UPDATE "oauth_client" SET "version" = "version" WHERE "client_id" = coalesce(NEW."client_id", OLD."client_id");
    RETURN NULL;
END
$$;

CREATE TRIGGER "oauth_client_secret_version"
    AFTER INSERT OR DELETE OR UPDATE OF "secret_hash", "label", "expires_at" ON "oauth_client_secret"
    FOR EACH ROW EXECUTE FUNCTION "oauth_client_secret_raise_version"();
