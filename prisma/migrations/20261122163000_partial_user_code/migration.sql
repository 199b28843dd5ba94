-- Nearly no artifact has a user code: the index need not know of the others, nor each insert pay for it.
-- The new one is there before the old one goes, so that no two devices get the same code in between.
CREATE UNIQUE INDEX "oauth_artifact_user_code_key_idx" ON "oauth_artifact"("user_code_key") WHERE (user_code_key IS NOT NULL);

DROP INDEX "oauth_artifact_user_code_key_key";
