import { expect } from 'chai';
import { addressBucket, clientAddress } from '../../src/lib/ip.js';

describe('client addresses', () => {
  it('believes no X-Forwarded-For without a trusted proxy', () => {
    expect(clientAddress('10.0.0.9', '6.6.6.6', 0)).to.equal('10.0.0.9');
  });

  it('takes what the nearest trusted proxy saw, not what the client claims', () => {
    expect(clientAddress('10.0.0.9', '6.6.6.6, 203.0.113.7', 1)).to.equal('203.0.113.7');
    expect(clientAddress('10.0.0.9', '6.6.6.6, 203.0.113.7, 10.0.0.1', 2)).to.equal('203.0.113.7');
  });

  it('falls back to the connection when the header is missing or no address', () => {
    expect(clientAddress('10.0.0.9', '', 1)).to.equal('10.0.0.9');
    expect(clientAddress('10.0.0.9', 'unknown', 1)).to.equal('10.0.0.9');
  });

  it('writes a mapped IPv4 address plainly', () => {
    expect(clientAddress('::ffff:192.0.2.1', '', 0)).to.equal('192.0.2.1');
  });

  it('counts all of an IPv6 /64 as one party, and IPv4 addresses singly', () => {
    const bucket = addressBucket('2001:db8:0:7:1:2:3:4');
    expect(addressBucket('2001:db8:0:7::ffff')).to.equal(bucket);
    expect(addressBucket('2001:0db8::7:0:0:0:1')).to.equal(bucket);
    expect(addressBucket('2001:db8:0:8::1')).not.to.equal(bucket);
    expect(addressBucket('192.0.2.1')).not.to.equal(addressBucket('192.0.2.2'));
  });
});
