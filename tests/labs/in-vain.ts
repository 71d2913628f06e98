import { expect } from 'chai';
import { type Verdict, worst } from '../../src/judge/result.ts';
import type { Lab } from '../../src/lab/words.ts';
import type { Live } from '../../src/observe/sent.ts';
import { type Plan, plan } from '../../src/plan/plan.ts';
import { check } from '../../src/prove/check.ts';
import { checkMatrices } from '../../src/prove/reachability.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, stand } from '../stand.ts';
import { drawn, howMuch } from './every-lab.ts';

/** What is changed by hand, where, and the checks and walks that must notice. */
export type Mutation = [place: string, command: string, noticing: string[]];

/** What is left out of a check, or put in another's stead, so that what it proves is not so. */
export type Misspelling = [title: string, typed: string, instead: string];

const first = (lines: string) => lines.trim().split('\n')[0];

/** How some checks and walks of a lab end, one after the other, by their titles. */
export async function verdictsOf(
  eyes: Live,
  planned: Plan,
  titles: readonly string[],
): Promise<Record<string, Verdict>> {
  const found: Record<string, Verdict> = {};
  for (const title of titles) {
    const one = planned.checks.find((each) => each.title === title);
    const sent = planned.walks.find((each) => each.name === title);
    const matrix = planned.matrices.find((each) => each.title === title);
    if (!one && !sent && !matrix) throw new Error(`there is no check or walk '${title}'`);
    const results = one
      ? await check(eyes, one)
      : sent
        ? await walk(eyes, [sent], { waitS: 0.5 })
        : await checkMatrices(eyes, [matrix!], { waitS: 0.5 });
    found[title] = worst(results.map(({ verdict }) => verdict));
  }
  return found;
}

/** Shows of every check and every walk of a lab that it can fail; by day, of those that are drawn. */
export const noneInVain = (name: string, lab: Lab, mutations: Mutation[], misspellings: Misspelling[] = []) =>
  describe(`No check and no walk of ${name} passes in vain (${howMuch})`, function () {
    this.timeout(30_000);
    const planned = plan(lab, name);
    before(function () {
      needsNamespaces(this);
    });

    /** A check as it is, of which what is to be misspelt is a part. */
    const spelt = (title: string, typed: string) => {
      const own = planned.checks.find((each) => each.title === title)!;
      expect(own.run).to.include(typed);
      return own;
    };

    it('is all tried here', () => {
      for (const [title, typed] of misspellings) spelt(title, typed);
      const tried = new Set([...mutations.flatMap(([, , titles]) => titles), ...misspellings.map(([title]) => title)]);
      expect([...tried]).to.have.members([
        ...[...planned.checks, ...planned.matrices].map(({ title }) => title),
        ...planned.walks.map(({ name }) => name),
      ]);
    });

    for (const [place, command, noticing] of drawn(mutations, name))
      it(`${place}# ${first(command)}`, async () => {
        await using stood = await stand(planned);
        const { code, stderr } = await stood.runtime.script(place, command);
        expect(code, stderr).to.equal(0);
        await stood.watch.refresh();
        expect(await verdictsOf(stood, planned, noticing)).to.deep.equal(
          Object.fromEntries(noticing.map((title) => [title, 'failed'])),
        );
      });

    for (const [title, typed, instead] of drawn(misspellings, name))
      it(`${title}: ${first(instead)} instead of ${first(typed)}`, async () => {
        await using stood = await stand(planned);
        const own = spelt(title, typed);
        const results = await check(stood, { ...own, run: own.run.replaceAll(typed, instead) });
        expect(results.map((result) => result.verdict)).to.include('failed');
      });
  });
