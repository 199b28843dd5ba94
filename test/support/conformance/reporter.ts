// The runner's usual lines, and at the end a table: plan, passed, warned, skipped, failed, each warning and skip with its
// reason.
import Mocha, { type Runner, type Test } from 'mocha';

const { EVENT_RUN_END, EVENT_TEST_END } = Mocha.Runner.constants;

/** What the table is to know of a test. */
export interface NotedTest extends Test {
  /** Why it ended with a warning of the suite's, or was skipped. */
  warning?: string;
  /** It is about a plan as a whole, and counts only when it fails. */
  isNoModule?: boolean;
}

interface Tally {
  passed: number;
  warned: number;
  skipped: number;
  failed: number;
  notes: string[];
}

const COLUMNS = ['passed', 'warned', 'skipped', 'failed'] as const;

function planOf(test: Test): string {
  const path = test.titlePath();
  return path[0] ?? 'no plan';
}

export default class ConformanceReporter extends Mocha.reporters.Dot {
  constructor(runner: Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const plans = new Map<string, Tally>();
    runner.on(EVENT_TEST_END, (test: NotedTest) => {
      if (test.isNoModule && !test.isFailed()) return;
      const plan = planOf(test);
      const tally = plans.get(plan) ?? { passed: 0, warned: 0, skipped: 0, failed: 0, notes: [] };
      plans.set(plan, tally);
      const note = (what: string) =>
        tally.notes.push(
          `${what}: ${test.titlePath().slice(1).join(' ')}: ${test.warning ?? 'no reason given'}`,
        );
      if (test.isFailed()) tally.failed += 1;
      else if (test.isPending()) {
        tally.skipped += 1;
        note('skipped');
      } else if (test.warning !== undefined) {
        tally.warned += 1;
        note('warned');
      } else tally.passed += 1;
    });
    runner.on(EVENT_RUN_END, () => {
      const width = Math.max(4, ...[...plans.keys()].map(({ length }) => length));
      const line = (name: string, cells: readonly unknown[]) =>
        console.log(`  ${name.padEnd(width)}  ${cells.map((cell) => String(cell).padStart(7)).join('  ')}`);
      console.log('');
      line('plan', COLUMNS);
      for (const [name, tally] of plans) {
        line(
          name,
          COLUMNS.map((column) => tally[column]),
        );
        for (const text of tally.notes) console.log(`    ${text}`);
      }
      console.log('');
    });
  }
}
