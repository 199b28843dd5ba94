// Owns: the only access to process.env.
import { existsSync } from 'node:fs';

/** The environment of this process; what a `.env` file in the working folder adds does not override it. */
export function processEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
