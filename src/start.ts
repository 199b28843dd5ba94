// Owns: starting quickly. The database opens, mostly off this thread, while the rest of the code is loaded.
import type { Services } from './app.js';
import type { Config } from './config/load.js';
import { createDeferred } from './lib/deferred.js';
import { openStores } from './store/open.js';

/** The services on the database the configuration asks for. */
export async function startServices(config: Config): Promise<Services> {
  const failed = createDeferred<unknown>();
  const opening = openStores(config, { onFatal: failed.resolve });
  // Awaited in createServices; until then a failure must not count as unhandled.
  opening.catch(() => {});
  const { createServices } = await import('./app.js');
  return createServices(config, { opening, failed: failed.promise });
}
