// The variables that a configuration is refused for.
import { loadConfig } from '../../src/config/load.js';
import { ConfigError } from '../../src/lib/errors.js';

/** Their names, in the order of the problems; none when the service would start. */
export function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ field }) => field);
    throw error;
  }
  return [];
}
