// Relying parties as others wrote them, each with a server of its own, and a person whose browser goes through them.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, type Page } from '../support/agent.js';
import type { TestApp } from '../support/app.js';
import { type ClientInit, register } from '../support/relying-party.js';
import { answer, questionOn } from '../support/walk.js';

export interface RpServer {
  origin: string;
  close(): Promise<void>;
}

/** Listens first, so that `create` knows the origin the relying party is to be configured with. */
export async function serveRp(create: (origin: string) => RequestListener): Promise<RpServer> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  server.on('request', create(origin));
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Registers the relying party at `origin` as its guide says. */
export function registerAt(app: TestApp, origin: string, init: ClientInit, callback: string): Promise<void> {
  return register(app, {
    redirect_uris: [`${origin}${callback}`],
    post_logout_redirect_uris: [origin, `${origin}/`],
    ...init,
  });
}

/** A person: follows every redirect and answers every page of the provider, until something else is on the screen. */
export async function browse(agent: Agent, start: Page | string): Promise<Page> {
  let page = typeof start === 'string' ? await agent.get(start) : start;
  for (let steps = 0; steps < 40; steps += 1) {
    const question = questionOn(page);
    if (page.location) page = await agent.get(page.location);
    else if (question) page = await answer(agent, page, question);
    else return page;
  }
  throw new Error(`going round in circles at ${page.url}`);
}

export const newPerson = () => new Agent();
