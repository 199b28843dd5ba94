// One instance whose way to PostgreSQL and to Redis leads through proxies that fail on demand.
import type { Mode } from './backends.js';
import { type FaultProxy, openFaultProxy } from './fault-proxy.js';
import { type Deployment, deploy, Tab } from './instances.js';

export type Server = 'PostgreSQL' | 'Redis';

export interface FaultyDeployment extends Deployment {
  proxies: Partial<Record<Server, FaultProxy>>;
  /** The proxy before `server`. */
  proxy(server: Server): FaultProxy;
  /** A browser at the instance. */
  tab(): Tab;
}

export const serversOf = ({ usesRedis }: Mode): Server[] =>
  usesRedis ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'];

/** One instance; this process, which seeds and looks, has its own undisturbed way. */
export async function deployFaulty(mode: Mode): Promise<FaultyDeployment> {
  const proxies: FaultyDeployment['proxies'] = {};
  const closeProxies = () => Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
  let deployment: Deployment;
  try {
    deployment = await deploy(mode, {
      async reach({ DATABASE_URL = '', REDIS_URL, ...env }) {
        proxies.PostgreSQL = await openFaultProxy(DATABASE_URL);
        if (REDIS_URL !== undefined) proxies.Redis = await openFaultProxy(REDIS_URL);
        const { PostgreSQL, Redis } = proxies;
        return { ...env, DATABASE_URL: PostgreSQL.url, ...(Redis && { REDIS_URL: Redis.url }) };
      },
    });
  } catch (error) {
    await closeProxies();
    throw error;
  }
  const { issuer, close } = deployment;
  return Object.assign(deployment, {
    proxies,
    proxy(server: Server) {
      const proxy = proxies[server];
      if (!proxy) throw new Error(`there is no ${server} in this mode`);
      return proxy;
    },
    tab: () => new Tab(issuer, { origin: issuer }),
    async close() {
      await closeProxies();
      await close();
    },
  });
}
