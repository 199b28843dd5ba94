// Owns: the JSON body of a request: how large, in which form, what may stand in it.
import type { IncomingMessage } from 'node:http';
import { BadRequestError } from '../../lib/errors.js';
import { isSafeValue } from '../../lib/text.js';
import { MAX_BODY_BYTES, readBytes } from '../middleware/read-body.js';
import { AdminError } from './problem.js';

const JSON_TYPE = /^application\/json\s*(;|$)/i;
const MERGE_PATCH_TYPE = /^application\/merge-patch\+json\s*(;|$)/i;
const OTHER_CHARSET = /;\s*charset\s*=\s*(?!(utf-8|"utf-8")\s*(;|$))\S/i;

function tooLarge(): AdminError {
  const description = `the request body is larger than ${MAX_BODY_BYTES} bytes`;
  // What was not read of the body is still on its way.
  return new AdminError('content_too_large', 413, description, { headers: { Connection: 'close' } });
}

function assertJsonType({ headers }: IncomingMessage, isPatch: boolean): void {
  const type = headers['content-type'] ?? '';
  const isJson = JSON_TYPE.test(type) || (isPatch && MERGE_PATCH_TYPE.test(type));
  const coding = headers['content-encoding'] ?? 'identity';
  if (isJson && !OTHER_CHARSET.test(type) && coding.toLowerCase() === 'identity') return;
  const wanted = isPatch ? 'application/merge-patch+json or application/json' : 'application/json';
  throw new AdminError('unsupported_media_type', 415, `the body must be ${wanted}, UTF-8, uncompressed`, {
    headers: { Accept: wanted },
  });
}

/**
 * The parsed body; undefined when there is none.
 * @throws AdminError with status 413 or 415; BadRequestError when it is no JSON, or holds what may not be stored
 */
export async function readJson(req: IncomingMessage, { isPatch }: { isPatch: boolean }): Promise<unknown> {
  const bytes = await readBytes(req, tooLarge);
  if (bytes.length === 0) return undefined;
  assertJsonType(req, isPatch);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The parser's message quotes the text, which may hold a secret.
    throw new BadRequestError('the body is not valid JSON in UTF-8');
  }
  if (!isSafeValue(value)) {
    throw new BadRequestError('the body is nested too deeply, or holds characters that are not allowed');
  }
  return value;
}
