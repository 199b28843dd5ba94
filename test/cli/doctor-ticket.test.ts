// `doctor handoff` against a site that signs tickets and is well, and broken in one place at a time.
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { type Diagnosis, diagnose, namesOf, runCli } from '../support/cli.js';
import { type StandInSite, startStandInSite, ticketOf } from './stand-in-site.js';

describe('npm run cli -- doctor handoff, for the ticket strategy', () => {
  let site: StandInSite;

  before(async () => {
    site = await startStandInSite();
  });
  after(() => site.close());
  beforeEach(() => site.breakRoutes({}));

  const diagnoseTicket = async (ticket: string, env = {}): Promise<Diagnosis> =>
    diagnose(['--ticket-stdin'], { env: { ...site.env.ticket, ...env }, input: ticket });

  it('finds nothing wrong with a good site and its ticket, and does not print the ticket', async () => {
    const ticket = await ticketOf(site);
    const diagnosis = await diagnoseTicket(ticket);
    expect(namesOf(diagnosis, 'failed')).to.deep.equal([]);
    expect(namesOf(diagnosis, 'warning')).to.deep.equal([]);
    expect(Object.keys(diagnosis.checks)).to.include.members([
      'jwks',
      'jwks-private',
      'jwks-key',
      'ticket-signature',
      'ticket-claims',
      'ticket-times',
      'ticket-auth-time',
    ]);
    expect(diagnosis.output).not.to.include(ticket.split('.')[2]);
  });

  it('takes the ticket from standard input of a real process', async () => {
    const input = `${await ticketOf(site)}\n`;
    const { code, stdout } = await runCli(['doctor', 'handoff', '--ticket-stdin'], {
      env: site.env.ticket,
      input,
    });
    expect(code).to.equal(0);
    expect(stdout).to.match(/^ok +ticket-signature +ES256, verified with key key-1$/m);
  });

  it('reads a ticket that has expired by now', async () => {
    const iat = Math.floor(Date.now() / 1000) - 3600;
    const ticket = await ticketOf(site, { iat, exp: iat + 60, auth_time: iat });
    const diagnosis = await diagnoseTicket(ticket);
    expect(diagnosis.code).to.equal(0);
    expect(diagnosis.checks['ticket-times']?.message).to.include('expired by now');
  });

  it('checks a ticket signed with the shared secret', async () => {
    const secret = 'shared-secret-of-the-test-suite-000001';
    const { LINK2UR_JWKS_URL: _url, ...rest } = site.env.ticket;
    const env = { ...rest, LINK2UR_TICKET_ALG: 'HS256', LINK2UR_TICKET_SECRET: secret };
    for (const [key, status] of [
      [secret, 'ok'],
      ['another-secret-of-the-test-suite-00001', 'failed'],
    ] as const) {
      const header = { alg: 'HS256' };
      const ticket = await ticketOf(site, {}, { header, signWith: new TextEncoder().encode(key) });
      const { checks, output } = await diagnose(['--ticket-stdin'], { env, input: ticket });
      expect(checks['ticket-signature']?.status).to.equal(status);
      expect(checks.jwks).to.equal(undefined);
      expect(output).not.to.include(secret);
    }
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const badClaims: Record<string, [object | (() => object), string, RegExp]> = {
    'another issuer': [{ iss: 'https://other.example' }, 'ticket-claims', /iss is "https:\/\/other/],
    'another audience': [{ aud: 'http://localhost:39999/' }, 'ticket-claims', /aud is/],
    'no user': [{ sub: undefined }, 'ticket-claims', /sub is missing/],
    'no jti': [{ jti: undefined }, 'ticket-claims', /jti is missing/],
    'no interaction': [{ interaction: undefined }, 'ticket-claims', /interaction is missing/],
    'an amr that is no list': [{ amr: 'pwd' }, 'ticket-claims', /amr is "pwd"/],
    'an acr that is no text': [{ acr: ['x'] }, 'ticket-acr', /acr is \["x"\]/],
    'a life of ten minutes': [() => ({ exp: seconds() + 600 }), 'ticket-times', /lives \d+ s/],
    'no exp': [{ exp: undefined }, 'ticket-times', /exp is missing/],
    'an iat ahead': [() => ({ iat: seconds() + 600, exp: seconds() + 660 }), 'ticket-times', /ahead/],
    'an auth_time in milliseconds': [
      () => ({ auth_time: seconds() * 1000 }),
      'ticket-auth-time',
      /auth_time is/,
    ],
  };
  for (const [fault, [claims, check, message]] of Object.entries(badClaims)) {
    it(`sees ${fault} in a ticket`, async () => {
      const diagnosis = await diagnoseTicket(
        await ticketOf(site, typeof claims === 'function' ? claims() : claims),
      );
      expect(namesOf(diagnosis, 'failed')).to.deep.equal([check]);
      expect(diagnosis.checks[check]?.message).to.match(message);
    });
  }

  it('warns of a ticket without auth_time', async () => {
    const diagnosis = await diagnoseTicket(await ticketOf(site, { auth_time: undefined }));
    expect(namesOf(diagnosis, 'warning')).to.deep.equal(['ticket-auth-time']);
  });

  it('sees another algorithm, an unknown key, a key that is not the site’s, and what is no ticket', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const secret = new TextEncoder().encode('secret-of-the-test-suite-0000000000001');
    const tickets: [string, string, RegExp][] = [
      [await ticketOf(site, {}, { header: { alg: 'HS256' }, signWith: secret }), 'ticket-signature', /HS256/],
      [await ticketOf(site, {}, { header: { kid: 'other' } }), 'ticket-signature', /no applicable key/],
      [await ticketOf(site, {}, { signWith: privateKey }), 'ticket-signature', /verification failed/],
      ['nonsense', 'ticket', /no JWT/],
    ];
    for (const [ticket, check, message] of tickets) {
      const diagnosis = await diagnoseTicket(ticket);
      expect(namesOf(diagnosis, 'failed')).to.deep.equal([check]);
      expect(diagnosis.checks[check]?.message).to.match(message);
    }
  });

  it('sees what is wrong with the published keys', async () => {
    const { jwk, privateKey } = site.key;
    const { kid: _kid, ...nameless } = jwk;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const published: [Record<string, unknown>[] | undefined, string, 'failed' | 'warning'][] = [
      [undefined, 'jwks', 'failed'],
      [[], 'jwks-key', 'failed'],
      [[{ ...rsa, kid: 'r' }], 'jwks-key', 'failed'],
      [[{ ...jwk, use: 'enc' }], 'jwks-key', 'failed'],
      [[{ ...jwk, x: 'AAAA' }], 'jwks-key', 'failed'],
      [[nameless, jwk], 'jwks-key', 'failed'],
      [[nameless], 'jwks-key', 'warning'],
      [[{ ...privateKey.export({ format: 'jwk' }), ...jwk }], 'jwks-private', 'failed'],
      [[jwk, { kty: 'oct', k: 'c2VjcmV0' }], 'jwks-private', 'failed'],
    ];
    for (const [keys, check, status] of published) {
      site.breakRoutes({ '/jwks': () => ({ status: 200, json: keys ? { keys } : jwk }) });
      const diagnosis = await diagnose([], { env: site.env.ticket });
      expect(namesOf(diagnosis, status), JSON.stringify(keys)).to.deep.equal([check]);
      expect(diagnosis.code).to.equal(status === 'failed' ? 1 : 0);
    }
  });
});
