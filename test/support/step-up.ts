// Authentication context classes of the tests: what a request asks for, in each way it can.
export const PASSWORD_CLASS = 'urn:link2ur:acr:password';
export const MFA = 'urn:link2ur:acr:mfa';
export const PASSKEY = 'urn:link2ur:acr:passkey';
export const UNKNOWN_CLASS = 'urn:example:hologram';

/** For LINK2UR_ACR_VALUES: the weakest first. */
export const CLASSES = [PASSWORD_CLASS, MFA, PASSKEY].join(' ');

/** The request fails without one of these. */
export const demand = (...values: string[]) => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
});

/** The request would like one of these. */
export const wish = (...values: string[]) => ({ acr_values: values.join(' ') });
