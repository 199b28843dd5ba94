// Owns: logging answers that could not be written.
import type { Logger } from '../telemetry/logger.js';

/** What a client that hangs up, or breaks its own request, looks like: nothing of ours failed. */
const CLIENT_GONE = /^(HPE_|ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM)/;

/** For Koa's `error` event. */
export function reportBroken(logger: Logger, error: Error & { code?: string }): void {
  const isGone = CLIENT_GONE.test(error.code ?? '') || error.message === 'aborted';
  if (isGone) logger.debug({ code: error.code }, 'client hung up');
  else logger.error({ error }, 'answer could not be written');
}
