-- CreateTable
CREATE TABLE "oauth_resource_server" (
    "identifier" VARCHAR(512) NOT NULL,
    "name" VARCHAR(255) NOT NULL,
    "scopes" JSONB NOT NULL,
    "access_token_seconds" INTEGER NOT NULL,
    "alg" VARCHAR(16) NOT NULL,
    "client_id" VARCHAR(64),
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_resource_server_pkey" PRIMARY KEY ("identifier")
);

-- CreateTable
CREATE TABLE "oauth_revoked_token" (
    "key" VARCHAR(64) NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_revoked_token_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "oauth_resource_server_client_id_idx" ON "oauth_resource_server"("client_id");

-- CreateIndex
CREATE INDEX "oauth_revoked_token_expires_at_idx" ON "oauth_revoked_token"("expires_at");

-- AddForeignKey
ALTER TABLE "oauth_resource_server" ADD CONSTRAINT "oauth_resource_server_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_client"("client_id") ON DELETE SET NULL ON UPDATE CASCADE;
