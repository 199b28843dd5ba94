// Owns: the demo's stand-in for the Link²Ur site, and how the provider is configured to work with it.
import { providerSettings } from '../examples/link2ur-site/provider-settings.js';
import type { TicketOptions } from '../examples/link2ur-site/tickets.js';
import type { Config } from '../src/config/load.js';
import { randomToken } from '../src/lib/ids.js';
import { type Closable, createLifecycle } from '../src/lib/lifecycle.js';
import { SITE_PORT, SITE_URL } from './demo-data.js';
import type { DemoLogin } from './demo-options.js';

export interface DemoSite {
  /** The provider's environment variables. */
  settings: Record<string, string>;
  /** Loads the site's code; what it returns starts the site over the users of the provider's embedded database. */
  load(): Promise<(config: Config) => Promise<Closable>>;
}

/** The site of the demo; undefined when people log in at the provider itself. */
export function planDemoSite(login: DemoLogin): DemoSite | undefined {
  if (login === 'local') return undefined;
  // Made anew at each start: the site and the provider start together.
  const eventsToken = randomToken();
  const tickets: TicketOptions | undefined = login === 'ticket' ? { alg: 'ES256' } : undefined;
  return {
    settings: providerSettings({ siteUrl: SITE_URL, tickets, eventsToken }),
    async load() {
      const [{ startLink2urSite }, { openSiteUsers }, { embeddedConnection }] = await Promise.all([
        import('../examples/link2ur-site/server.js'),
        import('../examples/link2ur-site/users.js'),
        import('../src/store/postgres/embedded/embedded-connection.js'),
      ]);
      return async ({ issuer, dataDir }) => {
        const lifecycle = createLifecycle();
        try {
          const users = lifecycle.add(openSiteUsers({ ...embeddedConnection(dataDir) }));
          lifecycle.add(await startLink2urSite({ port: SITE_PORT, issuer, users, tickets, eventsToken }));
          return lifecycle;
        } catch (error) {
          await lifecycle.close();
          throw error;
        }
      };
    },
  };
}
