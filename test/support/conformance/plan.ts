// Runs a list of modules as a plan: one provider, one test a module, named after it.
import { expect } from 'chai';
import { movableClock } from '../relying-party.js';
import { type Bench, type Modules, openBench } from './bench.js';

export function describePlan(
  name: string,
  modules: Modules,
  { count, responseMode }: { count: number; responseMode: Bench['responseMode'] },
): void {
  describe(name, () => {
    const clock = movableClock();
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
