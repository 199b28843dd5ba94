// Around a whole run in the browser: old pictures go, and the reader is told where the new ones are.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { SCREENSHOTS } from './examine.js';

export const mochaHooks = {
  beforeAll() {
    rmSync(SCREENSHOTS, { recursive: true, force: true });
    mkdirSync(SCREENSHOTS, { recursive: true });
  },
  afterAll() {
    console.log(`\n  ${readdirSync(SCREENSHOTS).length} screenshots in ${SCREENSHOTS}`);
  },
};
