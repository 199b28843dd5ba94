// Logout tokens on several instances: none is lost with a process, and none is sent by two at once.
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import { clientInputSchema } from '../../src/clients/input.js';
import { authorizeUrl, freePort, REDIRECT_URI, SECRET, signIn, USER } from '../support/app.js';
import { runCli } from '../support/cli.js';
import { type LogoutReceiver, openLogoutReceiver } from '../support/logout-receiver.js';
import { MODES } from '../support/production/backends.js';
import {
  DATA_DIR,
  type Deployment,
  deploy,
  type Instance,
  SECRETS,
  Tab,
} from '../support/production/instances.js';
import { eventually } from '../support/production/waiting.js';
import { walk } from '../support/walk.js';

const LEASE_MS = 30_000;

for (const mode of MODES) {
  describe(`logout tokens on several instances, on ${mode.name}`, () => {
    let deployment: Deployment;
    let issuer: string;
    let a: Instance;
    let b: Instance;
    const clientId = 'listener';

    before(async () => {
      deployment = await deploy(mode, { count: 2 });
      issuer = deployment.issuer;
      [a, b] = deployment.instances as [Instance, Instance];
    });
    after(() => deployment?.close());

    async function listenAt(uri: string): Promise<void> {
      const client = {
        client_id: clientId,
        client_name: clientId,
        client_secret: SECRET,
        redirect_uris: [REDIRECT_URI],
        backchannel_logout_uri: uri,
        backchannel_logout_session_required: true,
      };
      await deployment.services.clients.apply(clientInputSchema.parse(client), 'operator:test');
    }

    async function logIn(): Promise<Tab> {
      const browser = new Tab(issuer, a);
      await signIn(browser, issuer, authorizeUrl(issuer, { client_id: clientId }));
      return browser;
    }

    async function restart(): Promise<void> {
      a = await deployment.add(Number(new URL(issuer).port));
    }

    const states = async () =>
      (await deployment.services.deliveries.list(clientId, { limit: 200 })).items.map(({ state }) => state);

    /** Of each `sid`, how often it was told. */
    function toldBy(receiver: LogoutReceiver): number[] {
      const counts = new Map<unknown, number>();
      for (const body of receiver.received) {
        const { sid } = decodeJwt(new URLSearchParams(body).get('logout_token') ?? '');
        counts.set(sid, (counts.get(sid) ?? 0) + 1);
      }
      return [...counts.values()];
    }

    it('are sent once each, however many instances look for them', async () => {
      const receiver = await openLogoutReceiver();
      try {
        await listenAt(receiver.uri);
        // So that the others look while it is being sent.
        receiver.slowMs = 400;
        const sids = Array.from({ length: 120 }, (_, n) => `sid-${n}`);
        // Noted here, and left to those who look for what is due.
        await deployment.services.backchannelLogout.note({ userId: USER.id, clientId, sids });
        await eventually(30_000, async () => {
          if ((await states()).some((state) => state !== 'sent')) throw new Error('not all are sent');
        });
        expect(toldBy(receiver)).to.deep.equal(Array(sids.length).fill(1));
      } finally {
        await receiver.close();
      }
    });

    it('outlive an instance that is killed after it answered the logout', async () => {
      const port = await freePort();
      await listenAt(`http://localhost:${port}/backchannel-logout`);
      const browser = await logIn();
      const { page } = await walk(browser, issuer, `${issuer}/api/oauth/logout`);
      expect(page.text).to.include('id="signed-out"');
      await a.kill();
      const receiver = await openLogoutReceiver(port);
      try {
        // By the other one: after the first back-off, or the dead one's lease.
        await eventually(LEASE_MS + 15_000, async () => {
          if (receiver.received.length === 0) throw new Error('not told');
        });
        expect(toldBy(receiver)).to.deep.equal([1]);
      } finally {
        await receiver.close();
        await restart();
      }
    });

    it('outlive an instance that is killed while it sends', async () => {
      const receiver = await openLogoutReceiver();
      receiver.answer = 'hang';
      try {
        await listenAt(receiver.uri);
        const browser = await logIn();
        await walk(browser, issuer, `${issuer}/api/oauth/logout`);
        await receiver.tokens(1);
        await a.kill();
        receiver.answer = 204;
        await eventually(LEASE_MS + 15_000, async () => {
          if (receiver.received.length < 2) throw new Error('not told again');
        });
        const jtis = receiver.received.map((body) => {
          const claims = decodeJwt(new URLSearchParams(body).get('logout_token') ?? '');
          return claims.jti;
        });
        expect(new Set(jtis).size).to.equal(2);
      } finally {
        await receiver.close();
        await restart();
      }
    });

    it('are left to the service by the command line, which waits for nobody', async () => {
      const receiver = await openLogoutReceiver();
      try {
        await listenAt(receiver.uri);
        await logIn();
        await Promise.all([a.kill(), b.kill()]);
        const env = { ...SECRETS, DATA_DIR, ...deployment.backend.env, OAUTH_ISSUER: issuer };
        const ended = await runCli(['session', 'end', '--user', USER.id, '--yes', '--json'], { env });
        expect(ended.code, ended.stderr).to.equal(0);
        expect(receiver.received).to.deep.equal([]);
        await restart();
        await receiver.tokens(1);
        expect(toldBy(receiver)).to.deep.equal([1]);
      } finally {
        await receiver.close();
      }
    });
  });
}
