import { systemClock } from '../../src/lib/clock.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { describeStores } from './suite/index.js';

describeStores(
  'memory',
  async () => {
    const stores = createMemoryStores(systemClock);
    return { stores, close: () => stores.close() };
  },
  { refusesNothing: 'a map takes whatever it is given' },
);
