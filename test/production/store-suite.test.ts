// The shared store suite on the production modes, through the function that opens them for the service.
import { loadConfig } from '../../src/config/load.js';
import { openStores } from '../../src/store/open.js';
import { describeStores } from '../store/suite/index.js';
import { MODES, openBackend } from '../support/production/backends.js';

const REDIS = {
  artifactsExpireThemselves: 'Redis deletes what has expired, so there is nothing to find or count',
};

for (const mode of MODES) {
  const open = async () => {
    // Migrated, and opened by nobody before: there are no signing keys either.
    const backend = await openBackend(mode);
    const stores = await openStores(loadConfig(backend.env));
    return {
      stores,
      async close() {
        await stores.close();
        await backend.close();
      },
    };
  };
  describeStores(mode.name, open, mode.usesRedis ? REDIS : {});
}
