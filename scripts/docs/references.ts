// Which parts of the documentation are generated, by their path in docs/.
import { nouns } from '../../src/cli/commands/index.js';
import { adminApiReference, openApiReference } from './admin-api.js';
import { cliReference } from './cli.js';
import { configurationReference } from './configuration.js';

export async function references(): Promise<Record<string, string>> {
  return {
    'reference/configuration.md': configurationReference(),
    'reference/cli.md': cliReference(nouns),
    'reference/admin-api.md': adminApiReference(),
    'reference/openapi.json': await openApiReference(),
  };
}
