-- CreateTable
CREATE TABLE "oauth_client" (
    "id" SERIAL NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "client_name" VARCHAR(255) NOT NULL,
    "client_uri" VARCHAR(512),
    "logo_uri" VARCHAR(512),
    "policy_uri" VARCHAR(512),
    "tos_uri" VARCHAR(512),
    "redirect_uris" TEXT[],
    "post_logout_redirect_uris" TEXT[],
    "scope_default" VARCHAR(512),
    "allowed_grant_types" TEXT[],
    "response_types" TEXT[],
    "application_type" VARCHAR(16) NOT NULL DEFAULT 'web',
    "is_confidential" BOOLEAN NOT NULL DEFAULT true,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_client_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oauth_client_secret" (
    "id" SERIAL NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "secret_hash" VARCHAR(128) NOT NULL,
    "label" VARCHAR(64),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_client_secret_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oauth_consent" (
    "user_id" VARCHAR(8) NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "scopes" TEXT[],
    "claims" TEXT[],
    "granted_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_consent_pkey" PRIMARY KEY ("user_id","client_id")
);

-- CreateTable
CREATE TABLE "oauth_grant" (
    "id" VARCHAR(64) NOT NULL,
    "user_id" VARCHAR(8) NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "scopes" TEXT[],
    "claims" TEXT[],
    "details" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oauth_session" (
    "uid" VARCHAR(64) NOT NULL,
    "user_id" VARCHAR(8),
    "acr" VARCHAR(128),
    "amr" TEXT[],
    "auth_time" TIMESTAMPTZ(3),
    "transient" BOOLEAN NOT NULL DEFAULT false,
    "authorizations" JSONB NOT NULL DEFAULT '{}',
    "state" JSONB,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_session_pkey" PRIMARY KEY ("uid")
);

-- CreateTable
CREATE TABLE "oauth_session_key" (
    "key" VARCHAR(64) NOT NULL,
    "session_uid" VARCHAR(64) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oauth_session_key_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "oauth_refresh_token" (
    "key" VARCHAR(64) NOT NULL,
    "user_id" VARCHAR(8) NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "grant_id" VARCHAR(64) NOT NULL,
    "session_uid" VARCHAR(64),
    "scopes" TEXT[],
    "rotations" INTEGER NOT NULL DEFAULT 0,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "successor_sealed" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "oauth_refresh_token_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "oauth_artifact" (
    "kind" VARCHAR(48) NOT NULL,
    "key" VARCHAR(64) NOT NULL,
    "payload" JSONB NOT NULL,
    "grant_id" VARCHAR(64),
    "user_code_key" VARCHAR(64),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_artifact_pkey" PRIMARY KEY ("kind","key")
);

-- CreateTable
CREATE TABLE "oauth_signing_key" (
    "kid" VARCHAR(64) NOT NULL,
    "alg" VARCHAR(16) NOT NULL,
    "state" VARCHAR(16) NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "private_sealed" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "activated_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_signing_key_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "oauth_audit_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "type" VARCHAR(64) NOT NULL,
    "actor" VARCHAR(128) NOT NULL,
    "user_id" VARCHAR(8),
    "client_id" VARCHAR(64),
    "grant_id" VARCHAR(64),
    "scope" VARCHAR(1024),
    "ip" VARCHAR(64),
    "request_id" VARCHAR(64),
    "details" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "oauth_audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "oauth_client_client_id_key" ON "oauth_client"("client_id");

-- CreateIndex
CREATE INDEX "oauth_client_secret_client_id_idx" ON "oauth_client_secret"("client_id");

-- CreateIndex
CREATE INDEX "oauth_consent_client_id_idx" ON "oauth_consent"("client_id");

-- CreateIndex
CREATE INDEX "oauth_grant_user_id_client_id_idx" ON "oauth_grant"("user_id", "client_id");

-- CreateIndex
CREATE INDEX "oauth_grant_client_id_idx" ON "oauth_grant"("client_id");

-- CreateIndex
CREATE INDEX "oauth_grant_expires_at_idx" ON "oauth_grant"("expires_at");

-- CreateIndex
CREATE INDEX "oauth_session_user_id_idx" ON "oauth_session"("user_id");

-- CreateIndex
CREATE INDEX "oauth_session_expires_at_idx" ON "oauth_session"("expires_at");

-- CreateIndex
CREATE INDEX "oauth_session_key_session_uid_idx" ON "oauth_session_key"("session_uid");

-- CreateIndex
CREATE INDEX "oauth_refresh_token_grant_id_idx" ON "oauth_refresh_token"("grant_id");

-- CreateIndex
CREATE INDEX "oauth_refresh_token_user_id_client_id_idx" ON "oauth_refresh_token"("user_id", "client_id");

-- CreateIndex
CREATE INDEX "oauth_refresh_token_expires_at_idx" ON "oauth_refresh_token"("expires_at");

-- CreateIndex
CREATE INDEX "oauth_artifact_grant_id_idx" ON "oauth_artifact"("grant_id");

-- CreateIndex
CREATE INDEX "oauth_artifact_expires_at_idx" ON "oauth_artifact"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "oauth_artifact_user_code_key_key" ON "oauth_artifact"("user_code_key");

-- CreateIndex
CREATE INDEX "oauth_audit_event_at_idx" ON "oauth_audit_event"("at");

-- CreateIndex
CREATE INDEX "oauth_audit_event_type_at_idx" ON "oauth_audit_event"("type", "at");

-- CreateIndex
CREATE INDEX "oauth_audit_event_user_id_at_idx" ON "oauth_audit_event"("user_id", "at");

-- CreateIndex
CREATE INDEX "oauth_audit_event_client_id_at_idx" ON "oauth_audit_event"("client_id", "at");

-- AddForeignKey
ALTER TABLE "oauth_client_secret" ADD CONSTRAINT "oauth_client_secret_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_client"("client_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_consent" ADD CONSTRAINT "oauth_consent_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_consent" ADD CONSTRAINT "oauth_consent_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_client"("client_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_grant" ADD CONSTRAINT "oauth_grant_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_grant" ADD CONSTRAINT "oauth_grant_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_client"("client_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_session" ADD CONSTRAINT "oauth_session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_session_key" ADD CONSTRAINT "oauth_session_key_session_uid_fkey" FOREIGN KEY ("session_uid") REFERENCES "oauth_session"("uid") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_refresh_token" ADD CONSTRAINT "oauth_refresh_token_grant_id_fkey" FOREIGN KEY ("grant_id") REFERENCES "oauth_grant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

