-- CreateTable
CREATE TABLE "oauth_logout_delivery" (
    "id" VARCHAR(32) NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "user_id" VARCHAR(8),
    "audited_as" VARCHAR(8),
    "subject_sealed" TEXT,
    "sid" VARCHAR(64),
    "state" VARCHAR(16) NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "request_id" VARCHAR(64),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "claimed_until" TIMESTAMPTZ(3),
    "last_attempt_at" TIMESTAMPTZ(3),
    "last_error" VARCHAR(500),
    "give_up_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "oauth_logout_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "oauth_logout_delivery_state_client_id_next_attempt_at_idx" ON "oauth_logout_delivery"("state", "client_id", "next_attempt_at");

-- CreateIndex
CREATE INDEX "oauth_logout_delivery_client_id_created_at_idx" ON "oauth_logout_delivery"("client_id", "created_at");

-- CreateIndex
CREATE INDEX "oauth_logout_delivery_user_id_idx" ON "oauth_logout_delivery"("user_id");

-- CreateIndex
CREATE INDEX "oauth_logout_delivery_finished_at_idx" ON "oauth_logout_delivery"("finished_at");

-- AddForeignKey
ALTER TABLE "oauth_logout_delivery" ADD CONSTRAINT "oauth_logout_delivery_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_client"("client_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "oauth_logout_delivery" ADD CONSTRAINT "oauth_logout_delivery_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;
