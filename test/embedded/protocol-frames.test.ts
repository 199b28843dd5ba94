import { expect } from 'chai';
import { createFrameReader, ProtocolError } from '../../src/store/postgres/embedded/protocol-frames.js';
import {
  cString,
  startupPacket,
  syncMessage,
  typedMessage,
} from '../../src/store/postgres/embedded/protocol-messages.js';
import { createStatementNames } from '../../src/store/postgres/embedded/protocol-names.js';

const startup = startupPacket({ user: 'postgres' });
const parse = typedMessage('P', cString('find'), cString('select 1'), Buffer.alloc(2));
const bind = typedMessage('B', cString(''), cString('find'), Buffer.alloc(6));
const query = typedMessage('Q', cString('select 1'));
const flush = typedMessage('H');

function request(code: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(8);
  bytes.writeInt32BE(code, 4);
  return bytes;
}

/** The frames of `bytes`, said shortly: a unit as its messages' types and its end. */
function read(bytes: Buffer, chunk = bytes.length): string[] {
  const reader = createFrameReader();
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    for (const frame of reader.push(bytes.subarray(at, at + chunk))) {
      if (frame.kind === 'unit') frames.push(`${frame.messages.map((m) => m.type).join('')} ${frame.end}`);
      else frames.push(frame.kind);
    }
  }
  return frames;
}

describe('frames of the PostgreSQL protocol', () => {
  it('groups messages up to Sync, Query and Flush', () => {
    const bytes = Buffer.concat([startup, parse, bind, syncMessage, query, parse, flush, bind, syncMessage]);
    const frames = ['startup', 'PBS sync', 'Q query', 'PH flush', 'BS sync'];
    expect(read(bytes)).to.deep.equal(frames);
  });

  it('reads the same from any cut of the bytes', () => {
    const bytes = Buffer.concat([
      request(80877103),
      startup,
      parse,
      bind,
      syncMessage,
      query,
      typedMessage('X'),
    ]);
    const whole = read(bytes);
    expect(whole).to.deep.equal(['encryption', 'startup', 'PBS sync', 'Q query', 'terminate']);
    for (let chunk = 1; chunk < bytes.length; chunk += 1) expect(read(bytes, chunk)).to.deep.equal(whole);
  });

  it('knows requests for encryption and cancellation', () => {
    expect(read(Buffer.concat([request(80877104), request(80877103)]))).to.deep.equal([
      'encryption',
      'encryption',
    ]);
    expect(read(request(80877102))).to.deep.equal(['cancel']);
  });

  it('ignores rows of a COPY that was refused', () => {
    const bytes = Buffer.concat([startup, typedMessage('d', Buffer.from('1')), typedMessage('c'), query]);
    expect(read(bytes)).to.deep.equal(['startup', 'Q query']);
  });

  it('hands over a batch that grows without end in parts', () => {
    const big = typedMessage('P', cString(''), cString('x'.repeat(400_000)), Buffer.alloc(2));
    const bytes = Buffer.concat([startup, big, big, big, big, syncMessage]);
    expect(read(bytes)).to.deep.equal(['startup', 'PPP flush', 'PS sync']);
  });

  it('refuses lengths and types that no client sends', () => {
    const tooLong = Buffer.from([0x51, 0x7f, 0, 0, 0]);
    const tooShort = Buffer.from([0x51, 0, 0, 0, 3]);
    const unknown = typedMessage('w');
    for (const bytes of [tooLong, tooShort, unknown]) {
      expect(() => read(Buffer.concat([startup, bytes]))).to.throw(ProtocolError);
    }
    expect(() => read(Buffer.from('GET / HTTP/1.1\r\n'))).to.throw(ProtocolError);
    expect(() => read(request(0x20000))).to.throw(ProtocolError, 'unsupported');
  });
});

describe('names of statements and portals', () => {
  const text = (bytes: Buffer) => bytes.toString('latin1').replaceAll('\0', '|');
  const message = (bytes: Buffer) => ({ type: bytes.toString('latin1', 0, 1), bytes });

  it('get a prefix where they are not empty, lengths corrected', () => {
    const names = createStatementNames('c7_');
    const renamed = names.rewrite(message(parse));
    expect(text(renamed)).to.contain('c7_find|select 1|');
    expect(renamed.readInt32BE(1)).to.equal(renamed.length - 1);
    expect(text(names.rewrite(message(bind)))).to.contain('|c7_find|');
    expect(names.rewrite(message(query))).to.equal(query);
    const describe_ = typedMessage('D', Buffer.from('S'), cString('find'));
    expect(text(names.rewrite(message(describe_)))).to.contain('Sc7_find|');
  });

  it('stay within what PostgreSQL tells apart', () => {
    const names = createStatementNames('c7_');
    const long = ['a', 'b'].map((end) =>
      typedMessage('P', cString('x'.repeat(61) + end), cString(''), Buffer.alloc(2)),
    );
    const renamed = long.map(
      (bytes) =>
        text(names.rewrite(message(bytes)))
          .slice(5)
          .split('|')[0] ?? '',
    );
    expect(renamed[0]).not.to.equal(renamed[1]);
    for (const name of renamed) expect(name.length).to.be.at.most(63);
  });

  it('are closed when left over, and only then', () => {
    const names = createStatementNames('c7_');
    names.rewrite(message(parse));
    names.rewrite(message(typedMessage('P', cString('other'), cString(''), Buffer.alloc(2))));
    names.rewrite(message(typedMessage('C', Buffer.from('S'), cString('other'))));
    expect(names.closeAll().map(text).join()).to.contain('Sc7_find|').and.not.contain('other');
    expect(names.closeAll()).to.deep.equal([]);
  });
});
