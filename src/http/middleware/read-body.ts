// Owns: the bytes of a request's body, 64 KB at most. Does not: know what they mean.
import type { IncomingMessage } from 'node:http';
import { AppError, BadRequestError } from '../../lib/errors.js';

export const MAX_BODY_BYTES = 64 * 1024;

/**
 * The body, whole.
 * @throws what `tooLarge` makes, status 413; BadRequestError when it breaks off
 */
export async function readBytes(req: IncomingMessage, tooLarge: () => AppError): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new BadRequestError('the request body cannot be read', { cause: error });
  }
  return Buffer.concat(chunks, length);
}
