// OAUTH_REGISTRATION_POLICIES: what apps may register by themselves.
import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.js';

const load = (policies: unknown) =>
  loadConfig({
    OAUTH_REGISTRATION_POLICIES: typeof policies === 'string' ? policies : JSON.stringify(policies),
  }).registrationPolicies;

describe('the configuration: registration policies', () => {
  it('has one that is strict, without the variable and beside what it says', () => {
    for (const policies of [loadConfig({}).registrationPolicies, load({ other: {} })]) {
      expect(policies.get('default')).to.deep.equal({
        scopes: ['openid', 'profile', 'email', 'offline_access'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        auth_methods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
        application_types: ['web', 'native'],
        redirect_hosts: ['*'],
        max_clients: 100,
        client_secret_lifetime: 0,
        rotate_client_secret: false,
        registration_access_token_lifetime: 0,
      });
    }
  });

  it('takes what is said, and the rest from the default', () => {
    const policies = load({
      partners: { redirect_hosts: ['*.partner.example'], max_clients: 5 },
      default: { max_clients: 1 },
    });
    expect([...policies.keys()]).to.have.members(['default', 'partners']);
    expect(policies.get('partners')).to.deep.include({
      redirect_hosts: ['*.partner.example'],
      max_clients: 5,
    });
    expect(policies.get('partners')?.response_types).to.deep.equal(['code']);
    expect(policies.get('default')?.max_clients).to.equal(1);
  });

  const REFUSED: [string, unknown, string][] = [
    ['no JSON', '{', 'must be JSON'],
    ['a list', [], 'OAUTH_REGISTRATION_POLICIES'],
    ['an unknown member', { a: { hosts: ['x.example'] } }, 'a.hosts is not a known member'],
    ['a name that is none', { 'A b': {} }, 'OAUTH_REGISTRATION_POLICIES'],
    [
      'rights at the Admin API',
      { a: { scopes: ['admin:clients:write'] } },
      'a.scopes[0] is a right at the Admin API',
    ],
    ['what an owner is needed for', { a: { scopes: ['openid', 'unionid'] } }, 'a.scopes[1] is for apps of'],
    ['an unknown method', { a: { auth_methods: ['password'] } }, 'a.auth_methods[0]'],
    ['an address for a host', { a: { redirect_hosts: ['https://x.example'] } }, 'a.redirect_hosts[0]'],
    ['a whole domain of others', { a: { redirect_hosts: ['*.com'] } }, 'a.redirect_hosts[0]'],
    ['an empty list', { a: { scopes: [] } }, 'a.scopes'],
    ['no number', { a: { max_clients: '5' } }, 'a.max_clients'],
  ];
  for (const [what, policies, told] of REFUSED) {
    it(`refuses ${what}, and says where`, () => {
      expect(() => load(policies)).to.throw(told);
    });
  }

  it('warns that policies have no effect while registration is off', () => {
    const env = { OAUTH_REGISTRATION_POLICIES: '{}' };
    expect(loadConfig(env).warnings.join()).to.include('OAUTH_REGISTRATION_POLICIES');
    expect(loadConfig({ ...env, OAUTH_FEATURES: 'registration' }).warnings).to.deep.equal([]);
  });
});
