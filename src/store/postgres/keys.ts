// Owns: oauth_signing_key.
import type { JsonObject, KeyStore, SigningKeyRecord } from '../ports/index.js';
import type { Database } from './database.js';
import { statement } from './statement.js';

/** Any number that nothing else in this database locks: 'l2uk'. */
const KEYS_LOCK = 0x6c32756b;

interface SigningKeyRow {
  kid: string;
  alg: string;
  state: SigningKeyRecord['state'];
  public_jwk: JsonObject;
  private_sealed: string;
  created_at: Date;
  activated_at: Date | null;
  retired_at: Date | null;
}

const LIST = statement(
  'signing_key_list',
  `SELECT kid, alg, state, public_jwk, private_sealed, created_at, activated_at, retired_at
   FROM oauth_signing_key ORDER BY created_at`,
);
const LOCK = statement('signing_key_lock', 'SELECT pg_advisory_xact_lock($1)');
const INSERT = statement(
  'signing_key_insert',
  `INSERT INTO oauth_signing_key (kid, alg, state, public_jwk, private_sealed, created_at, activated_at, retired_at)
   VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8)`,
);

function toRecord(row: SigningKeyRow): SigningKeyRecord {
  return {
    kid: row.kid,
    alg: row.alg,
    state: row.state,
    publicJwk: row.public_jwk,
    privateSealed: row.private_sealed,
    createdAt: row.created_at,
    activatedAt: row.activated_at ?? undefined,
    retiredAt: row.retired_at ?? undefined,
  };
}

export function createKeyStore(database: Database): KeyStore {
  const list = async () => (await database.read<SigningKeyRow>(LIST, [])).map(toRecord);
  return {
    list,

    async initialize(make) {
      const kept = await list();
      if (kept.length > 0) return kept;
      // Made outside the transaction: an RSA key takes long. Whoever locks first wins, the rest take theirs.
      const made = await make();
      return database.transaction(async (run) => {
        await run(LOCK, [KEYS_LOCK]);
        const present = await run<SigningKeyRow>(LIST, []);
        if (present.count > 0) return present.rows.map(toRecord);
        for (const key of made) {
          await run(INSERT, [
            key.kid,
            key.alg,
            key.state,
            JSON.stringify(key.publicJwk),
            key.privateSealed,
            key.createdAt,
            key.activatedAt,
            key.retiredAt,
          ]);
        }
        return (await run<SigningKeyRow>(LIST, [])).rows.map(toRecord);
      });
    },
  };
}
