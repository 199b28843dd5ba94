// Owns: the doctor's look at what data is kept in: database, Redis, clocks, and the keys that are sealed there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keyEncryptionSource } from '../../app/secrets.js';
import { auditKeyContext } from '../../audit/keys.js';
import type { Config } from '../../config/load.js';
import { openKeySet } from '../../keys/signing-keys.js';
import type { Clock } from '../../lib/clock.js';
import { describeFailure } from '../../lib/failure-text.js';
import { createKeyEncryption } from '../../lib/key-encryption.js';
import { subjectKeyContext } from '../../users/subjects.js';
import { type Finding, failed, ok, shown, warning } from '../findings/finding.js';

/** Below this nobody is wronged; above the second, records of one instance expire too early for another. */
const SKEW_MS = { small: 2_000, large: 60_000 };
const OLDEST_POSTGRES = 14;

const firstLine = (error: unknown) => shown(describeFailure(error).split('\n')[0] ?? '');

function examineClock(ahead: number): Finding {
  const apart = Math.abs(ahead);
  if (apart <= SKEW_MS.small) return ok('clock', "agrees with the database's");
  const message = `the database's clock is ${Math.round(apart / 1000)} s ${ahead > 0 ? 'ahead' : 'behind'}`;
  const advice = 'set both clocks by NTP';
  return apart > SKEW_MS.large ? failed('clock', message, advice) : warning('clock', message, advice);
}

/** Findings, and whether the stores can be opened. */
async function examineDatabase(
  config: Config,
  clock: Clock,
): Promise<{ findings: Finding[]; isReady: boolean }> {
  const isEmbedded = config.databaseUrl === undefined;
  if (isEmbedded && !existsSync(join(config.dataDir, 'pg'))) {
    const advice = 'the first start of the server makes it';
    return { findings: [warning('database', 'there is no embedded database yet', advice)], isReady: false };
  }
  const [{ openConnection }, { examineDatabase: examine }] = await Promise.all([
    import('../../store/open.js'),
    import('../../store/postgres/examine.js'),
  ]);
  const { connection, isShared, close } = await openConnection(config);
  try {
    const before = clock.now().getTime();
    const { version, major, pending, usersProblem, now } = await examine(connection);
    const asked = (before + clock.now().getTime()) / 2;
    const where = isEmbedded ? `embedded PostgreSQL ${version}` : `PostgreSQL ${shown(version)}`;
    const findings = [
      major < OLDEST_POSTGRES
        ? failed('database', `${where} is too old`, `use PostgreSQL ${OLDEST_POSTGRES} or later`)
        : ok('database', `${where}${isShared ? ', in use by a server' : ''}`),
      pending.length > 0
        ? failed(
            'migrations',
            `${pending.length} are pending`,
            'start the server once, or: npm run db:deploy',
          )
        : ok('migrations', 'are all applied'),
      ...(usersProblem === undefined || pending.length > 0
        ? []
        : [failed('users-table', shown(usersProblem.replaceAll('\n', ' ')), 'see prisma/users.sql')]),
      examineClock(now.getTime() - asked),
    ];
    return { findings, isReady: pending.length === 0 };
  } finally {
    await close();
  }
}

async function examineRedis(redisUrl: string | undefined): Promise<Finding[]> {
  if (redisUrl === undefined) return [];
  try {
    const { examineRedis: examine } = await import('../../store/redis/examine.js');
    const { version, evictionPolicy } = await examine(redisUrl);
    const found = ok('redis', `Redis ${shown(version)}`);
    if (evictionPolicy === undefined || evictionPolicy === 'noeviction') return [found];
    const advice = 'set maxmemory-policy to noeviction';
    return [
      found,
      warning('redis', `throws away what is needed when it is full (${shown(evictionPolicy)})`, advice),
    ];
  } catch (error) {
    return [failed('redis', firstLine(error), 'see REDIS_URL')];
  }
}

/** Whether the keys in the database open; and their ids, for whoever compares them with what is served. */
async function examineKeys(config: Config): Promise<{ findings: Finding[]; kids: string[] }> {
  const { openStores } = await import('../../store/open.js');
  const stores = await openStores(config, { shareRunning: true, readOnly: true });
  try {
    const records = await stores.keys.list();
    if (records.length === 0) {
      const advice = 'the first start of the server makes them';
      return { findings: [warning('keys', 'there are none yet', advice)], kids: [] };
    }
    // Asking for the key-encryption key where there is none would make one, which opens nothing.
    const isGiven = config.keys.keyEncryptionKey !== undefined;
    if (!isGiven && !existsSync(join(config.dataDir, 'key-encryption-key'))) {
      const advice = 'restore the file, or set KEY_ENCRYPTION_KEY';
      return {
        findings: [failed('keys', 'the file key-encryption-key is missing in DATA_DIR', advice)],
        kids: [],
      };
    }
    const encryption = createKeyEncryption(keyEncryptionSource(config));
    const { signing } = await openKeySet(records, encryption, config.keys.cookieKeys);
    // Without it nothing is verified, and nobody can be forgotten.
    for (const { kid, sealed } of await stores.auditKeys.list())
      await encryption.open(sealed, auditKeyContext(kid));
    // Without it apps with pairwise subjects know nobody.
    for (const { kid, sealed } of await stores.subjectKeys.list())
      await encryption.open(sealed, subjectKeyContext(kid));
    const kids = signing.flatMap(({ kid }) => kid ?? []);
    return { findings: [ok('keys', `${kids.length} signing keys open`)], kids };
  } catch (error) {
    const advice = 'docs/operations.md tells where the key-encryption key comes from';
    return { findings: [failed('keys', firstLine(error), advice)], kids: [] };
  } finally {
    await stores.close();
  }
}

/** One after the other: the embedded database is opened by one of them at a time. */
export async function examineStores(config: Config, clock: Clock) {
  const redis = await examineRedis(config.redisUrl);
  try {
    const { findings, isReady } = await examineDatabase(config, clock);
    const isRedisFine = redis.every(({ status }) => status !== 'failed');
    const keys = isReady && isRedisFine ? await examineKeys(config) : { findings: [], kids: [] };
    return { findings: [...findings, ...redis, ...keys.findings], kids: keys.kids };
  } catch (error) {
    const advice = config.databaseUrl === undefined ? 'see DATA_DIR' : 'see DATABASE_URL';
    return { findings: [failed('database', firstLine(error), advice), ...redis], kids: [] };
  }
}
