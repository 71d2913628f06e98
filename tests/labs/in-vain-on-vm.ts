import { expect } from 'chai';
import type { Lab } from '../../src/lab/words.ts';
import type { Live } from '../../src/observe/sent.ts';
import { plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { findings, live, setUp } from '../../src/prove/run.ts';
import { type Runtime, start } from '../../src/runtime/index.ts';
import { whyNot } from '../runtime/vm/image.ts';
import { drawn, howMuch } from './every-lab.ts';
import { type Misspelling, verdictsOf } from './in-vain.ts';

/** What is changed by hand, where, how it is undone, and the checks and walks that must notice. */
export type UndoneMutation = [place: string, change: string, undo: string, noticing: string[]];

/** Shows of every check and every walk of a lab that it can fail, on one machine, where what is changed is undone again; by day, of those that are drawn. */
export const noneInVainOnVm = (
  name: string,
  lab: Lab,
  mutations: readonly UndoneMutation[],
  misspellings: readonly Misspelling[] = [],
) =>
  describe(`No check and no walk of ${name} passes in vain (${howMuch})`, function () {
    this.timeout(180_000);
    const planned = plan(lab, name);
    let runtime: Runtime;
    let eyes: Live;

    before(async function () {
      const why = await whyNot();
      if (why) {
        this.test!.parent!.title += ` (skipped: ${why})`;
        this.skip();
      }
      ({ runtime } = await start(planned, 'vm', {}, () => {}));
      const found = findings();
      expect(await setUp(planned, runtime, found, () => {}), JSON.stringify(found.steps.at(-1))).to.equal(true);
      eyes = await live(planned, runtime);
    });
    after(() => runtime?.[Symbol.asyncDispose]());

    const verdicts = (titles: readonly string[]) => verdictsOf(eyes, planned, titles);

    const all = (titles: string[], each: string) => Object.fromEntries(titles.map((title) => [title, each]));

    it('is all tried here', () => {
      const titles = [...planned.checks, ...planned.matrices].map(({ title }) => title);
      const tried = new Set([
        ...mutations.flatMap(([, , , noticing]) => noticing),
        ...misspellings.map(([title]) => title),
      ]);
      expect([...tried]).to.have.members([...titles, ...planned.walks.map(({ name }) => name)]);
    });

    for (const [title, typed, instead] of drawn(misspellings, name))
      it(`${title}: ${instead} instead of ${typed}`, async () => {
        const own = planned.checks.find((each) => each.title === title)!;
        expect(own.run).to.include(typed);
        const results = await check(eyes, { ...own, run: own.run.replaceAll(typed, instead) });
        expect(results.map((result) => result.verdict)).to.include('failed');
      });

    for (const [place, change, undo, noticing] of drawn(mutations, name))
      it(`${place}# ${change.split('\n')[0]}`, async () => {
        const type = async (lines: string) => {
          const { code, stderr } = await runtime.script(place, lines, { timeoutMs: 60_000 });
          expect(code, stderr).to.equal(0);
          await eyes.watch.refresh();
        };
        await type(change);
        expect(await verdicts(noticing)).to.deep.equal(all(noticing, 'failed'));
        if (!undo) return;
        await type(undo);
        let again = await verdicts(noticing);
        for (let i = 0; i < 20 && Object.values(again).includes('failed'); i++) again = await verdicts(noticing);
        expect(again).to.deep.equal(all(noticing, 'passed'));
      });
  });
