// Owns: the list of nouns. A new one is a file beside this and a line here; help follows.
// A command loads what is slow to load (stores, the provider) when it runs, so that the others stay quick.
import type { Noun } from '../command.js';
import { apply } from './apply.js';
import { audit } from './audit.js';
import { client } from './client.js';
import { config } from './config.js';
import { consent } from './consent.js';
import { diff } from './diff.js';
import { doctor } from './doctor.js';
import { exportClients } from './export.js';
import { janitor } from './janitor.js';
import { key } from './key.js';
import { registration } from './registration.js';
import { registrationToken } from './registration-token.js';
import { resourceServer } from './resource-server.js';
import { session } from './session.js';
import { user } from './user.js';

export const nouns: readonly Noun[] = [
  client,
  apply,
  diff,
  exportClients,
  user,
  session,
  consent,
  key,
  resourceServer,
  registrationToken,
  registration,
  audit,
  janitor,
  config,
  doctor,
];
