// An API whose apps ask for authorization details (RFC 9396), and an app that does.
import { Agent } from './agent.js';
import { authorizeUrl, exchangeCode, SECRET, type TestApp } from './app.js';
import { register } from './relying-party.js';
import { OPERATOR } from './resource-server.js';
import { answerParams, type Manners, type Walk, walk } from './walk.js';

export const BANK = 'https://bank.example/api';
export const POST_OFFICE = 'https://post.example/api';
export const PAYER = { client_id: 'payer', client_secret: SECRET };
export const BANK_API = { client_id: 'bank-api', client_secret: SECRET };

export const PAYMENT_TYPE = {
  type: 'payment_initiation',
  description: {
    en: 'Pay {amount.value} {amount.currency} to {creditor}',
    zh: '向 {creditor} 支付 {amount.value} {amount.currency}',
  },
  members: [
    {
      name: 'amount',
      kind: 'object' as const,
      members: [
        { name: 'value', kind: 'text' as const },
        { name: 'currency', kind: 'text' as const, values: ['EUR', 'CNY'] },
      ],
    },
    { name: 'creditor', kind: 'text' as const },
    { name: 'reference', kind: 'text' as const, is_required: false, label: { en: 'Reference', zh: '备注' } },
    { name: 'actions', kind: 'list' as const, values: ['initiate', 'status'], is_required: false },
    { name: 'urgent', kind: 'boolean' as const, is_required: false },
    { name: 'tries', kind: 'number' as const, is_required: false },
  ],
};

export const PAYMENT = {
  type: 'payment_initiation',
  amount: { value: '123.50', currency: 'EUR' },
  creditor: 'Tea Shop',
};

/** Registers the bank, another API with a type without members, and the app. */
export async function seedBank(app: TestApp): Promise<void> {
  await register(app, { ...BANK_API, redirect_uris: [], grant_types: ['client_credentials'] });
  const { resourceServers } = app.services;
  const bank = {
    identifier: BANK,
    name: 'Bank',
    scopes: [{ name: 'bank.use' }],
    client_id: BANK_API.client_id,
    authorization_details_types: [PAYMENT_TYPE],
  };
  await resourceServers.create(bank, OPERATOR);
  const post = {
    identifier: POST_OFFICE,
    name: 'Post',
    scopes: [{ name: 'post.use' }],
    authorization_details_types: [{ type: 'letter' }],
  };
  await resourceServers.create(post, OPERATOR);
  await register(app, {
    ...PAYER,
    scope: 'openid offline_access bank.use post.use',
    authorization_details_types: ['payment_initiation', 'letter'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
}

/** The parameters of a request for these details. */
export const asking = (details: unknown, more: Record<string, string> = {}): Record<string, string> => ({
  client_id: PAYER.client_id,
  scope: 'openid',
  resource: BANK,
  authorization_details: JSON.stringify(details),
  ...more,
});

/** A person goes through a request for these details. */
export function askFor(
  app: TestApp,
  details: unknown,
  {
    agent = new Agent(),
    more = {},
    manners = {},
  }: { agent?: Agent; more?: Record<string, string>; manners?: Manners } = {},
): Promise<Walk> {
  return walk(agent, app.issuer, authorizeUrl(app.issuer, asking(details, more)), manners);
}

/** The token response for what a person has just allowed. */
export async function redeem(app: TestApp, done: Walk, more: Record<string, string> = {}) {
  const { code = '' } = answerParams(done);
  const { status, body } = await exchangeCode(app.issuer, code, { ...PAYER, resource: BANK, ...more });
  return { status, body: body as Record<string, unknown> & Record<string, string> };
}
