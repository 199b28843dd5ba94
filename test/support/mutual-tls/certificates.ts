// X.509 certificates for tests, written by hand: whatever subject, names, times and issuer a test wants.
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';

const OIDS: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  UID: '0.9.2342.19200300.100.1.1',
  organizationIdentifier: '2.5.4.97',
};

const DAY_MS = 86_400_000;

/** Relative names from the root to the leaf; one with several attributes is an array. */
export type Subject = readonly (readonly [string, string] | readonly (readonly [string, string])[])[];

export interface Names {
  dns?: string[];
  uri?: string[];
  ip?: string[];
  email?: string[];
}

export interface Certified {
  /** PEM. */
  key: string;
  cert: string;
  x509: X509Certificate;
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...parts: Buffer[]) => tlv(0x30, ...parts);

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 0x80); left > 0; left = Math.floor(left / 0x80))
      digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
}

const attribute = ([type, value]: readonly [string, string]) =>
  sequence(oid(OIDS[type] ?? type), tlv(0x0c, Buffer.from(value)));

const isSingle = (part: Subject[number]): part is readonly [string, string] => typeof part[0] === 'string';

const nameOf = (subject: Subject) =>
  sequence(
    ...subject.map((part) => tlv(0x31, ...(isSingle(part) ? [part] : part).map((one) => attribute(one)))),
  );

function timeOf(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`));
}

/** An IPv6 address is given in full. */
const addressOf = (ip: string) =>
  isIPv4(ip)
    ? Buffer.from(ip.split('.').map(Number))
    : Buffer.from(
        ip
          .split(':')
          .map((group) => group.padStart(4, '0'))
          .join(''),
        'hex',
      );

function alternatives({ dns = [], uri = [], ip = [], email = [] }: Names): Buffer[] {
  const text = (tag: number) => (value: string) => tlv(tag, Buffer.from(value));
  const all = [...email.map(text(0x81)), ...dns.map(text(0x82)), ...uri.map(text(0x86))];
  const names = [...all, ...ip.map((value) => tlv(0x87, addressOf(value)))];
  return names.length === 0 ? [] : [sequence(oid('2.5.29.17'), tlv(0x04, sequence(...names)))];
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

export interface CertificateInit {
  subject?: Subject;
  names?: Names;
  isCa?: boolean;
  /** Self-signed without one. */
  issuer?: Certified & { subject: Subject };
  /** Days from now. */
  from?: number;
  to?: number;
}

/** A certificate on P-256. */
export function makeCertificate(init: CertificateInit = {}): Certified & { subject: Subject } {
  const { subject = [['CN', 'test']], names = {}, isCa = false, issuer, from = -1, to = 2 } = init;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const constraints = isCa
    ? [
        sequence(
          oid('2.5.29.19'),
          tlv(0x01, Buffer.from([0xff])),
          tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff])))),
        ),
      ]
    : [];
  const extensions = [...constraints, ...alternatives(names)];
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    nameOf(issuer?.subject ?? subject),
    sequence(timeOf(new Date(now + from * DAY_MS)), timeOf(new Date(now + to * DAY_MS))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [tlv(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign('sha256', toBeSigned, issuer ? createPrivateKey(issuer.key) : privateKey);
  const der = sequence(toBeSigned, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature));
  const x509 = new X509Certificate(der);
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: x509.toString(),
    x509,
    subject,
  };
}

/** The key of a self-signed certificate as a client registers it. */
export function jwkOf({ x509 }: Certified) {
  const jwk = x509.publicKey.export({ format: 'jwk' });
  return { ...jwk, kty: String(jwk.kty), use: 'sig', x5c: [x509.raw.toString('base64')] };
}
