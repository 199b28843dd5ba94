// The basic plan with static_client: §1.1 of the notes, without the modules that need registration.
import { requestModules } from './basic-requests.js';
import { tokenModules } from './basic-tokens.js';
import type { Modules } from './bench.js';

export const BASIC_COUNT = 35;

export const basicModules: Modules = { ...requestModules, ...tokenModules };
