// Owns: bodies whose sender is gone before anybody reads them.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import { readBytes } from '../../src/http/middleware/read-body.js';
import { AppError, BadRequestError } from '../../src/lib/errors.js';

const tooLarge = () => new AppError('invalid_request', 413, 'too large');

describe('a request body whose sender has left', () => {
  let server: Server;

  afterEach(() => server.close());

  /** What reading gives that begins when the connection has gone, after `sent` of the body. */
  async function readLate(sent: string): Promise<unknown> {
    server = createServer();
    const request = new Promise<IncomingMessage>((resolve) => {
      server.once('request', (req) => void req.once('close', () => resolve(req)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nHost: op.example\r\nContent-Length: 10\r\n\r\n${sent}`);
    setTimeout(() => socket.destroy(), 50);
    const req = await request;
    return readBytes(req, tooLarge).catch((error) => error);
  }

  for (const sent of ['', 'half=', 'whole=body']) {
    it(`is refused at once: ${sent.length} of 10 bytes were sent`, async () => {
      expect(await readLate(sent)).to.be.instanceOf(BadRequestError);
    }).timeout(3_000);
  }
});
