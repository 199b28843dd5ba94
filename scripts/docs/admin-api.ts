// The reference of the Admin API: its OpenAPI description, and the same as a list people can read.
import { type AdminServices, createAdminRoutes } from '../../src/http/admin/index.js';
import type { AdminRoute } from '../../src/http/admin/route.js';

const ISSUER = 'https://op.example';

/** Routes that are described and never run. */
const routes = (): AdminRoute[] => createAdminRoutes(ISSUER, {} as AdminServices);

export async function openApiReference(): Promise<string> {
  const describe = routes().find(({ operationId }) => operationId === 'describeApi');
  const run = describe?.prepare({ params: {}, query: '', body: undefined });
  const reply = await run?.({
    author: { actor: 'system' },
    access: { scopes: new Set() },
    expectedVersion: undefined,
  });
  return `${JSON.stringify(reply?.body, null, 2)}\n`;
}

function row({ method, path, summary, scope, precondition, isCreate }: AdminRoute): string {
  const headers = [precondition && `If-Match (${precondition})`, isCreate && 'Idempotency-Key (optional)'];
  return `| \`${method} ${path}\` | ${summary} | ${scope ? `\`${scope}\`` : 'none'} | ${headers.filter(Boolean).join(', ')} |`;
}

export function adminApiReference(): string {
  const all = routes();
  const tags = [...new Set(all.map(({ tag }) => tag))];
  const sections = tags.map(
    (tag) => `## ${tag}

| request | does | scope | headers |
|---|---|---|---|
${all
  .filter((route) => route.tag === tag)
  .map(row)
  .join('\n')}`,
  );
  return `# Admin API

Paths are below \`/api/admin/oauth\`. How to get a token, and what all requests have in common, is in
[admin-api.md](../admin-api.md); what each takes and answers is in [openapi.json](openapi.json), which the service also serves at
\`/api/admin/oauth/openapi.json\`, with its own addresses.

${sections.join('\n\n')}
`;
}
