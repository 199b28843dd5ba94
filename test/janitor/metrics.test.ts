// What the metrics say of the janitor's runs.
import { expect } from 'chai';
import { StoreUnavailableError } from '../../src/lib/errors.js';
import { openMetrics } from '../../src/telemetry/open-metrics.js';
import { ago, createScene, DAY, NOW, seedArtifacts } from './support.js';

/** The value of a series, as it is written. */
function seriesIn(text: string, series: string): string | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line?.slice(series.length + 1);
}

describe('metrics', () => {
  it('count what was deleted and how runs ended', async () => {
    let answer: 'real' | 'busy' | 'failed' = 'real';
    const { janitor, stores, metricsText } = await createScene({
      intercept: (_, real) => async (cutoff, batch) => {
        if (answer === 'failed') throw new StoreUnavailableError();
        return answer === 'busy' ? undefined : real(cutoff, batch);
      },
    });
    const outcomes = async () => {
      const text = await metricsText();
      return ['done', 'busy', 'failed'].map((outcome) =>
        seriesIn(text, `link2ur_op_janitor_runs_total{outcome="${outcome}"}`),
      );
    };
    expect(await outcomes()).to.deep.equal(['0', '0', '0']);
    expect(seriesIn(await metricsText(), 'link2ur_op_janitor_deleted_total{kind="grants"}')).to.equal('0');
    await seedArtifacts(stores, 4, ago(DAY));
    for (answer of ['real', 'real', 'busy', 'failed'] as const) await janitor.runOnce();
    expect(await outcomes()).to.deep.equal(['2', '1', '1']);
    expect(seriesIn(await metricsText(), 'link2ur_op_janitor_deleted_total{kind="artifacts"}')).to.equal('4');
  });

  it('say how much is left after a run, also when another instance is at it', async () => {
    let isElsewhere = true;
    const { janitor, stores, metricsText } = await createScene({
      intercept: (_, real) => async (cutoff, batch) => (isElsewhere ? undefined : real(cutoff, batch)),
    });
    const backlog = async () => seriesIn(await metricsText(), 'link2ur_op_janitor_backlog{kind="artifacts"}');
    await seedArtifacts(stores, 3, ago(DAY));
    await janitor.runOnce();
    expect(await backlog()).to.equal('3');
    isElsewhere = false;
    await janitor.runOnce();
    expect(await backlog()).to.equal('0');
  });

  it('count a backlog up to 100,000 at most', async () => {
    const limits: number[] = [];
    const store = {
      deleteExpired: async () => 0,
      countExpired: async (_: Date, atMost: number) => {
        limits.push(atMost);
        return atMost;
      },
    };
    const { janitor, metricsText } = await createScene({
      targets: [{ kind: 'artifacts', store, retentionMs: 0 }],
    });
    await janitor.runOnce();
    expect(limits).to.deep.equal([100_000]);
    expect(seriesIn(await metricsText(), 'link2ur_op_janitor_backlog{kind="artifacts"}')).to.equal('100000');
  });

  it('say when the last run ended that did not fail', async () => {
    let failing = false;
    const { janitor, clock, metricsText } = await createScene({
      intercept: (_, real) => async (cutoff, batch) => {
        if (failing) throw new StoreUnavailableError();
        return real(cutoff, batch);
      },
    });
    const lastRun = async () =>
      Number(seriesIn(await metricsText(), 'link2ur_op_janitor_last_run_timestamp_seconds'));
    await janitor.runOnce();
    expect(await lastRun()).to.equal(NOW.getTime() / 1_000);
    failing = true;
    clock.advance(60_000);
    await janitor.runOnce();
    expect(await lastRun()).to.equal(NOW.getTime() / 1_000);
  });

  it('are kept per instance, with those of the process', async () => {
    const [one, other] = [await openMetrics({ isServed: true }), await openMetrics({ isServed: true })];
    const options = { name: 'test_total', help: 'Things', labels: ['what'] } as const;
    one.counter(options).add(2, { what: 'a' });
    other.counter(options).add(5, { what: 'a' });
    const { contentType, text } = await one.render();
    expect(contentType).to.match(/^text\/plain; version=0\.0\.4/);
    expect(seriesIn(text, 'test_total{what="a"}')).to.equal('2');
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
      expect(Number(seriesIn(text, name)), name).to.be.at.least(0);
    }
  });

  it('are not kept where nobody serves them', async () => {
    const metrics = await openMetrics({ isServed: false });
    metrics.counter({ name: 'test_total', help: 'Things' }).add(1, {});
    metrics.gauge({ name: 'test', help: 'Things' }).set(1, {});
    expect((await metrics.render()).text).to.equal('');
  });
});
