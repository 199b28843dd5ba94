// Runs a list of modules as a plan: one provider, one test a module, named after it.
import { expect } from 'chai';
import { movableClock } from '../relying-party.js';
import { type Bench, type Modules, openBench } from './bench.js';
import { isDeployed, waitingClock } from './deployment.js';

export function describePlan(
  name: string,
  modules: Modules,
  {
    count,
    responseMode,
    inProcess,
  }: {
    count: number;
    responseMode: Bench['responseMode'];
    /** Why it cannot be run against a process of its own. */
    inProcess?: string;
  },
): void {
  if (isDeployed && inProcess !== undefined) {
    describe(name, () => {
      it.skip(`runs in this process only: ${inProcess}`);
    });
    return;
  }
  describe(name, () => {
    // A process of its own has the real time.
    const clock = isDeployed ? waitingClock() : movableClock();
    let bench: Bench;

    before(async () => {
      bench = await openBench(responseMode, clock);
    });
    afterEach(() => clock.set(0));
    after(() => bench.app.close());

    it(`has its ${count} modules`, () => {
      expect(Object.keys(modules)).to.have.lengthOf(count);
    });

    for (const [module, run] of Object.entries(modules)) it(module, () => run(bench));
  });
}
