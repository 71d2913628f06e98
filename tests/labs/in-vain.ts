import { expect } from 'chai';
import type { Lab } from '../../src/lab/words.ts';
import { plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { checkMatrices } from '../../src/prove/reachability.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

/** What is changed by hand, where, and the checks and walks that must notice. */
export type Mutation = [place: string, command: string, noticing: string[]];

/** What is left out of a check, or put in another's stead, so that what it proves is not so. */
export type Misspelling = [title: string, typed: string, instead: string];

const first = (lines: string) => lines.trim().split('\n')[0];

/** Shows of every check and every walk of a lab that it can fail. */
export const noneInVain = (name: string, lab: Lab, mutations: Mutation[], misspellings: Misspelling[] = []) =>
  describe(`No check and no walk of ${name} passes in vain`, function () {
    this.timeout(30_000);
    const planned = plan(lab, name);
    before(function () {
      needsNamespaces(this);
    });

    const verdict = async (eyes: Stood, title: string) => {
      const one = planned.checks.find((each) => each.title === title);
      const sent = planned.walks.find((each) => each.name === title);
      const matrix = planned.matrices.find((each) => each.title === title);
      if (!one && !sent && !matrix) throw new Error(`there is no check or walk '${title}'`);
      const results = one
        ? await check(eyes, one)
        : sent
          ? await walk(eyes, [sent], { waitS: 0.5 })
          : await checkMatrices(eyes, [matrix!], { waitS: 0.5 });
      return results.some((result) => result.verdict === 'failed') ? 'failed' : results[0]!.verdict;
    };

    it('is all tried here', () => {
      const tried = new Set([...mutations.flatMap(([, , titles]) => titles), ...misspellings.map(([title]) => title)]);
      expect([...tried]).to.have.members([
        ...[...planned.checks, ...planned.matrices].map(({ title }) => title),
        ...planned.walks.map(({ name }) => name),
      ]);
    });

    for (const [place, command, noticing] of mutations)
      it(`${place}# ${first(command)}`, async () => {
        await using stood = await stand(planned);
        const { code, stderr } = await stood.runtime.script(place, command);
        expect(code, stderr).to.equal(0);
        await stood.watch.refresh();
        const verdicts: Record<string, string> = {};
        for (const title of noticing) verdicts[title] = await verdict(stood, title);
        expect(verdicts).to.deep.equal(Object.fromEntries(noticing.map((title) => [title, 'failed'])));
      });

    for (const [title, typed, instead] of misspellings)
      it(`${title}: ${first(instead)} instead of ${first(typed)}`, async () => {
        await using stood = await stand(planned);
        const own = planned.checks.find((each) => each.title === title)!;
        expect(own.run).to.include(typed);
        const results = await check(stood, { ...own, run: own.run.replaceAll(typed, instead) });
        expect(results.map((result) => result.verdict)).to.include('failed');
      });
  });
