// Which response types a client may be registered with, and what they ask of its other settings.
import { expect } from 'chai';
import { clientInputSchema } from '../../src/clients/input.js';
import { RESPONSE_TYPES } from '../../src/clients/response-types.js';

const HYBRID = ['authorization_code', 'implicit'];

const BASE = {
  client_id: 'app',
  client_name: 'App',
  redirect_uris: ['https://rp.example/callback'],
  grant_types: HYBRID,
};

/** The problems of a description, each as `member: message`. */
function problemsOf(members: object): string[] {
  const { error } = clientInputSchema.safeParse({ ...BASE, ...members });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('response types of a client', () => {
  it('may be any of the six, in any order of words', () => {
    const types = [
      'code',
      'token id_token',
      'id_token',
      'token code',
      'id_token code',
      'token id_token code',
    ];
    const parsed = clientInputSchema.parse({ ...BASE, response_types: types });
    expect(parsed.response_types).to.have.members([...RESPONSE_TYPES]);
  });

  it('are refused when they are none, however they are written', () => {
    for (const type of [
      'token',
      'none',
      '',
      ' code',
      'code  id_token',
      'code code',
      'CODE',
      'code token none',
      7,
    ])
      expect(problemsOf({ response_types: ['id_token', type] }), String(type)).not.to.deep.equal([]);
    expect(problemsOf({ response_types: ['code id_token', 'id_token code'] })).to.deep.equal([
      'response_types.1: is listed twice',
    ]);
  });

  it('need the grant types of their parts, and these need them', () => {
    const needs: [string[], string[], string[]][] = [
      [['code'], ['authorization_code'], []],
      [['id_token'], ['implicit'], []],
      [['id_token token'], ['implicit', 'refresh_token'], []],
      [['code id_token token'], HYBRID, []],
      [['code', 'id_token'], HYBRID, []],
      [['id_token'], ['authorization_code'], ['grant_types', 'response_types']],
      [['code id_token'], ['authorization_code'], ['grant_types']],
      [['code token'], ['implicit'], ['grant_types']],
      [['code'], HYBRID, ['response_types']],
      [['id_token'], HYBRID, ['response_types']],
      [[], ['authorization_code'], ['response_types']],
    ];
    for (const [response_types, grant_types, fields] of needs) {
      const problems = problemsOf({ response_types, grant_types });
      const name = `${response_types} with ${grant_types}`;
      expect(problems.map((problem) => problem.split(':')[0]).sort(), name).to.deep.equal(fields);
    }
    expect(problemsOf({ grant_types: ['implicit'] })).to.deep.equal([
      'response_types: one with id_token is needed for the grant type implicit',
    ]);
    expect(
      problemsOf({ grant_types: ['implicit'], response_types: ['id_token'], redirect_uris: [] }),
    ).to.deep.equal(['redirect_uris: is needed for the grant type implicit']);
  });

  it('that bring tokens go to https addresses only, which are on no loopback interface', () => {
    const addresses: Record<string, string> = {
      'http://localhost/callback': 'must be https',
      'http://127.0.0.1:8080/callback': 'must be https',
      'https://localhost/callback': 'must not be on the loopback interface',
      'https://app.localhost/callback': 'must not be on the loopback interface',
      'https://127.0.0.1/callback': 'must not be on the loopback interface',
      'https://[::1]/callback': 'must not be on the loopback interface',
    };
    for (const [uri, message] of Object.entries(addresses)) {
      for (const application_type of ['web', 'native']) {
        const uris = [BASE.redirect_uris[0], uri];
        const problems = problemsOf({
          application_type,
          redirect_uris: uris,
          response_types: ['code id_token'],
        });
        expect(problems, uri).to.deep.equal([
          `redirect_uris.1: ${message} for a client with the grant type implicit`,
        ]);
      }
    }
    const custom = { application_type: 'native', redirect_uris: ['com.example.app:/callback'] };
    expect(problemsOf({ ...custom, response_types: ['code id_token'] })).to.have.lengthOf(1);
    expect(problemsOf({ ...custom, grant_types: ['authorization_code'] })).to.deep.equal([]);
    const afterLogout = {
      post_logout_redirect_uris: ['http://localhost/bye'],
      response_types: ['code id_token'],
    };
    expect(problemsOf(afterLogout).join()).to.include('post_logout_redirect_uris.0: must be https');
  });

  it('with token and no ID token are not for public clients: nothing binds the one to the request', () => {
    const isPublic = { token_endpoint_auth_method: 'none' };
    expect(problemsOf({ ...isPublic, response_types: ['code token'] })).to.deep.equal([
      'response_types.0: is not for a public client: use code id_token token',
    ]);
    expect(problemsOf({ ...isPublic, response_types: ['code id_token token'] })).to.deep.equal([]);
    expect(problemsOf({ response_types: ['code token'] })).to.deep.equal([]);
  });

  it('are code and nothing else with the profile fapi2', () => {
    const fapi = {
      profile: 'fapi2',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://rp.example/jwks',
    };
    for (const type of RESPONSE_TYPES.filter((name) => name !== 'code')) {
      const problems = problemsOf({ ...fapi, response_types: ['code', type] });
      expect(problems, type).to.include('response_types.1: must be code with the profile fapi2');
    }
    expect(problemsOf({ ...fapi, grant_types: HYBRID })).to.deep.equal([
      'response_types: one with id_token is needed for the grant type implicit',
    ]);
  });
});
