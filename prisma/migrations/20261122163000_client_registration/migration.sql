-- CreateTable
CREATE TABLE "oauth_registration_token" (
    "key" VARCHAR(64) NOT NULL,
    "id" VARCHAR(32) NOT NULL,
    "label" VARCHAR(64) NOT NULL,
    "policy" VARCHAR(64) NOT NULL,
    "uses" INTEGER NOT NULL,
    "uses_left" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_registration_token_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "oauth_client_registration" (
    "client_id" VARCHAR(64) NOT NULL,
    "policy" VARCHAR(64) NOT NULL,
    "token_id" VARCHAR(32) NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,
    "key" VARCHAR(64),
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_client_registration_pkey" PRIMARY KEY ("client_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "oauth_registration_token_id_key" ON "oauth_registration_token"("id");

-- CreateIndex
CREATE INDEX "oauth_registration_token_expires_at_idx" ON "oauth_registration_token"("expires_at");

-- CreateIndex
CREATE INDEX "oauth_client_registration_policy_idx" ON "oauth_client_registration"("policy");

-- AddForeignKey
ALTER TABLE "oauth_client_registration" ADD CONSTRAINT "oauth_client_registration_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_client"("client_id") ON DELETE CASCADE ON UPDATE CASCADE;
