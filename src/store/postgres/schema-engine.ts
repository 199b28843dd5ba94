// Owns: Prisma's schema engine (the WebAssembly build, so that nothing is downloaded): applying and
// comparing migrations. Does not: run on a normal start, only when migrations are pending.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg, { type PoolConfig, type QueryArrayResult } from 'pg';
import { randomToken } from '../../lib/ids.js';
import { projectPath } from '../../lib/paths.js';
import { migrationNames } from './migration-names.js';

/** The tables of the site: they exist, but no migration of ours touches them. */
const FILTERS = { externalTables: ['public.users'], externalEnums: [] };

interface MigrationList {
  baseDir: string;
  lockfile: { path: string; content: string | null };
  shadowDbInitScript: string;
  migrationDirectories: {
    path: string;
    migrationFile: { path: string; content: { tag: 'ok'; value: string } };
  }[];
}

interface Engine {
  applyMigrations(input: object): Promise<{ appliedMigrationNames: string[] }>;
  diff(input: object): Promise<{ exitCode: number; stdout: string | null }>;
  free(): void;
}

interface EngineModule {
  SchemaEngine: { new: (options: object, log: (line: string) => void, adapter: object) => Promise<Engine> };
  __wbg_set_wasm(exports: object): void;
}

/** The part of WebAssembly used here; its types come only with the DOM's, which this code must not see. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(bytes: Buffer, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
  };
};

/** Loads the engine by hand: Node 20 cannot import WebAssembly as a module. */
async function loadEngineModule(): Promise<EngineModule> {
  const main = new URL(import.meta.resolve('@prisma/schema-engine-wasm'));
  // A copy of its own each time: the module keeps the memory of the engine it was first bound to.
  const copy = `schema_engine_bg.js?${randomToken(8)}`;
  const module = (await import(new URL(copy, main).href)) as EngineModule;
  const bytes = await readFile(new URL('schema_engine_bg.wasm', main));
  const { instance } = await webAssembly.instantiate(bytes, { './schema_engine_bg.js': module });
  module.__wbg_set_wasm(instance.exports);
  // The engine reports a panic through this global before it traps; without it only the trap is seen.
  (globalThis as { PRISMA_WASM_PANIC_REGISTRY?: object }).PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message(message: string) {
      throw new Error(`the schema engine failed: ${message}`);
    },
  };
  (instance.exports.__wbindgen_start as () => void)();
  return module;
}

async function readMigrations(): Promise<MigrationList> {
  const baseDir = projectPath('prisma', 'migrations');
  const names = await migrationNames();
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: await readFile(projectPath('prisma', 'users.sql'), 'utf8'),
    migrationDirectories: await Promise.all(
      names.map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(join(baseDir, path, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}

const OID_CHAR = 18;
const OID_BYTEA = 17;

/**
 * The engine reads system catalogues, whose "char" columns the adapter does not know, and wants them as
 * characters, which the adapter never says. So they pass through it as bytes, which no catalogue query
 * returns, and are called characters behind it.
 */
class CatalogueClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's overloads cannot be restated; arguments pass through
  override query(...args: any[]): any {
    const asBytes = (answer?: QueryArrayResult) => {
      for (const field of answer?.fields ?? [])
        if (field.dataTypeID === OID_CHAR) field.dataTypeID = OID_BYTEA;
      return answer;
    };
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      args[args.length - 1] = (error: unknown, answer: QueryArrayResult) => callback(error, asBytes(answer));
    }
    const result = (super.query as (...all: unknown[]) => unknown).apply(this, args);
    return result instanceof Promise ? result.then(asBytes) : result;
  }
}

function createPool(connection: PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    max: 2,
    connectionTimeoutMillis: 5_000,
    ...connection,
    Client: CatalogueClient,
  });
  // An idle connection that breaks is replaced at the next query; unheard, it would end the process.
  pool.on('error', () => {});
  return pool;
}

function createFactory(pool: pg.Pool): PrismaPg {
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const { columnTypes, ...rest } = await queryRaw(query);
      const characters = columnTypes.map((type) =>
        type === ColumnTypeEnum.Bytes ? ColumnTypeEnum.Character : type,
      );
      return { ...rest, columnTypes: characters };
    };
    // The adapter would cut a script at every semicolon, also within the body of a function, and commit each
    // piece. Whole, it is one implicit transaction: a migration is applied or it is not.
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    return adapter;
  };
  return factory;
}

export interface SchemaEngine {
  /** Applies what is pending; returns the names applied. */
  applyMigrations(): Promise<string[]>;
  /** SQL that turns what the migrations make into what schema.prisma says; undefined when they agree. */
  diffMigrationsToSchema(): Promise<string | undefined>;
  close(): Promise<void>;
}

const NO_CHANGE = /^\s*(--[^\n]*\s*)*$/;

/**
 * Opens the engine on a database.
 * @param shadow an empty scratch database, needed for diffMigrationsToSchema only
 */
export async function openSchemaEngine(connection: PoolConfig, shadow?: PoolConfig): Promise<SchemaEngine> {
  const { SchemaEngine } = await loadEngineModule();
  const pools = [connection, shadow].map((config) => config && createPool(config));
  const [main, scratch] = pools;
  const factory = createFactory(main as pg.Pool);
  if (scratch) factory.connectToShadowDb = () => createFactory(scratch).connect();
  const schemaPath = projectPath('prisma', 'schema.prisma');
  const schema = await readFile(schemaPath, 'utf8');
  const files = [{ path: schemaPath, content: schema }];
  const engine = await SchemaEngine.new(
    { datamodels: [[schemaPath, schema]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );

  async function diff(from: object): Promise<string | undefined> {
    const { stdout } = await engine.diff({
      from,
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      shadowDatabaseUrl: null,
      filters: FILTERS,
    });
    return !stdout || NO_CHANGE.test(stdout) ? undefined : stdout;
  }

  return {
    async applyMigrations() {
      const input = { migrationsList: await readMigrations(), filters: FILTERS };
      return (await engine.applyMigrations(input)).appliedMigrationNames;
    },
    diffMigrationsToSchema: async () => diff({ tag: 'migrations', ...(await readMigrations()) }),
    async close() {
      engine.free();
      await Promise.all(pools.map((pool) => pool?.end()));
    },
  };
}
