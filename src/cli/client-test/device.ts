// Owns: what the settings of a client for devices (RFC 8628) say by themselves.
import { DEVICE_CODE } from '../../clients/grant-types.js';
import { ROUTES } from '../../provider/routes.js';
import { type Finding, ok, warning } from '../findings/finding.js';
import { hasGrantType, type Subject, scopesOf } from './subject.js';

function examineOffline(subject: Subject): Finding[] {
  const check = 'device-offline';
  const hasScope = scopesOf(subject)?.includes('offline_access') ?? true;
  const hasType = hasGrantType(subject, 'refresh_token');
  if (hasScope && hasType) return [ok(check, 'scope=offline_access gets a device a refresh token')];
  const missing = hasScope ? 'the grant type refresh_token' : 'the scope offline_access';
  const advice = `add ${missing}, unless people are to let the device in each time`;
  return [warning(check, 'its devices are forgotten with the login that let them in', advice)];
}

/** Nothing is tried: a device code would be made, and nobody is there to enter it. */
export function examineDevice(subject: Subject): Finding[] {
  if (!hasGrantType(subject, DEVICE_CODE)) return [];
  const scopes = scopesOf(subject);
  const isLogin = scopes?.includes('openid') ?? true;
  const advice = 'add openid to its scope, unless it wants no ID token and no userinfo';
  return [
    ok('device', `people let its devices in at ${subject.config.issuer}${ROUTES.device}`),
    ...(isLogin
      ? []
      : [warning('device-scope', `may ask for ${scopes?.join(' ')}, which is no login`, advice)]),
    ...examineOffline(subject),
  ];
}
