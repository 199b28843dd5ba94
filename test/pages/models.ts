// Realistic models of every page, and the same with hostile text wherever a relying party or user writes.
import type { PageModels } from '../../src/http/pages/models.js';

/** Markup, quotes, bidi override and isolate, zero-width, C0, C1, line separator, template syntax. */
export const HOSTILE =
  '"><script>alert(1)</script>\' onload=x <%= 1 %> \u202Egpj.\u2066a\u200B\u200E\u061C\u0007\u009B\u2028b&';

const form = { action: '/interaction/uid/step', csrf: 'csrf-token', hidden: { step: 'one' } };

/** A model of each page in which untrusted text is `text` and untrusted addresses are `url`. */
export function modelsWith(text: string, url: string): PageModels {
  const client = { name: text, uri: url, logoUri: url, policyUri: url, tosUri: url };
  const account = { name: text, detail: `${text}@example.com` };
  return {
    login: { form, cancel: form, client, loginHint: text, problem: 'invalid_credentials' },
    'select-account': { form, cancel: form, client, account },
    consent: {
      form,
      switchAccount: form,
      client,
      account,
      scopes: [
        { name: 'openid', granted: true },
        { name: 'profile', granted: false },
        { name: text, granted: false },
      ],
      claims: ['birthdate', text],
      details: [
        {
          en: {
            type: text,
            sentence: [
              { text: 'Pay ', isValue: false },
              { text, isValue: true },
            ],
            rest: [{ label: 'creditor', value: text }],
          },
          zh: { type: text, sentence: undefined, rest: [{ label: 'amount', value: text }] },
        },
      ],
      redirectUri: url,
    },
    error: {
      code: text,
      description: text,
      requestId: text,
      continueUrl: url,
      referenceUrl: '/oauth/errors',
    },
    handoff: { continueUrl: url, cancel: form, client },
    logout: { action: '/api/oauth/logout/confirm', xsrf: 'xsrf-token', client },
    'logged-out': { client, continueUrl: url },
    'form-post': {
      form: { action: 'https://rp.example/callback', hidden: { code: 'c', state: '"><script>' } },
      client,
    },
    device: { form, userCode: text, problem: 'wrong_code' },
    'device-confirm': {
      form,
      userCode: 'BCDF-GHJK',
      client,
      account,
      scopes: [
        { name: 'profile', granted: false },
        { name: text, granted: false },
      ],
      product: text,
      isElsewhere: true,
    },
    'device-done': { client, isApproved: true, appsUrl: '/account/apps', againUrl: '/device' },
    root: { discoveryUrl: 'https://id.example.com/.well-known/openid-configuration' },
    'error-reference': { discoveryUrl: 'https://id.example.com/.well-known/openid-configuration' },
    apps: {
      account,
      apps: [
        {
          clientId: text,
          client,
          scopes: [
            { name: 'profile', granted: true },
            { name: text, granted: true },
          ],
          claims: ['birthdate', text],
          since: new Date('2026-01-02T03:04:05Z'),
          lastUsed: new Date('2026-03-04T05:06:07Z'),
          openUrl: 'https://tea.example/login?iss=https%3A%2F%2Fop.example',
          revokeUrl: '/account/apps/app/revoke',
        },
      ],
      isRevoked: true,
      signOutUrl: '/api/oauth/logout',
    },
    'revoke-app': { form, cancelUrl: '/account/apps', account, client },
  };
}

export const MODELS = modelsWith('Campus Market', 'https://market.example.com/path');
