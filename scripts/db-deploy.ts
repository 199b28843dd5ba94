// npm run db:deploy [-- --create-users]: applies pending migrations to DATABASE_URL or the embedded database.
import { parseArgs } from 'node:util';
import { processEnvironment } from '../src/config/environment.js';
import { loadConfig } from '../src/config/load.js';
import { AppError } from '../src/lib/errors.js';
import { describeFailure } from '../src/lib/failure-text.js';
import { openConnection } from '../src/store/open.js';
import { migrate } from '../src/store/postgres/migrate.js';

const USAGE = `npm run db:deploy [-- --create-users]

Applies pending migrations to DATABASE_URL, or to the embedded database in DATA_DIR.
  --create-users  make a "users" table of the expected shape if there is none
`;

try {
  const { values } = parseArgs({
    options: { 'create-users': { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
  } else {
    const config = loadConfig(processEnvironment());
    const { connection, isEmbedded, isShared, close } = await openConnection(config);
    try {
      // PGlite has one session: the lock that keeps two migrators apart keeps nobody out there.
      if (isShared)
        throw new AppError(
          'database_in_use',
          500,
          'a server has the embedded database open; it applies migrations itself when it starts',
        );
      const applied = await migrate(connection, {
        createUsers: isEmbedded || values['create-users'] === true,
      });
      process.stdout.write(applied.length > 0 ? `applied: ${applied.join(', ')}\n` : 'nothing to apply\n');
    } finally {
      await close();
    }
  }
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
