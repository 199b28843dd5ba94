-- A signing key is announced, then active, then retired, then gone. An older instance knows none of the
-- new columns, and what it inserts is active from the start.
ALTER TABLE "oauth_signing_key" ADD COLUMN "activates_at" TIMESTAMPTZ(3),
ADD COLUMN "gone_at" TIMESTAMPTZ(3),
ADD COLUMN "revoked_at" TIMESTAMPTZ(3),
ALTER COLUMN "private_sealed" DROP NOT NULL;

-- CreateTable
CREATE TABLE "oauth_cookie_key" (
    "kid" VARCHAR(64) NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "private_sealed" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "activates_at" TIMESTAMPTZ(3),
    "activated_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),
    "gone_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_cookie_key_pkey" PRIMARY KEY ("kid")
);
