-- CreateTable
CREATE TABLE "oauth_counter" (
    "name" VARCHAR(200) NOT NULL,
    "count" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_counter_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "oauth_counter_expires_at_idx" ON "oauth_counter"("expires_at");
