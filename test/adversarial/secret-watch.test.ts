// The watch over the logs itself: what it takes for a secret, and what not.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { leaks, watchLog } from '../support/secret-watch.js';

describe('the watch over secrets in logs', () => {
  let server: Server;
  let origin: string;
  let log = '';

  before(async () => {
    server = createServer((req, res) => {
      if (req.url === '/away') res.setHeader('location', '/back?login_ticket=ticket-in-a-relative-address');
      res.setHeader('content-type', 'application/json');
      res.end(
        JSON.stringify({ code: 'code_of_an_error', items: [{ client_secret: 'deep-down-in-an-answer' }] }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    watchLog(() => log);
  });
  after(() => {
    log = '';
    server.close();
  });

  const basic = Buffer.from('app:secret-of-basic-credentials').toString('base64');
  const secrets: Record<string, [string, () => Promise<unknown>]> = {
    'deep in an answer': ['deep-down-in-an-answer', () => fetch(origin)],
    'in a JSON request': [
      'given-in-a-JSON-request',
      () => fetch(origin, { method: 'POST', body: '{"client_secret":"given-in-a-JSON-request"}' }),
    ],
    'in Basic credentials': [
      'secret-of-basic-credentials',
      () => fetch(origin, { headers: { authorization: `Basic ${basic}` } }),
    ],
    'in a relative address': ['ticket-in-a-relative-address', () => fetch(`${origin}/away`)],
  };

  for (const [where, [secret, send]] of Object.entries(secrets)) {
    it(`finds one that travelled ${where}`, async () => {
      log = '';
      await send();
      expect(leaks()).to.deep.equal([]);
      log = `{"msg":"${secret}"}`;
      expect(leaks()).to.have.lengthOf(1);
      log = '';
    });
  }

  it('does not take the code of an error for one', async () => {
    await fetch(origin);
    log = '{"event":"code_of_an_error"}';
    expect(leaks()).to.deep.equal([]);
  });
});
