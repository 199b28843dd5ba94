// The Chromium that is installed on this machine.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const DEBIAN_PATH = '/usr/bin/chromium';

/** Where the browser is: CHROMIUM_PATH, or Debian's. Tests that need one fail without it. */
function chromiumPath(): string {
  const path = process.env.CHROMIUM_PATH || DEBIAN_PATH;
  if (!existsSync(path)) {
    throw new Error(`no browser at ${path}: install the package chromium, or set CHROMIUM_PATH to one`);
  }
  return path;
}

/** A browser without any profile; visitors have one each. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath() });
}

/** A browser with its profile in `folder`, as people have one: its settings are read from there. */
export async function openProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath: chromiumPath(), locale: 'en-US' });
}
