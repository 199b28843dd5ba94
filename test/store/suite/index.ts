// Owns: the suite every implementation of the store's ports must pass.
// Does not: know any implementation; each has a test file that calls describeStores.
import type { Stores } from '../../../src/store/ports/index.js';
import { describeArtifacts } from './artifacts.js';
import { describeAudit } from './audit.js';
import { describeAuditChain } from './audit-chain.js';
import { describeClientAdmin } from './clients.js';
import { describeCounters } from './counters.js';
import { describeDeliveries } from './deliveries.js';
import { describeClients, describeUsers } from './directory.js';
import { describeEverybody } from './everybody.js';
import { describeConsents, describeGrants } from './grants.js';
import { describeHoldings } from './holdings.js';
import { describeJanitor } from './janitor.js';
import { describeKeys } from './keys.js';
import { describeRefreshTokens } from './refresh-tokens.js';
import { describeRegistrations, describeRegistrationTokens } from './registrations.js';
import { describeResourceServers, describeRevokedTokens } from './resource-servers.js';
import { describeRoles } from './roles.js';
import { describeSealedSecrets, describeSubjectKeys } from './sealed.js';
import { describeSessionKeys } from './session-keys.js';
import { describeSessions } from './sessions.js';
import type { Departures, Use } from './support.js';
import { describeUnitOfWork } from './unit-of-work.js';
import { describeUnitRollback } from './unit-rollback.js';

/**
 * Registers the suite for one implementation.
 *
 * `open` is called once and gives empty stores; `close` ends whatever it opened.
 */
export function describeStores(
  name: string,
  open: () => Promise<{ stores: Stores; close(): Promise<void> }>,
  options: Departures = {},
): void {
  describe(`stores: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>> | undefined;
    const use: Use = () => {
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
    describeUnitRollback(use, options);
    describeGrants(use);
    describeConsents(use);
    describeSessions(use);
    describeSessionKeys(use);
    describeHoldings(use);
    describeEverybody(use);
    describeClients(use);
    describeClientAdmin(use);
    describeSealedSecrets(use);
    describeSubjectKeys(use);
    describeUsers(use);
    describeRoles(use);
    describeKeys(use);
    describeResourceServers(use);
    describeRevokedTokens(use);
    describeRegistrationTokens(use);
    describeRegistrations(use);
    describeAudit(use);
    describeAuditChain(use);
    describeCounters(use);
    describeDeliveries(use);
    describeJanitor(use, options);
  });
}
