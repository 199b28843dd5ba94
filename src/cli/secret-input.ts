// Owns: secrets from standard input. They never come from the command line: every user of the machine sees it.
import { UsageError } from './command.js';

const MAX_LENGTH = 16_384;

/**
 * The one line on standard input, without white space around it.
 * @param what names it in errors, e.g. `cookie`
 * @throws UsageError when there is nothing, or more than one word of printable ASCII
 */
export async function readSecret(stdin: AsyncIterable<Buffer | string>, what: string): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += chunk.toString();
    if (text.length > MAX_LENGTH) throw new UsageError(`the ${what} on standard input is too long`);
  }
  const secret = text.trim();
  if (secret === '') throw new UsageError(`there is no ${what} on standard input`);
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new UsageError(`the ${what} on standard input must be one word of printable ASCII`);
  }
  return secret;
}
