// Owns: the demo's user and clients. Loaded only when they have to be written.
import type { Services } from '../src/app.js';
import { clientInputSchema } from '../src/clients/input.js';
import { DEMO_USER, demoClients } from './demo-data.js';

const ACTOR = 'operator:demo';

/** The demo's user and clients, as `seed` would write them. */
export async function seedDemo(
  { clients, stores, hasher, clock }: Services,
  password: string,
  clientSecret: string,
) {
  const hashedPassword = await hasher.hash(password);
  await stores.users.save({ ...DEMO_USER, hashedPassword, updatedAt: clock.now() });
  for (const client of demoClients(clientSecret)) await clients.apply(clientInputSchema.parse(client), ACTOR);
}
