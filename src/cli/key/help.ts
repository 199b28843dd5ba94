// Owns: the help of the commands about keys.

const STATES = `A key is announced (published in JWKS, signs nothing), active (signs), retired (published, so that what it signed
still verifies) and gone (not published, its private part destroyed).`;

export const LIST = `
Every key there is or was, the oldest first; never a private part. ${STATES}
Keys of purpose 'cookie' are there unless COOKIE_KEYS is set.

Examples:
  npm run cli -- key list
  npm run --silent cli -- key list --json | jq -r '.keys[] | select(.state == "active").kid'
`;

export const GENERATE = `
Announces a key that signs nothing until it is rotated to. One that has been announced for long enough
(KEY_ANNOUNCE_SECONDS) can take over at any moment without anybody noticing, also when another has to be revoked.

  --alg ALG   RS256, ES256, EdDSA, or HMAC for cookies
  --json      print one JSON object

Examples:
  npm run cli -- key generate --alg ES256
`;

export const ROTATE = `
Has other keys sign: they are announced now and become active as soon as everybody who verifies knows them
(KEY_ANNOUNCE_SECONDS); the present ones retire then. Without --alg, of every signing algorithm. Running instances
follow by themselves. Doing it twice does no harm.

  --alg ALG   of this algorithm only: RS256, ES256, EdDSA, HMAC (cookies)
  --cookie    the key of cookies, the same as --alg HMAC; people stay logged in
  --now       active now. Apps that remember our keys, and do not look again when they meet one they do not know,
              reject new ID tokens until they look (an hour at most)
  --yes       with --now: do not ask
  --json      print one JSON object

Examples:
  npm run cli -- key rotate
  npm run cli -- key rotate --cookie
  npm run cli -- key rotate --alg ES256 --now --yes
`;

export const RETIRE = `
Ends what a key does, in peace: an active key retires if an announced one can take over without anybody noticing; an
announced key is withdrawn. Where that is not so, it says what to do instead. For a key that has leaked: key revoke.

Examples:
  npm run cli -- key retire 7dYq3mJ0wKcO1Qm5oQ0m0cGv3m1l9x2o4f5a6b7c8d9
`;

export const REVOKE = `
Emergency: a key is known to somebody else. It is gone from JWKS and from use at once, on every instance; where it
signed, another key does: the announced one, else a new one. What it signed no longer verifies: apps reject ID tokens
of the last hour and log in again; after a cookie key, people log in again.

  --yes       do not ask
  --json      print one JSON object

Examples:
  npm run cli -- key revoke 7dYq3mJ0wKcO1Qm5oQ0m0cGv3m1l9x2o4f5a6b7c8d9
`;

export const RESEAL = `
Seals everything that is sealed anew under the present KEY_ENCRYPTION_KEY. Afterwards earlier ones
(KEY_ENCRYPTION_KEY_PREVIOUS) are not needed any more. Safe to run again, also after it was interrupted.

  --new-key   where the key-encryption key is kept in DATA_DIR (KEY_ENCRYPTION_KEY is not set): make a new one first.
              A running server picks it up
  --json      print one JSON object

Examples:
  npm run cli -- key reseal
  npm run cli -- key reseal --new-key
`;
