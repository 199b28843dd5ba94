// Owns: the names of the ways in which clients may authenticate. Does not: know what each needs (clients/).

/** @see https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication */
export const AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;
