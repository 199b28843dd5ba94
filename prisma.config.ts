import { defineConfig } from 'prisma/config';

// Used by `prisma generate` and `prisma studio` only; the service reads its own configuration.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  tables: { external: ['public.users'] },
  experimental: { externalTables: true },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost/unused' },
});
