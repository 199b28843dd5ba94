-- Link²Ur's own users table, as far as this service reads it. It belongs to the Link²Ur site: this file
-- creates it only in the embedded database, or on request in an empty one. Never part of a migration.
CREATE TABLE IF NOT EXISTS "users" (
    "id" VARCHAR(8) NOT NULL,
    "name" VARCHAR(50) NOT NULL,
    "email" VARCHAR(120),
    "phone" VARCHAR(20),
    "hashed_password" VARCHAR(128),
    "is_verified" BOOLEAN NOT NULL DEFAULT false,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "avatar" VARCHAR(500),
    "language_preference" VARCHAR(10),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX IF NOT EXISTS "users_email_key" ON "users"("email");
CREATE UNIQUE INDEX IF NOT EXISTS "users_phone_key" ON "users"("phone");
CREATE INDEX IF NOT EXISTS "users_email_lower_idx" ON "users"(lower("email"));
