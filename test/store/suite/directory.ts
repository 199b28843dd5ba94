// Owns: the suite of ClientStore and UserStore.
import { expect } from 'chai';
import type { ClientRecord, StoredClient } from '../../../src/store/ports/index.js';
import {
  clientRecord,
  expectRecord,
  later,
  newId,
  newUserId,
  present,
  rejectionOf,
  seedClient,
  TEXT,
  type Use,
  userRecord,
} from './support.js';

/** The settings of a stored client alone. */
function settingsOf(client: StoredClient | undefined): ClientRecord {
  const { version: _v, createdAt: _c, updatedAt: _u, secrets: _s, ...settings } = present(client);
  return settings;
}

export function describeClients(use: Use): void {
  describe('clients', () => {
    it('gives back what was stored', async () => {
      const { clients } = use();
      const client = clientRecord({
        client_name: TEXT,
        client_uri: 'https://app.example/?q=%E4%BD%A0',
        logo_uri: 'https://app.example/logo.png',
        policy_uri: 'https://app.example/policy',
        tos_uri: 'https://app.example/tos',
        redirect_uris: ['https://app.example/cb', 'https://app.example/cb2,{"x"}'],
        post_logout_redirect_uris: ['https://app.example/bye'],
        scope: 'openid profile',
        grant_types: ['authorization_code', 'refresh_token'],
        application_type: 'native',
        isConfidential: false,
        isActive: false,
        metadata: { [TEXT]: [1, TEXT, null], jwks: { keys: [{ kty: 'EC' }] } },
      });
      await clients.save(client);
      const found = await clients.find(client.client_id);
      expectRecord(settingsOf(found), client);
      expect(found?.secrets).to.deep.equal([]);
      expect(found?.createdAt).to.be.instanceOf(Date);
    });

    it('replaces the settings, absent ones included, but not the secrets', async () => {
      const { clients } = use();
      const client = clientRecord({ logo_uri: 'https://app.example/l', scope: 'openid', metadata: { a: 1 } });
      await clients.save(client);
      await clients.addSecret(client.client_id, { secretHash: '$2b$10$one' });
      const before = present(await clients.find(client.client_id));
      const second = clientRecord({ client_id: client.client_id, client_name: 'Renamed', isActive: false });
      await clients.save(second);
      const found = present(await clients.find(client.client_id));
      expectRecord(settingsOf(found), second);
      expect(found.secrets).to.deep.equal(before.secrets);
      expect(found.createdAt).to.deep.equal(before.createdAt);
      expect(found.updatedAt.getTime()).to.be.at.least(before.updatedAt.getTime());
    });

    it('keeps several secrets, of this client only', async () => {
      const { clients } = use();
      const [clientId, other] = [await seedClient(use()), await seedClient(use())];
      await clients.addSecret(clientId, { secretHash: '$2b$10$one' });
      await clients.addSecret(clientId, { secretHash: '$2b$10$two', label: TEXT, expiresAt: later(5) });
      const secrets = present(await clients.find(clientId)).secrets;
      expect(secrets.map((secret) => [secret.secretHash, secret.label, secret.expiresAt])).to.deep.equal([
        ['$2b$10$one', undefined, undefined],
        ['$2b$10$two', TEXT, later(5)],
      ]);
      expect(new Set(secrets.map(({ id }) => id)).size).to.equal(2);
      for (const { createdAt } of secrets) expect(createdAt).to.be.instanceOf(Date);
      expect((await clients.find(other))?.secrets).to.deep.equal([]);
    });

    it('replaces all secrets of one client by one', async () => {
      const { clients } = use();
      const [clientId, other] = [await seedClient(use()), await seedClient(use())];
      for (const secretHash of ['$2b$10$one', '$2b$10$two']) {
        await clients.addSecret(clientId, { secretHash, label: 'old', expiresAt: later(5) });
        await clients.addSecret(other, { secretHash });
      }
      await clients.replaceSecrets(clientId, '$2b$10$three');
      const secrets = present(await clients.find(clientId)).secrets;
      expect(secrets.map((secret) => [secret.secretHash, secret.label, secret.expiresAt])).to.deep.equal([
        ['$2b$10$three', undefined, undefined],
      ]);
      expect((await clients.find(other))?.secrets).to.have.length(2);
    });

    it('knows no client under an unknown id, and takes no secret for one', async () => {
      const { clients } = use();
      const clientId = newId();
      expect(await clients.find(clientId)).to.equal(undefined);
      await rejectionOf(clients.addSecret(clientId, { secretHash: '$2b$10$one' }));
      await rejectionOf(clients.replaceSecrets(clientId, '$2b$10$one'));
      expect(await clients.find(clientId)).to.equal(undefined);
    });

    it('shares no state with its callers', async () => {
      const { clients } = use();
      const client = clientRecord({ metadata: { list: ['a'] } });
      await clients.save(client);
      client.redirect_uris.push('https://evil.example');
      const found = present(await clients.find(client.client_id));
      // A store may hand out what cannot be changed.
      expect(() => found.redirect_uris.push('https://evil.example')).to.satisfy(mayThrow(TypeError));
      expect(() => Object.assign(found.metadata, { list: 'changed' })).to.satisfy(mayThrow(TypeError));
      const expected = { ...client, redirect_uris: ['https://app.example/cb'], metadata: { list: ['a'] } };
      expectRecord(settingsOf(await clients.find(client.client_id)), expected);
    });
  });
}

/** Runs `work`; false when it throws anything but such an error. */
const mayThrow = (type: new () => Error) => (work: () => void) => {
  try {
    work();
    return true;
  } catch (error) {
    return error instanceof type;
  }
};

export function describeUsers(use: Use): void {
  describe('users', () => {
    it('gives back what was stored, and replaces it', async () => {
      const { users } = use();
      const user = userRecord({
        name: `李雷 😀 '"\\%`,
        email: `${newId()}@example.com`,
        phone: newId(),
        hashedPassword: '$2b$10$hash',
        isVerified: false,
        isActive: false,
        avatar: 'https://img.example/头像.png',
        languagePreference: 'zh-CN',
        updatedAt: later(4),
      });
      await users.save(user);
      expectRecord(await users.find(user.id), user);
      const second = userRecord({ id: user.id, updatedAt: later(9) });
      await users.save(second);
      expectRecord(await users.find(user.id), second);
    });

    it('finds by e-mail in any case, by phone and by id', async () => {
      const { users } = use();
      const name = newId();
      const user = userRecord({ email: `${name}@Example.COM`, phone: `+${newId()}` });
      await users.save(user);
      await users.save(userRecord({ email: `${newId()}@example.com`, phone: `+${newId()}` }));
      const identifiers = [
        `${name}@Example.COM`,
        `${name.toUpperCase()}@example.com`,
        `${user.phone}`,
        user.id,
      ];
      for (const identifier of identifiers) {
        expect((await users.findByIdentifier(identifier))?.id, identifier).to.equal(user.id);
      }
    });

    it('finds nobody under unknown, empty or wildcard identifiers', async () => {
      const { users } = use();
      const name = newId();
      await users.save(userRecord({ email: `${name}.x@example.com` }));
      await users.save(userRecord());
      for (const identifier of ['', '%', `${name}%`, `${name}_x@example.com`, 'null', newUserId(), TEXT]) {
        expect(await users.findByIdentifier(identifier), identifier).to.equal(undefined);
      }
      expect(await users.find(newUserId())).to.equal(undefined);
    });
  });
}
