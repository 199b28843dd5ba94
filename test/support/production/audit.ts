// An audit trail on a PostgreSQL of its own, some blocks long, and the owner of the database who tampers with it.
import pg from 'pg';
import { createServices, type Services } from '../../../src/app.js';
import { loadConfig } from '../../../src/config/load.js';
import type { AuditEventRecord } from '../../../src/store/ports/index.js';
import { runInProcess } from '../cli.js';
import { type Backend, MODES, openBackend } from './backends.js';

export const MINUTE = 60_000;
export const DAY = 86_400_000;

export const AUDIT_SECRETS = {
  KEY_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, n) => n * 5 + 1)).toString('base64url'),
  COOKIE_KEYS: 'cookie-key-of-the-audit-trail-tests-0123456789',
};

export interface Finding {
  kind: string;
  event_id?: number;
  block?: number;
  message: string;
}

export interface Verified {
  code: number | null;
  ok: boolean;
  events: number;
  pruned: number;
  blocks: number;
  head: { seq: number; hash: string } | null;
  problems: Finding[];
}

export interface TrailRig {
  backend: Backend;
  env: Record<string, string>;
  /** Services whose clock is `ms` behind. */
  open(ms: number, env?: Record<string, string>): Promise<Services>;
  /** Appends events and puts them into a block. */
  seal(services: Services, ...events: Partial<AuditEventRecord>[]): Promise<void>;
  /** What the owner of the tables can do: disable the triggers, and then anything. */
  tamper(...statements: string[]): Promise<void>;
  /** `audit verify --json`, as an operator runs it. */
  verify(...args: string[]): Promise<Verified>;
  close(): Promise<void>;
}

export async function openTrail(): Promise<TrailRig> {
  const [mode] = MODES;
  if (!mode) throw new Error('there is no mode');
  const backend = await openBackend(mode);
  const env = { ...backend.env, ...AUDIT_SECRETS, LOG_LEVEL: 'silent' };
  const opened: Services[] = [];
  const rig: TrailRig = {
    backend,
    env,
    async open(ms, more = {}) {
      const clock = { now: () => new Date(Date.now() - ms) };
      const services = await createServices(loadConfig({ ...env, ...more }), { clock });
      // What the first start wrote down, of the keys it made, is not what these tests are about.
      if (opened.length === 0) {
        await rig.tamper(
          `DELETE FROM oauth_audit_event WHERE type LIKE 'key.%'`,
          `SELECT setval(pg_get_serial_sequence('oauth_audit_event', 'id'),
             coalesce((SELECT max(id) FROM oauth_audit_event), 0) + 1, false)`,
        );
      }
      opened.push(services);
      return services;
    },
    async seal({ stores, auditTrail, clock }, ...events) {
      await stores.audit.append(
        events.map((event) => ({ at: clock.now(), type: 'test', actor: 'system', ...event })),
      );
      await auditTrail.seal();
    },
    async tamper(...statements) {
      const tables = ['oauth_audit_event', 'oauth_audit_block'];
      const owner = new pg.Client({ connectionString: backend.env.DATABASE_URL });
      await owner.connect();
      for (const table of tables) await owner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
      for (const statement of statements) await owner.query(statement);
      for (const table of tables) await owner.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
      await owner.end();
    },
    async verify(...args) {
      const { code, stdout } = await runInProcess(['audit', 'verify', '--json', ...args], { env });
      const answer = JSON.parse(stdout);
      if (typeof answer.ok !== 'boolean') throw new Error(`it could not verify: ${stdout}`);
      return { code, ...answer };
    },
    async close() {
      for (const services of opened) await services.close();
      await backend.close();
    },
  };
  return rig;
}
