// Owns: the suite every implementation of the store's ports must pass.
// Does not: know any implementation; each has a test file that calls describeStores.
import type { Stores } from '../../../src/store/ports/index.js';
import { type ArtifactOptions, describeArtifacts } from './artifacts.js';
import { describeAudit } from './audit.js';
import { describeCounters } from './counters.js';
import { describeClients, describeKeys, describeUsers } from './directory.js';
import { describeConsents, describeGrants } from './grants.js';
import { describeJanitor } from './janitor.js';
import { describeRefreshTokens } from './refresh-tokens.js';
import { describeSessionKeys } from './session-keys.js';
import { describeSessions } from './sessions.js';
import { describeUnitOfWork } from './unit-of-work.js';
import { describeUnitRollback } from './unit-rollback.js';

/**
 * Registers the suite for one implementation.
 *
 * `open` is called once and gives empty stores; `close` ends whatever it opened. `options` are what the
 * implementation does in another way, each with its reason.
 */
export function describeStores(
  name: string,
  open: () => Promise<{ stores: Stores; close(): Promise<void> }>,
  options: ArtifactOptions = {},
): void {
  describe(`stores: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>> | undefined;
    const use = (): Stores => {
      if (!opened) throw new Error('the stores are not open');
      return opened.stores;
    };

    before(async () => {
      opened = await open();
    });

    after(async () => {
      await opened?.close();
    });

    it('checks that it works', () => use().check());

    describeArtifacts(use, options);
    describeRefreshTokens(use);
    describeUnitOfWork(use);
    describeUnitRollback(use);
    describeGrants(use);
    describeConsents(use);
    describeSessions(use);
    describeSessionKeys(use);
    describeClients(use);
    describeUsers(use);
    describeKeys(use);
    describeAudit(use);
    describeCounters(use);
    describeJanitor(use, options);
  });
}
