// The running service's metrics port, and that cleaning is the running service's work only.
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { createServices } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { systemClock } from '../../src/lib/clock.js';
import { createMemoryStores } from '../../src/store/memory/index.js';
import { copyOfTemplate } from '../support/app.js';
import { freePort, startService } from '../support/child.js';

describe('the metrics port', () => {
  it('serves /metrics and nothing else, apart from the public port, and ends with the service', async () => {
    const dataDir = await copyOfTemplate();
    const service = await startService(dataDir, await freePort(), { METRICS_PORT: '0' });
    try {
      const port = Number(/"metricsPort":(\d+)/.exec(service.output())?.[1]);
      const metricsUrl = `http://127.0.0.1:${port}/metrics`;
      const answer = await fetch(metricsUrl);
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
      expect(await answer.text()).to.include('link2ur_op_janitor_runs_total{outcome="done"} 0');
      const other = await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`);
      expect(other.status).to.equal(404);
      const publicly = await fetch(`${service.issuer}/metrics`);
      expect(publicly.status).to.equal(404);
      expect(await publicly.text()).not.to.include('link2ur_op_');
      service.process.kill('SIGTERM');
      expect(await service.ended).to.equal(0);
      const gone = await fetch(metricsUrl).catch((error: unknown) => error);
      expect(gone).to.be.instanceOf(Error);
    } finally {
      service.process.kill('SIGKILL');
      await service.ended;
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe('services', () => {
  it('clean when told to, and by themselves only once the background work is started', async () => {
    const stores = createMemoryStores(systemClock);
    const expiresAt = new Date('2020-01-01');
    const seed = () => stores.artifacts.upsert('AccessToken', 'key', { payload: {}, expiresAt });
    const left = () => stores.artifacts.countExpired(new Date(), 10);
    await seed();
    const config = loadConfig({ LOG_LEVEL: 'silent', JANITOR_INTERVAL_SECONDS: '1' });
    const services = await createServices(config, { stores, withoutKeys: true });
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      expect(await left()).to.equal(1);
      expect((await services.janitor.runOnce()).deleted.artifacts).to.equal(1);
      await seed();
      services.startBackground();
      for (let i = 0; i < 50 && (await left()) > 0; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(await left()).to.equal(0);
    } finally {
      await services.close();
    }
  });
});
