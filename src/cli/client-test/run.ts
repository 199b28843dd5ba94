// Owns: which checks a dry login makes, and their order.
import type { Services } from '../../app.js';
import type { ClientView } from '../../clients/service.js';
import { ValidationError } from '../../lib/errors.js';
import { ROUTES } from '../../provider/routes.js';
import { type Finding, failed, ok } from '../findings/finding.js';
import { examineDevice } from './device.js';
import { examineLogin, examineLogout } from './login.js';
import {
  type Discovery,
  examineBackchannelLogout,
  examineDiscovery,
  examineRefreshTokens,
  examineSecrets,
} from './settings.js';
import type { Subject } from './subject.js';

const READ_ONLY = new Set(['version', 'created_at', 'updated_at', 'secrets']);

/** Whether what is stored could be saved today: it may have been written by hand, or by an older version. */
async function examineSettings(client: ClientView, { clients }: Services): Promise<Finding[]> {
  const check = 'settings';
  const { parseClient } = await import('../../clients/input.js');
  const described = Object.fromEntries(Object.entries(client).filter(([name]) => !READ_ONLY.has(name)));
  try {
    await clients.plan(parseClient(described));
    return [ok(check, 'could be saved as they are')];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const advice = `client update ${client.client_id}`;
    return error.problems.map(({ field, reason }) => failed(check, `${field}: ${reason}`, advice));
  }
}

/**
 * Begins a login, and a logout, as the app would for every address it has registered, and looks at what an app's
 * developer trips over. Asks nobody but this provider, and leaves nothing behind.
 * @throws NotFoundError
 */
export async function testClient(
  clientId: string,
  services: Services,
): Promise<{ client: ClientView; findings: Finding[] }> {
  const { clients, config, handle, stores, clock } = services;
  const client = await clients.get(clientId);
  const { createDryRequests } = await import('../../provider/dry-request.js');
  const provider = createDryRequests({ handle, unitOfWork: stores.unitOfWork });
  const subject: Subject = { client, config, provider, now: clock.now() };
  const discovery = JSON.parse((await provider.get(ROUTES.discovery)).text) as Discovery;
  const scopes = Array.isArray(discovery.scopes_supported) ? discovery.scopes_supported.map(String) : [];
  const settings = await examineSettings(client, services);
  const dry = client.is_active
    ? [
        ok('active', 'it is switched on'),
        ...(await examineLogin(subject, scopes)),
        ...(await examineLogout(subject)),
      ]
    : [
        failed(
          'active',
          'it is disabled: for apps and browsers it does not exist',
          `client enable ${clientId}`,
        ),
      ];
  const findings = [
    ...settings,
    ...dry,
    examineSecrets(subject),
    ...examineRefreshTokens(subject),
    ...examineDevice(subject),
    ...examineBackchannelLogout(subject),
    examineDiscovery(subject, discovery),
  ];
  return { client, findings };
}
