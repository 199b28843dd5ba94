// Prisma Studio on a PostgreSQL.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { MODES, openBackend } from '../support/production/backends.js';
import { startStudio, tablesIn } from '../support/studio.js';

/** What every user of the machine sees. */
async function commandLines(): Promise<string> {
  return (await promisify(execFile)('ps', ['-eo', 'args'])).stdout;
}

describe('npm run db:studio on the configured database', () => {
  it('shows our tables, and shows no password to other users of the machine', async () => {
    const [mode] = MODES;
    if (!mode) throw new Error('there is no mode');
    const backend = await openBackend(mode);
    // Trusted whatever it is; and a setting that Prisma's tools and poolers add, which no server knows.
    const url = new URL(backend.env.DATABASE_URL);
    url.password = 'a-pass-word';
    url.searchParams.set('connection_limit', '5');
    const studio = await startStudio({ DATABASE_URL: url.href });
    try {
      expect((await studio.page()).status).to.equal(200);
      expect(await commandLines())
        .to.include('studio')
        .and.not.include('a-pass-word');
      expect(await tablesIn(studio)).to.include.members([
        'oauth_client',
        'oauth_session',
        'oauth_audit_event',
      ]);
    } finally {
      await studio.stop();
      await backend.close();
    }
  });
});
