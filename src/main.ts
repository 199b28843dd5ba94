// Owns: the life of the process: configuration, listening, signals.
import { createServices } from './app.js';
import { processEnvironment } from './config/environment.js';
import { loadConfig } from './config/load.js';
import { runService } from './http/listen.js';
import { describeFailure } from './lib/failure-text.js';

try {
  const services = await createServices(loadConfig(processEnvironment()));
  if (!(await runService(services))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
