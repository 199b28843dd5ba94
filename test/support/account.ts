// What tests do at the connected apps.
import type { Agent, Page } from './agent.js';
import { formIn } from './agent.js';
import type { TestApp } from './app.js';
import { type Manners, walk } from './walk.js';

export const appsUrl = ({ issuer }: Pick<TestApp, 'issuer'>) => `${issuer}/account/apps`;
export const revokeUrl = (app: Pick<TestApp, 'issuer'>, clientId: string) =>
  `${appsUrl(app)}/${clientId}/revoke`;

/** Opens the list, logging in if need be. */
export async function openApps(app: TestApp, agent: Agent, manners: Manners = {}): Promise<Page> {
  return (await walk(agent, app.issuer, appsUrl(app), manners)).page;
}

/** The client ids on the list, in order. */
export function listed({ text }: Pick<Page, 'text'>): string[] {
  return [...text.matchAll(/class="app-entry" data-client-id="([^"]*)"/g)].map(([, id]) => id ?? '');
}

/** Takes access away the way a person does: list, button, confirmation. */
export async function revoke(app: TestApp, agent: Agent, clientId: string): Promise<Page> {
  const page = await agent.get(revokeUrl(app, clientId));
  return agent.follow(await agent.submit(formIn(page, 'revoke-form')), app.issuer);
}

/** The error code a page shows. */
export function errorCode({ text }: Pick<Page, 'text'>): string | undefined {
  return /id="error-code">([^<]*)</.exec(text)?.[1];
}
