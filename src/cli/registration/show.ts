// Owns: registrations and their tokens in words for a person.
import type { RegistrationTokenView, RegistrationView } from '../../clients/registration/index.js';
import { formatFields, formatTable, showDate } from '../output.js';

const date = (text: string | undefined) => showDate(text === undefined ? undefined : new Date(text));

export function describeToken(token: RegistrationTokenView): string {
  return formatFields({
    id: token.id,
    label: token.label,
    policy: token.policy,
    uses: `${token.uses_left} of ${token.uses} left`,
    created_at: date(token.created_at),
    expires_at: date(token.expires_at),
  });
}

export function describeTokens(tokens: readonly RegistrationTokenView[]): string {
  const rows = tokens.map((token) => [
    token.id,
    token.label,
    token.policy,
    `${token.uses_left}/${token.uses}`,
    date(token.created_at),
    date(token.expires_at),
  ]);
  return formatTable(['ID', 'LABEL', 'POLICY', 'LEFT', 'MADE', 'EXPIRES'], rows, 'no registration tokens');
}

export function describeRegistrations(items: readonly RegistrationView[]): string {
  const rows = items.map((one) => [
    one.client_id,
    one.policy,
    one.registration_token,
    date(one.registered_at),
    one.is_manageable
      ? one.manageable_until === undefined
        ? 'yes'
        : `until ${date(one.manageable_until)}`
      : 'no',
  ]);
  return formatTable(
    ['CLIENT', 'POLICY', 'BY TOKEN', 'REGISTERED', 'CHANGES ITSELF'],
    rows,
    'no client has registered itself',
  );
}
