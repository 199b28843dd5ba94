// Owns: which things the doctor looks at by itself, and their order. Changes nothing.
import type { Clock } from '../../lib/clock.js';
import type { Finding } from '../findings/finding.js';
import { createSite } from '../handoff/site.js';
import { examineDataFolder } from './data-folder.js';
import { examineIssuer } from './issuer.js';
import { examineMutualTls } from './mutual-tls.js';
import { examineSettings } from './settings.js';
import { examineStores } from './stores.js';

/** Where settings cannot be used, nothing else can be looked at. */
export async function examineService(
  env: NodeJS.ProcessEnv,
  { clock }: { clock: Clock },
): Promise<Finding[]> {
  const { config, findings } = examineSettings(env);
  if (!config) return findings;
  const folder = await examineDataFolder(config);
  const stores = await examineStores(config, clock);
  const site = createSite({ clock });
  const issuer = await examineIssuer(config.issuer, stores.kids, site);
  const mutualTls = await examineMutualTls(config, site);
  return [...findings, ...folder, ...stores.findings, ...issuer, ...mutualTls];
}
