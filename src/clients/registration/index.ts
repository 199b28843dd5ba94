// Owns: putting together what apps and operators do about registration (RFC 7591, RFC 7592).
import type { RegistrationPolicies } from '../../config/registration.js';
import type { RegistrationStore, RegistrationTokenStore } from '../../store/ports/index.js';
import type { ClientServiceDeps } from '../deps.js';
import type { ClientEditing } from '../editing.js';
import { createRegistrationOversight, type RegistrationOversight } from './oversight.js';
import { createRegistrationService, type RegistrationService } from './service.js';
import { createRegistrationTokenService, type RegistrationTokenService } from './tokens.js';

export type { RegistrationOversight, RegistrationView } from './oversight.js';
export type { Managed, RegistrationService } from './service.js';
export {
  type RegistrationTokenDraft,
  type RegistrationTokenService,
  type RegistrationTokenView,
  registrationTokenSchema,
} from './tokens.js';

export interface Registrations {
  /** What apps do by themselves; undefined while registration is off. */
  registration: RegistrationService | undefined;
  registrationTokens: RegistrationTokenService;
  registrations: RegistrationOversight;
}

export interface RegistrationsDeps extends ClientServiceDeps {
  registrations: RegistrationStore;
  registrationTokens: RegistrationTokenStore;
  editing: Pick<ClientEditing, 'prepareNew' | 'deleteInUnit'>;
  policies: RegistrationPolicies;
  isOn: boolean;
}

export function createRegistrations(deps: RegistrationsDeps): Registrations {
  return {
    registration: deps.isOn ? createRegistrationService(deps) : undefined,
    registrationTokens: createRegistrationTokenService(deps),
    registrations: createRegistrationOversight(deps),
  };
}
