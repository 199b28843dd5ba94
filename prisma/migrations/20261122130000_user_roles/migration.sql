-- CreateTable
CREATE TABLE "oauth_user_role" (
    "user_id" VARCHAR(8) NOT NULL,
    "role" VARCHAR(32) NOT NULL,
    "granted_at" TIMESTAMPTZ(3) NOT NULL,
    "granted_by" VARCHAR(128) NOT NULL,

    CONSTRAINT "oauth_user_role_pkey" PRIMARY KEY ("user_id","role")
);

-- CreateIndex
CREATE INDEX "oauth_user_role_role_idx" ON "oauth_user_role"("role");

-- AddForeignKey
ALTER TABLE "oauth_user_role" ADD CONSTRAINT "oauth_user_role_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
