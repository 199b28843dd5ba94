// The shared store suite on the embedded database, and whether schema and migrations agree.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import pg from 'pg';
import { missingMigration } from '../../scripts/missing-migration.js';
import { loadConfig } from '../../src/config/load.js';
import { openStores } from '../../src/store/open.js';
import { embeddedConnection } from '../../src/store/postgres/embedded/embedded-connection.js';
import { copyOfTemplate } from '../support/app.js';
import { describeStores } from './suite/index.js';

describeStores('embedded', async () => {
  const dataDir = await copyOfTemplate();
  const stores = await openStores(loadConfig({ DATA_DIR: dataDir }));
  // The suite begins with no signing keys; the template has a set.
  const client = new pg.Client(embeddedConnection(dataDir));
  await client.connect();
  await client.query('DELETE FROM oauth_signing_key');
  await client.end();
  return {
    stores,
    async close() {
      await stores.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});

describe('migrations', () => {
  it('make exactly what schema.prisma says', async () => {
    expect(await missingMigration()).to.equal(undefined);
  });
});
