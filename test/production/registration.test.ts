// Registration tokens and registered clients, used at two processes at once.
import { expect } from 'chai';
import {
  type Answer,
  AUTHOR,
  FEATURES,
  type Json,
  REDIRECT,
  send,
  updateOf,
} from '../registration/support.js';
import { MODES } from '../support/production/backends.js';
import { type Deployment, deploy, type Instance, viaInstance } from '../support/production/instances.js';

const BODY = { redirect_uris: [REDIRECT] };

for (const mode of MODES) {
  describe(`registration at two instances on ${mode.name}`, () => {
    let deployment: Deployment;
    let both: [Instance, Instance];

    before(async () => {
      const policies = { few: { max_clients: 3 } };
      const env = { OAUTH_FEATURES: FEATURES, OAUTH_REGISTRATION_POLICIES: JSON.stringify(policies) };
      deployment = await deploy(mode, { count: 2, env });
      both = deployment.instances as [Instance, Instance];
    });
    after(() => deployment?.close());

    const newToken = async (draft: { uses?: number; policy?: string } = {}) =>
      (await deployment.services.registrationTokens.create({ label: 'test', ...draft }, AUTHOR)).token;

    /** As many requests as that, in turns at one instance and the other. */
    const inTurns = (count: number, request: (via: Instance, index: number) => Promise<Answer>) =>
      Promise.all(Array.from({ length: count }, (_, n) => request(both[(n % 2) as 0 | 1], n)));

    const register = (via: Instance, token: string) =>
      send('POST', `${via.origin}/api/oauth/register`, { token, body: BODY });

    const manage = (via: Instance, method: string, client: Json, body?: Json) =>
      send(method, viaInstance(client.registration_client_uri, via), {
        token: client.registration_access_token,
        body,
      });

    const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort();

    const rows = async (table: string) =>
      Number((await deployment.backend.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n);

    it('one token makes one client', async () => {
      const before = await rows('oauth_client');
      const token = await newToken();
      const answers = await inTurns(10, (via) => register(via, token));
      expect(statuses(answers)).to.deep.equal([201, ...Array(9).fill(401)]);
      expect(await rows('oauth_client')).to.equal(before + 1);
      const made = answers.find(({ status }) => status === 201)?.body ?? {};
      // Known at the other at once.
      for (const via of both) expect((await manage(via, 'GET', made)).status).to.equal(200);
    });

    it('no more clients than the policy has, by however many tokens', async () => {
      const tokens = await Promise.all(Array.from({ length: 8 }, () => newToken({ policy: 'few' })));
      const answers = await inTurns(8, (via, index) => register(via, tokens[index] ?? ''));
      expect(statuses(answers)).to.deep.equal([201, 201, 201, 403, 403, 403, 403, 403]);
      const [gone] = answers.filter(({ status }) => status === 201);
      expect((await manage(both[0], 'DELETE', gone?.body ?? {})).status).to.equal(204);
      // Those that were refused are as good as before.
      const refused = tokens[answers.findIndex(({ status }) => status === 403)] ?? '';
      expect((await register(both[1], refused)).status).to.equal(201);
    });

    it('one of many updates and one of many deletions wins', async () => {
      const { body: client } = await register(both[0], await newToken());
      const updates = await inTurns(8, (via, n) =>
        manage(via, 'PUT', client, updateOf(client, { client_name: `Raced ${n}` })),
      );
      expect(statuses(updates)).to.deep.equal([200, ...Array(7).fill(401)]);
      const updated = updates.find(({ status }) => status === 200)?.body ?? {};
      const deletions = await inTurns(8, (via) => manage(via, 'DELETE', updated));
      expect(statuses(deletions)).to.deep.equal([204, ...Array(7).fill(401)]);
    });

    it('what is off or revoked at one is so at the other at once', async () => {
      const { body: client } = await register(both[0], await newToken());
      await deployment.services.clients.setActive(client.client_id, false, AUTHOR);
      for (const via of both) expect((await manage(via, 'GET', client)).status).to.equal(401);
      await deployment.services.clients.setActive(client.client_id, true, AUTHOR);
      for (const via of both) expect((await manage(via, 'GET', client)).status).to.equal(200);
      await deployment.services.registrations.revokeAccess(client.client_id, AUTHOR);
      for (const via of both) expect((await manage(via, 'GET', client)).status).to.equal(401);
    });

    it('a registration that fails halfway leaves nothing, and the token good', async () => {
      const { query } = deployment.backend;
      const token = await newToken();
      const [clients, registrations] = [await rows('oauth_client'), await rows('oauth_client_registration')];
      // What is written last cannot be: everything before it is undone.
      await query('ALTER TABLE oauth_client_registration RENAME TO oauth_client_registration_away');
      const answers = await inTurns(2, (via) => register(via, token));
      await query('ALTER TABLE oauth_client_registration_away RENAME TO oauth_client_registration');
      for (const { status } of answers) expect(status).to.be.at.least(500);
      expect(await rows('oauth_client')).to.equal(clients);
      expect(await rows('oauth_client_registration')).to.equal(registrations);
      expect((await register(both[0], token)).status).to.equal(201);
    });
  });
}
