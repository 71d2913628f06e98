import { inCI } from '../commands/strict.ts';
import { type Verdict, worst } from '../judge/result.ts';
import type { Lab } from '../lab/words.ts';
import { BadLab } from '../plan/bad-lab.ts';
import type { Plan } from '../plan/plan.ts';
import { BadUsage, CannotRun } from '../plan/usage.ts';
import { checkText, drillText, walkText } from './report.ts';
import { type AnyLab, NotSetUp, planNow, planOf, type RunOptions, type StandingLab, up } from './run.ts';

export interface SuiteOptions extends RunOptions {
  /** Whether faults that carry no claim are drilled as well; they are, unless this is false. */
  drills?: boolean;
  /** Whether what cannot be tried here fails rather than being skipped: the default where CI is set. */
  strict?: boolean;
  /** How long a test may take, in milliseconds: two minutes, unless it says so. */
  timeoutMs?: number;
}

/** Makes a test of each walk, check and drill of a lab. What is named by a path or URL is read first: await it. */
export interface TestLab {
  (lab: Lab | Plan, options?: SuiteOptions): void;
  (lab: string | URL, options?: SuiteOptions): Promise<void>;
}

/** What a test framework offers; `skip` ends a test as skipped, with the reason, by throwing or by what it returns. */
export interface Framework {
  describe(title: string, body: () => void): void;
  it(title: string, body: (skip: (reason: string) => void) => Promise<void>, timeoutMs: number): void;
  before(work: () => Promise<void>, timeoutMs: number): void;
  after(work: () => Promise<void>, timeoutMs: number): void;
}

/** A walk, check or drill that did not pass, as the terminal shows it; its stack would show packetwalk's own lines. */
export class LabFailure extends Error {
  override name = 'LabFailure';
  constructor(text: string) {
    super(`\n${text}`);
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** What a test framework's own `testLab` is. */
export function testLabWith(framework: Framework): TestLab {
  function testLab(lab: Lab | Plan, options?: SuiteOptions): void;
  function testLab(lab: string | URL, options?: SuiteOptions): Promise<void>;
  function testLab(lab: AnyLab, options: SuiteOptions = {}): void | Promise<void> {
    const begin = (plan: Plan) => suite(framework, plan, options);
    if (typeof lab === 'string' || lab instanceof URL)
      return planOf(lab).then(begin, (error: Error) => unreadable(framework, String(lab), error));
    try {
      begin(planNow(lab, options.name));
    } catch (error) {
      unreadable(framework, lab?.title ?? options.name ?? 'a lab', error as Error);
    }
  }
  return testLab;
}

/** A lab that has problems is a test that fails, and no end to the other tests of its file. */
function unreadable({ describe, it }: Framework, title: string, error: Error): void {
  if (!(error instanceof BadLab || error instanceof BadUsage)) throw error;
  const failing = async () => {
    throw new LabFailure(error.message);
  };
  describe(title, () => it('has no problems', failing, TIMEOUT_MS));
}

const TIMEOUT_MS = 120_000;

function suite(framework: Framework, plan: Plan, options: SuiteOptions): void {
  const { drills = true, strict = inCI(process.env), timeoutMs = TIMEOUT_MS } = options;
  const { describe, it, before, after } = framework;
  describe(plan.title, () => {
    let stood: StandingLab | Error | undefined;
    // A lab that cannot be had is told by each of its tests: what fails in a hook is told of none.
    before(async () => {
      stood = await up(plan, options).catch((error: Error) => error);
    }, timeoutMs);
    after(async () => {
      if (stood && !(stood instanceof Error)) await stood.down();
    }, timeoutMs);

    const test = (title: string, tried: (lab: StandingLab) => Promise<Tried>) =>
      it(
        title,
        async (skip) => {
          const { verdict, text } = stood && !(stood instanceof Error) ? await tried(stood) : absent(stood);
          if (verdict === 'skipped' && !strict) return skip(text);
          if (verdict !== 'passed') throw new LabFailure(text);
        },
        timeoutMs,
      );
    for (const { name } of plan.walks)
      test(name, async (lab) => {
        const walk = await lab.walk(name);
        return { verdict: walk.verdict, text: walkText(walk) };
      });
    for (const { title } of [...plan.matrices, ...plan.checks])
      test(title, async (lab) => {
        const results = await lab.check(title);
        return { verdict: worst(results.map(({ verdict }) => verdict)), text: checkText(results) };
      });
    for (const { fault } of plan.faults.filter(({ claims }) => drills || claims?.length))
      test(`drill: ${fault}`, async (lab) => {
        const drill = await lab.drill(fault);
        return { verdict: drill.verdict, text: drillText(drill) };
      });
  });
}

interface Tried {
  verdict: Verdict;
  text: string;
}

/** How it ended with a lab that does not stand. */
function absent(error: Error | undefined): Tried {
  if (error instanceof CannotRun) return { verdict: error.verdict, text: error.message };
  if (error instanceof NotSetUp) return { verdict: error.document.verdict, text: error.message };
  return { verdict: 'unknown', text: error?.message ?? 'the lab was never begun' };
}
