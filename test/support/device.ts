// A device without a browser, and a person who lets it in with a browser elsewhere.
import { DEVICE_CODE } from '../../src/clients/grant-types.js';
import { type Agent, formIn, type Page } from './agent.js';
import { ALL_SCOPES } from './app.js';
import { answer, type Manners, questionOn, walk } from './walk.js';

export { DEVICE_CODE } from '../../src/clients/grant-types.js';

export const DEVICE_FEATURES = 'par,dpop,private_key_jwt,device_flow';

export const TV = {
  client_id: 'tv',
  client_name: 'Living Room TV',
  token_endpoint_auth_method: 'none',
  application_type: 'native',
  grant_types: [DEVICE_CODE, 'refresh_token'],
  redirect_uris: [],
  post_logout_redirect_uris: [],
  scope: ALL_SCOPES,
};

export interface Started {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export async function send(url: string, fields: Record<string, string>, headers = {}): Promise<Answer> {
  const body = new URLSearchParams(fields);
  const response = await fetch(url, { method: 'POST', headers: { accept: 'text/html', ...headers }, body });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

/** What a device asks first. */
export function ask(origin: string, fields: Record<string, string> = {}, headers = {}): Promise<Answer> {
  const request = { client_id: TV.client_id, scope: 'openid profile offline_access', ...fields };
  return send(`${origin}/api/oauth/device_authorization`, request, headers);
}

export async function begin(origin: string, fields: Record<string, string> = {}): Promise<Started> {
  const { status, body } = await ask(origin, fields);
  if (status !== 200) throw new Error(`not begun: ${status} ${JSON.stringify(body)}`);
  return body as unknown as Started;
}

export function poll(origin: string, deviceCode: string, fields: Record<string, string> = {}) {
  const grant = { grant_type: DEVICE_CODE, device_code: deviceCode, client_id: TV.client_id };
  return send(`${origin}/api/oauth/token`, { ...grant, ...fields });
}

/** Types the code in; the page that follows. */
export async function enter(agent: Agent, issuer: string, userCode: string): Promise<Page> {
  const page = await agent.get(`${issuer}/device`);
  return agent.submit(formIn(page, 'device-form'), { user_code: userCode });
}

/** Presses a button of the page that asks whether it is one's device. */
export function press(agent: Agent, page: Page, button: 'confirm' | 'abort'): Promise<Page> {
  return agent.submit(formIn(page, 'device-confirm-form'), { [button]: 'yes' });
}

/** Enters the code, says that the device is theirs, logs in and agrees. */
export async function letIn(agent: Agent, issuer: string, userCode: string, manners: Manners = {}) {
  const asked = await enter(agent, issuer, userCode);
  return walk(agent, issuer, await press(agent, asked, 'confirm'), manners);
}

/** From the page that asks whether it is one's device to the last step but one: the address that lets the device in. */
export async function almostIn(agent: Agent, issuer: string, asked: Page): Promise<string> {
  let page = await agent.follow(await press(agent, asked, 'confirm'), issuer);
  if (questionOn(page) === 'login') page = await agent.follow(await answer(agent, page, 'login'), issuer);
  const { location } = await answer(agent, page, 'consent');
  if (!location?.startsWith(`${issuer}/device/`)) throw new Error(`not almost in: ${location}`);
  return location;
}
