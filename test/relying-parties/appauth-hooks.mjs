// AppAuth is published for bundlers: its modules import one another without file names. This does what a bundler does.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export async function resolve(specifier, context, next) {
  if (!specifier.startsWith('.') || !context.parentURL?.includes('/@openid/appauth/'))
    return next(specifier, context);
  const path = fileURLToPath(new URL(specifier, context.parentURL));
  const suffix =
    ['', '.js', '/index.js'].find((ending) => ending !== '' && existsSync(`${path}${ending}`)) ?? '';
  return next(`${specifier}${suffix}`, context);
}
