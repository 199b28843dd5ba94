import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { openProtocolServer } from '../../src/store/postgres/embedded/protocol-server.js';
import { newFolder, removeFolders } from './support.js';

describe('protocol server at its limits', () => {
  const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
  after(removeFolders);

  /** A database that only answers the startup packet, and then as `answer` says. */
  function fakeDatabase(answer: () => Buffer) {
    let started = false;
    return {
      async execProtocolRawStream(
        _message: Uint8Array,
        { onRawData }: { onRawData(bytes: Uint8Array): void },
      ) {
        onRawData(started ? answer() : Buffer.concat([Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]), ready]));
        started = true;
      },
    };
  }

  it('reports a broken engine once, tells every client and calls it no more', async () => {
    const folder = await newFolder();
    const errors: unknown[] = [];
    let calls = 0;
    const db = fakeDatabase(() => {
      calls += 1;
      throw new Error('unreachable');
    });
    const path = join(folder, '.s.PGSQL.5432');
    const server = await openProtocolServer({ db, path, onError: (error) => errors.push(error) });
    const clients = [0, 1].map(() => new pg.Client({ host: folder, user: 'postgres' }));
    for (const client of clients) {
      client.on('error', () => undefined);
      await client.connect();
    }
    const codes = await Promise.all(
      clients.map((client) => client.query('select 1').catch((error) => error.code)),
    );
    expect(codes).to.deep.equal(['XX000', 'XX000']);
    const late = await new pg.Client({ host: folder, user: 'postgres' })
      .connect()
      .catch((error) => error.code);
    expect(late).to.equal('57P03');
    expect([errors.length, calls]).to.deep.equal([1, 1]);
    await server.close();
  });

  it('takes an answer without ReadyForQuery for a broken engine', async () => {
    const folder = await newFolder();
    const errors: unknown[] = [];
    const path = join(folder, '.s.PGSQL.5432');
    const db = fakeDatabase(() => Buffer.alloc(0));
    const server = await openProtocolServer({ db, path, onError: (error) => errors.push(error) });
    const client = new pg.Client({ host: folder, user: 'postgres' });
    client.on('error', () => undefined);
    await client.connect();
    expect(await client.query('select 1').catch((error) => error.code)).to.equal('XX000');
    expect(errors.length).to.equal(1);
    await server.close();
  });

  it('turns away more clients than allowed, and takes them once there is room', async () => {
    const folder = await newFolder();
    const path = join(folder, '.s.PGSQL.5432');
    const db = fakeDatabase(() => ready);
    const server = await openProtocolServer({ db, path, maxConnections: 2, onError: () => undefined });
    const connect = async () => {
      const client = new pg.Client({ host: folder, user: 'postgres' });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    };
    const [first] = [await connect(), await connect()];
    expect(await connect().catch((error) => error.code)).to.equal('53300');
    await first?.end();
    await connect();
    expect(server.stats().connections).to.equal(2);
    await server.close();
    expect(server.stats().connections).to.equal(0);
  });
});
