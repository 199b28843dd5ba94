// Owns: which stores the service works with: those it was given, those being opened, or its own.
import type { Config } from '../config/load.js';
import type { Lifecycle } from '../lib/lifecycle.js';
import { openStores } from '../store/open.js';
import type { Stores } from '../store/ports/index.js';
import type { Overrides } from './types.js';

/** Whatever fails from here on: stores that are opened for the service are closed when it ends. */
export async function storesFor(
  config: Config,
  { stores, opening }: Pick<Overrides, 'stores' | 'opening'>,
  lifecycle: Lifecycle,
  onFatal: (error: unknown) => void,
): Promise<Stores> {
  if (opening)
    lifecycle.onClose(() =>
      opening.then(
        (opened) => opened.close(),
        () => {},
      ),
    );
  return stores ?? (await opening) ?? lifecycle.add(await openStores(config, { onFatal }));
}
