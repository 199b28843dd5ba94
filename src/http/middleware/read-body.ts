// Owns: the bytes of a request's body, 64 KB at most. Does not: know what they mean.
import type { IncomingMessage } from 'node:http';
import { type AppError, BadRequestError } from '../../lib/errors.js';

export const MAX_BODY_BYTES = 64 * 1024;

/**
 * The body, whole.
 * @throws what `tooLarge` makes, status 413; BadRequestError when it breaks off
 */
export async function readBytes(req: IncomingMessage, tooLarge: () => AppError): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const brokenOff = (cause?: unknown) => new BadRequestError('the request body cannot be read', { cause });
  // Whoever left before anybody listened says no more.
  if (req.destroyed && !req.readableEnded) throw brokenOff();
  const chunks: Buffer[] = [];
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    const broken = (cause?: unknown) => {
      if (!req.readableEnded) reject(brokenOff(cause));
    };
    req.on('data', function take(chunk: Buffer) {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= MAX_BODY_BYTES) return;
      // The rest stays where it is, at the sender's expense.
      req.off('data', take).pause();
      reject(tooLarge());
    });
    req.once('end', resolve);
    req.once('error', broken);
    req.once('close', broken);
  });
  return Buffer.concat(chunks, length);
}
