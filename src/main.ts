// Owns: the life of the process: configuration, listening, signals.
import { processEnvironment } from './config/environment.js';
import { loadConfig } from './config/load.js';
import { describeFailure } from './lib/failure-text.js';
import { startServices } from './start.js';

try {
  const services = await startServices(loadConfig(processEnvironment()));
  const { runService } = await import('./http/listen.js');
  if (!(await runService(services))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
