-- AlterTable
ALTER TABLE "oauth_resource_server" ADD COLUMN     "authorization_details_types" JSONB NOT NULL DEFAULT '[]';
