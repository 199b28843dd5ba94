// Prisma Studio on the embedded database: with the server beside it, and without.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { copyOfTemplate, startApp, USER } from '../support/app.js';
import { startStudio, tablesIn } from '../support/studio.js';

const TABLES = ['oauth_client', 'oauth_consent', 'oauth_grant', 'oauth_session', 'oauth_refresh_token'];

describe('npm run db:studio', function () {
  this.timeout(120_000);

  it('shows our tables and their rows while the server runs, and the server goes on', async () => {
    const app = await startApp();
    const studio = await startStudio({ DATA_DIR: app.dataDir });
    try {
      expect(await studio.page()).to.include({ status: 200 });
      expect(await tablesIn(studio)).to.include.members(TABLES);
      expect(await studio.query('SELECT id FROM users ORDER BY id LIMIT 1')).to.deep.equal([{ id: USER.id }]);
      expect((await fetch(`${app.issuer}/readyz`)).status).to.equal(200);
    } finally {
      await studio.stop();
    }
    expect((await fetch(`${app.issuer}/readyz`)).status).to.equal(200);
    await app.close();
  });

  it('opens the database by itself when no server runs, and closes it again', async () => {
    const dataDir = await copyOfTemplate();
    try {
      for (const round of [1, 2]) {
        const studio = await startStudio({ DATA_DIR: dataDir });
        expect(await tablesIn(studio), `round ${round}`).to.include.members(TABLES);
        await studio.stop();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
