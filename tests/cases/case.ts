import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { Lab } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import type { WalkResult } from '../../src/judge/result.ts';
import type { Live } from '../../src/observe/sent.ts';
import type { Plan, PlannedWalk } from '../../src/plan/plan.ts';
import { flowsOf } from '../../src/prove/drill.ts';
import { walk } from '../../src/prove/walk.ts';
import { type Document, extended, unfinished } from '../../src/record/document.ts';
import { terminal } from '../../src/report/terminal.ts';
import { type Breaking, breakIt, mendIt, type Proven, proven } from '../causes/standing.ts';
import { needsNamespaces, type Stood } from '../stand.ts';
import { endingOf } from '../verdicts/verdict.ts';

/** A fault that people reported, and what is right to say of it. */
export interface Case extends Breaking {
  /** No place knows any neighbour when the packet is sent, as in a lab that was just stood up. */
  cold?: true;
  /** The walk that is lost; the lab's first when absent. */
  walk?: string;
  /** How it ends: `failed: lost at x:ea`. */
  ends: string;
  /** Its name in the table of causes; more than one where each is right. */
  cause: string | string[];
  /** Whether the line that is told to mend it does so, typed as it stands; `mends` then has nothing left to do, or bears that. */
  isMendedAsTold?: true;
  /** What must stand in the first three lines under the verdict. */
  says: (string | RegExp)[];
}

const COLUMNS = 100;
const MEND_MS = 5000;

/** What a person reads of a walk. */
function printed(result: WalkResult): string {
  const texts: string[] = [];
  const report = terminal({
    write: (text) => texts.push(text),
    columns: COLUMNS,
    live: false,
    detail: 'all',
    colours: false,
  });
  report({ type: 'walk ended', walk: result });
  return stripVTControlCharacters(texts.join(''));
}

/** The first three lines under the last line that says how the walk ended, as one. */
function underVerdict(text: string, outcome: string): string {
  const lines = text.split('\n');
  const verdict = lines.findLastIndex((line) => /^\s*✗/.test(line) && line.includes(outcome));
  return lines
    .slice(verdict + 1, verdict + 4)
    .map((line) => line.trim())
    .join(' ');
}

/** The causes of a walk's result, as they stand in the document that `--json` prints. */
function inJson(result: WalkResult): WalkResult['causes'] {
  const { walks } = JSON.parse(JSON.stringify(extended(unfinished, { type: 'walk ended', walk: result }))) as Pick<
    Document,
    'walks'
  >;
  return walks[0]!.causes;
}

const walkOf = ({ plan }: Live, { walk: name = plan.walks[0]!.name }: Case): PlannedWalk =>
  plan.walks.find((each) => each.name === name)!;

/** Takes a walk in a lab that nothing is broken in: all of its places know their neighbours then. */
async function expectPassed(lab: Proven, planned: PlannedWalk): Promise<void> {
  const [result] = await walk(lab, [planned]);
  expect(result!.verdict, printed(result!)).to.equal('passed');
}

/** Takes the walk of a case in a lab that it broke, and expects its end, its cause, and what a person reads first. */
async function expectCase(lab: Proven, each: Case): Promise<void> {
  const { ends, cause, says } = each;
  const [result] = await walk(lab, [walkOf(lab, each)], { causes: true, isPatient: true, before: lab.baseline });
  const text = printed(result!);
  expect(endingOf(result!), text).to.equal(ends);
  const names = inJson(result!).map((each) => each.cause);
  const told = result!.causes.map((each) => `${each.cause} (${each.confidence}): ${each.sentence}`).join('\n');
  expect([cause].flat(), `one of them is first or second of:\n${told || 'none'}\n${text}`).to.include.oneOf(
    names.length ? names.slice(0, 2) : ['none'],
  );
  const [sentence = ''] = result!.causes.flatMap((each) =>
    [cause].flat().includes(each.cause) ? [each.sentence] : [],
  );
  expectSaid(sentence, says, text);
  const first = underVerdict(text, outcomeText(result!));
  expectSaid(first, says, text);
  if (each.isMendedAsTold) await expectMended(lab, walkOf(lab, each), result!);
}

/** Types what is told to mend it, and expects the walk to pass. */
async function expectMended(lab: Proven, planned: PlannedWalk, result: WalkResult): Promise<void> {
  const [{ fix } = { fix: null }] = result.causes;
  expect(fix, 'the first cause has a line that mends it').to.not.equal(null);
  const { code, stderr } = await lab.runtime.script(fix!.place, fix!.command, { timeoutMs: MEND_MS });
  expect(code, `${fix!.place}# ${fix!.command}: ${stderr}`).to.equal(0);
  await lab.runtime.forget([...lab.watch.places], flowsOf([result]));
  await lab.watch.drain();
  await expectPassed(lab, planned);
}

function expectSaid(said: string, says: Case['says'], text: string): void {
  for (const each of says) expect(said, text).to.match(typeof each === 'string' ? new RegExp(escaped(each)) : each);
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Stands a lab up once, and breaks it, walks and mends it for each case. */
export function cases(
  title: string,
  lab: Lab,
  all: Record<string, Case>,
  { up, available }: { up?: (plan: Plan) => Promise<Stood>; available?: () => Promise<string | undefined> } = {},
): void {
  describe(title, () => {
    let stood: Proven | undefined;
    before(async function () {
      if (!available) needsNamespaces(this);
      const why = await available?.();
      if (why) {
        this.test?.parent?.eachTest((test) => {
          test.title += ` (skipped: ${why})`;
        });
        this.skip();
      }
      stood = await proven(lab, up);
    });
    after(() => stood?.[Symbol.asyncDispose]());

    it('nothing is broken: all walks pass, and there is no cause', () => {
      const sick = stood!.healthy.filter(({ verdict, causes }) => verdict !== 'passed' || causes.length);
      expect(sick.map((each) => printed(each)).join('')).to.equal('');
    });

    for (const [name, each] of Object.entries(all))
      it(name, async () => {
        if (!each.cold) await expectPassed(stood!, walkOf(stood!, each));
        try {
          await breakIt(stood!, each);
          if (each.cold) await stood!.runtime.forget([...stood!.watch.places], []);
          await stood!.watch.drain();
          await expectCase(stood!, each);
        } finally {
          await mendIt(stood!, each);
        }
      });
  });
}
