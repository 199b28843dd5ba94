// Owns: what the site tells the provider of how somebody logged in: `amr` and `acr`, the same in both strategies.
import { ACR } from './login-request.js';
import type { SiteSession } from './sessions.js';

export function authenticationOf({ hasSecondFactor }: SiteSession): { amr: string[]; acr: string } {
  return hasSecondFactor
    ? { amr: ['pwd', 'otp', 'mfa'], acr: ACR.secondFactor }
    : { amr: ['pwd'], acr: ACR.password };
}
