// Owns: `$VARIABLE` in place of a secret. Does not: read the environment itself.

/** A secret, or why there is none; never both. */
export type Resolved = { value: string } | { reason: string };

/**
 * What `text` stands for: `$NAME` is the environment variable NAME, `$$x` is the text `$x`, and anything
 * that does not begin with `$` is itself. A lone `$` is refused, so that a typing error in a variable's
 * name, or a pasted bcrypt hash, never becomes a password.
 */
export function resolveVariable(text: string, env: NodeJS.ProcessEnv): Resolved {
  if (!text.startsWith('$')) return { value: text };
  if (text.startsWith('$$')) return { value: text.slice(1) };
  const name = text.slice(1);
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return { reason: 'begins with $ but names no variable; write $$ for a $ that is meant' };
  }
  const value = env[name];
  return value ? { value } : { reason: `the environment variable ${name} is not set` };
}
