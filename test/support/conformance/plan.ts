// Runs a list of modules as a plan: one provider, one test a module, named after it; a plan of several response types
// runs a list for each.
import { expect } from 'chai';
import type { Context } from 'mocha';
import { movableClock } from '../relying-party.js';
import { type Bench, type BenchOptions, type Module, type Modules, openBench } from './bench.js';
import { isDeployed, waitingClock } from './deployment.js';
import type { ResponseType } from './front-channel.js';
import type { NotedTest } from './reporter.js';

/** Modules that are run with one response type. */
export interface Run {
  responseType: ResponseType;
  modules: Modules;
}

interface PlanOptions extends Pick<BenchOptions, 'responseMode' | 'env'> {
  /** How many modules there are, over all response types. */
  count: number;
  /** Why it cannot be run against a process of its own. */
  inProcess?: string;
}

/** Ends a test as the suite ends its module. */
export function conclude(context: Context, outcome: Awaited<ReturnType<Module>>): void {
  if (!outcome) return;
  const test = context.test as NotedTest;
  test.warning = 'warned' in outcome ? outcome.warned : outcome.skipped;
  // Elsewhere it is a test like others: what it says was found to be so.
  if ('skipped' in outcome && isDeployed) context.skip();
}

/** A deployed plan that can be run in this process only, and why. */
export function describeElsewhere(name: string, reason: string): void {
  describe(name, () => {
    it('is run in this process only', function () {
      conclude(this, { skipped: reason });
    });
  });
}

/** That no module of a plan is missing. */
export function itHas(count: number, modules: readonly string[]): void {
  it(`has its ${count} modules`, function () {
    (this.test as NotedTest).isNoModule = true;
    expect(modules).to.have.lengthOf(count);
  });
}

/** The modules of one response type; under its name where the plan has several. */
export function describeRun(runs: readonly unknown[], responseType: ResponseType, define: () => void): void {
  if (runs.length > 1) describe(`response_type=${responseType}`, define);
  else define();
}

/** @param runs the response types of the plan, each with its modules */
export function describeRuns(
  name: string,
  runs: readonly Run[],
  { count, inProcess, ...options }: PlanOptions,
): void {
  if (isDeployed && inProcess !== undefined) {
    describeElsewhere(name, inProcess);
    return;
  }
  describe(name, () => {
    // A process of its own has the real time.
    const clock = isDeployed ? waitingClock() : movableClock();
    let bench: Bench;

    before(async () => {
      const responseTypes = runs.map(({ responseType }) => responseType);
      bench = await openBench({ ...options, clock, responseTypes });
    });
    afterEach(() => clock.set(0));
    after(() => bench.app.close());

    itHas(
      count,
      runs.flatMap(({ modules }) => Object.keys(modules)),
    );

    for (const { responseType, modules } of runs) {
      describeRun(runs, responseType, () => {
        for (const [module, run] of Object.entries(modules)) {
          it(module, async function () {
            conclude(this, await run({ ...bench, responseType }));
          });
        }
      });
    }
  });
}

/** A plan of the code flow. */
export function describePlan(name: string, modules: Modules, options: PlanOptions): void {
  describeRuns(name, [{ responseType: 'code', modules }], options);
}
