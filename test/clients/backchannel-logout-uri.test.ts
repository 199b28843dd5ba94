// Which back-channel logout addresses a client may be saved with.
import { expect } from 'chai';
import { parseSeedFile } from '../../src/cli/seed/file.js';
import { clientInputSchema } from '../../src/clients/input.js';
import { WEB_CLIENT } from '../support/app.js';

const problemOf = (uri: string) => {
  const { success, error } = clientInputSchema.safeParse({ ...WEB_CLIENT, backchannel_logout_uri: uri });
  return success ? undefined : `${error.issues[0]?.path}: ${error.issues[0]?.message}`;
};

describe('a back-channel logout address', () => {
  const allowed = [
    'https://rp.example/backchannel-logout',
    'https://rp.example:8443/logout?tenant=1',
    'http://localhost:4711/logout',
    'http://127.0.0.1:4711/logout',
    'http://[::1]:4711/logout',
  ];
  for (const uri of allowed) {
    it(`may be ${uri}`, () => {
      expect(problemOf(uri)).to.equal(undefined);
    });
  }

  const refused: Record<string, string> = {
    'http://rp.example/logout': 'must be an https URL',
    'http://localhost.evil.example/logout': 'must be an https URL',
    'http://10.0.0.1/logout': 'must be an https URL',
    'http://localhost:80@evil.example/': 'must be an https URL',
    'https://user:password@rp.example/logout': 'must be an https URL',
    'ftp://rp.example/logout': 'must be an https URL',
    'com.example.app:/logout': 'must be an https URL',
    '/logout': 'must be an https URL',
    'https://rp.example/logout#part': 'must not have a fragment',
  };
  for (const [uri, reason] of Object.entries(refused)) {
    it(`may not be ${uri}`, () => {
      expect(problemOf(uri)).to.equal(`backchannel_logout_uri: ${reason}`);
    });
  }

  it('is known to seed files, as is the mark of an app of our own', () => {
    const text = `clients:
  - client_id: a
    client_name: A
    redirect_uris: [https://a.example/cb]
    backchannel_logout_uri: https://a.example/logout
    backchannel_logout_session_required: true
    is_first_party: true
`;
    expect(parseSeedFile(text, 'f.yaml', {}).clients[0]?.input).to.include({
      backchannel_logout_uri: 'https://a.example/logout',
      backchannel_logout_session_required: true,
      is_first_party: true,
    });
  });
});
