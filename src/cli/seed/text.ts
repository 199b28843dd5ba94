// Owns: the text of a file, or of standard input, that somebody wrote by hand. Does not: know what it means.
import { open } from 'node:fs/promises';
import { SeedFileError } from './problems.js';

const MAX_BYTES = 1024 * 1024;

/** What names standard input in place of a file. */
export const STDIN = '-';

const refuse = (name: string, reason: string, line = 1) =>
  new SeedFileError(name, [{ line, field: '', reason }]);

function decode(bytes: Buffer, name: string): string {
  if (bytes.length > MAX_BYTES) throw refuse(name, 'is larger than 1 MB');
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    throw refuse(name, 'holds a NUL character', bytes.subarray(0, nul).toString().split('\n').length);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse(name, 'is not UTF-8 text');
  }
}

/** The text of the file, if it can be one of ours. @throws SeedFileError */
async function readFileText(path: string): Promise<string> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw refuse(
      path,
      error.code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${error.code})`,
    );
  });
  try {
    if (!(await handle.stat()).isFile()) throw refuse(path, 'is not a file');
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return decode(buffer.subarray(0, bytesRead), path);
  } finally {
    await handle.close();
  }
}

async function readStreamText(stream: AsyncIterable<Buffer | string>, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > MAX_BYTES) break;
  }
  return decode(Buffer.concat(chunks), name);
}

/** A text, and how to call it in problems. */
export interface NamedText {
  name: string;
  text: string;
}

/** The text at `path`; of `stdin` when that is `-`. @throws SeedFileError when it can be none of ours */
export async function readText(path: string, stdin?: AsyncIterable<Buffer | string>): Promise<NamedText> {
  if (path !== STDIN || !stdin) return { name: path, text: await readFileText(path) };
  return { name: 'standard input', text: await readStreamText(stdin, 'standard input') };
}
