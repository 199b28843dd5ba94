// A relying party reduced to its address: it shows what the provider answered, on another site than the provider.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandIn {
  origin: string;
  /** Where answers go for the app called `name`. */
  callback(name: string): string;
  close(): Promise<void>;
}

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title>
<link rel="icon" href="data:,"></head><body><main><h1 id="app">Back at the app</h1></main></body></html>`;

export async function openStandIn(): Promise<StandIn> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Not `localhost`, which is the provider's: cookies then treat the two as the different sites they are.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    callback: (name) => `${origin}/${name}/callback`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
