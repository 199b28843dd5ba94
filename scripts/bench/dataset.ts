// The clients and users of the benchmark: the same for the bare library and for our service.
import bcrypt from 'bcryptjs';
import type { Services } from '../../src/app.js';
import { clientInputSchema } from '../../src/clients/input.js';
import type { UserRecord } from '../../src/store/ports/index.js';

export const REDIRECT_URI = 'https://rp.example/callback';
export const SCOPE = 'openid profile email';
export const PASSWORD = 'a password for benchmarks only';

export const WEB_CLIENT = {
  client_id: 'bench-web',
  client_name: 'Bench Web App',
  client_secret: 'a-secret-for-benchmarks-only-0000001',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: `${SCOPE} offline_access`,
  token_endpoint_auth_method: 'client_secret_basic',
} as const;

export const SERVICE_CLIENT = {
  client_id: 'bench-service',
  client_name: 'Bench Service',
  client_secret: 'a-secret-for-benchmarks-only-0000002',
  redirect_uris: [],
  grant_types: ['client_credentials'],
  response_types: [],
  token_endpoint_auth_method: 'client_secret_basic',
} as const;

/** bcrypt cost of the passwords that `first-login` is measured with: the product's own. */
const FULL_COST = 10;
/** The least that bcrypt knows: what is left of a login is nearly all ours. */
const LIGHT_COST = 4;

function userAt(index: number, firstDigit: string): UserRecord {
  const id = `${firstDigit}${String(index).padStart(7, '0')}`;
  return {
    id,
    name: '张三',
    email: `user-${id}@example.com`,
    phone: `+86138${id}`,
    isVerified: true,
    isActive: true,
    avatar: `https://cdn.example/avatars/${id}.jpg`,
    languagePreference: 'zh_CN',
    updatedAt: new Date('2026-01-02T03:04:05Z'),
  };
}

/** Users whose password is hashed lightly: they log in before anything is measured. */
export function lightUsers(count: number): UserRecord[] {
  return Array.from({ length: count }, (_, index) => userAt(index, '1'));
}

/** Users whose password is hashed as the product does. */
export function fullUsers(count: number): UserRecord[] {
  return Array.from({ length: count }, (_, index) => userAt(index, '2'));
}

/** Writes clients and users as an operator would. */
export async function seed(
  { clients, stores }: Pick<Services, 'clients' | 'stores'>,
  { users, withServiceClient }: { users: number; withServiceClient: boolean },
): Promise<void> {
  for (const client of withServiceClient ? [WEB_CLIENT, SERVICE_CLIENT] : [WEB_CLIENT]) {
    await clients.apply(clientInputSchema.parse(client), 'operator:bench');
  }
  const light = await bcrypt.hash(PASSWORD, LIGHT_COST);
  const full = await bcrypt.hash(PASSWORD, FULL_COST);
  for (const user of lightUsers(users)) await stores.users.save({ ...user, hashedPassword: light });
  for (const user of fullUsers(users)) await stores.users.save({ ...user, hashedPassword: full });
}
