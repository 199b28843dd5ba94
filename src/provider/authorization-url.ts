// Owns: the address at which an authorization request begins anew.
import type { ClientStore, JsonObject } from '../store/ports/index.js';
import { ROUTES } from './routes.js';

/** The parameters that are plain strings. */
export function stringsOnly(params: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/**
 * Whether an interaction's request was pushed or signed by its client: then it is not for the browser to repeat, which
 * has never seen what it says.
 */
export function isPrivateRequest({ parJti, trusted }: JsonObject): boolean {
  return parJti !== undefined || (Array.isArray(trusted) && trusted.length > 0);
}

/** The authorization request with `params`, from the start. */
export function authorizationUrl(params: Record<string, unknown>): string {
  return `${ROUTES.authorization}?${new URLSearchParams(stringsOnly(params))}`;
}

/** Where the request of a stored interaction begins anew: here, or at the app that alone can make it. */
export async function restartAddress(
  interaction: JsonObject | undefined,
  clients: Pick<ClientStore, 'find'>,
): Promise<string | undefined> {
  const params = interaction?.params as Record<string, unknown> | undefined;
  if (!interaction || !params) return undefined;
  // The browser that began it may enter the code once more.
  if (interaction.deviceCode !== undefined) return ROUTES.device;
  if (!isPrivateRequest(interaction)) return authorizationUrl(params);
  const client = await clients.find(String(params.client_id));
  if (!client?.isActive) return undefined;
  const { initiate_login_uri: loginUri } = client.metadata;
  return typeof loginUri === 'string' ? loginUri : client.client_uri;
}
