// Owns: `client`: the apps that log in with Link²Ur.
import { deliveries, resend } from '../client/deliveries.js';
import { create, update } from '../client/edit.js';
import { list, showOne } from '../client/look.js';
import { rotateSecret, secrets } from '../client/secrets.js';
import { disable, enable, remove } from '../client/state.js';
import { test } from '../client/test.js';
import type { Noun } from '../command.js';

export const client: Noun = {
  name: 'client',
  summary: 'The apps that log in with Link²Ur (RFC 7591 calls them clients).',
  commands: [
    create,
    list,
    showOne,
    update,
    enable,
    disable,
    remove,
    rotateSecret,
    secrets,
    test,
    deliveries,
    resend,
  ],
};
