-- AlterTable
ALTER TABLE "oauth_client_secret" ADD COLUMN     "secret_sealed" TEXT;

-- CreateTable
CREATE TABLE "oauth_subject_key" (
    "kid" VARCHAR(64) NOT NULL,
    "sealed" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_subject_key_pkey" PRIMARY KEY ("kid")
);
