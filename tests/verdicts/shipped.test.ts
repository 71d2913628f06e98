import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { drill } from '../../src/prove/drill.ts';
import { prove, takeDrills, verdictOf } from '../../src/prove/run.ts';
import { ownFolder } from '../commands/packetwalk.ts';
import { needsNamespaces, stand } from '../stand.ts';

/** Drills that are about layer 2, by the lab and their number in it: where they are lost depends on who knows which MAC. */
const ofLayer2: [string, number][] = [
  ['netns-bridge', 2],
  ['netns-bridge-no-address', 1],
  ['docker-networks', 1],
  ['cni-bridge', 4],
];

/** The labs that docs/lab-reference.md shows from the first line to the last. */
const shown = [
  ...readFileSync(new URL('../../docs/lab-reference.md', import.meta.url), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms),
].flatMap(([, block = '']) => (block.includes('export default lab(') ? [block] : []));

describe('the labs of docs/lab-reference.md', () => {
  before(function () {
    needsNamespaces(this);
  });

  it('pass, and their drills do before anything else', async () => {
    using own = ownFolder();
    for (const [i, text] of shown.entries()) {
      const file = join(own.folder, `shown${i}.ts`);
      writeFileSync(
        file,
        text.replace(`from 'packetwalk'`, `from '${new URL('../../src/index.ts', import.meta.url)}'`),
      );
      const { default: lab } = (await import(file)) as { default: unknown };
      await using stood = await stand(plan(lab, 'shown'));
      const { found } = stood;
      await takeDrills(
        stood,
        stood.plan.faults.map(({ fault }) => fault),
        found,
        () => {},
      );
      await prove(stood, found, () => {}, { drills: true });
      expect(verdictOf(stood.plan, found, { drills: true })).to.deep.equal({ verdict: 'passed', reason: '' });
    }
  });
});

describe('a drill of a shipped lab, on one that nobody has used yet', () => {
  before(function () {
    needsNamespaces(this);
  });

  for (const [name, number] of ofLayer2)
    it(`${name}, drill ${number}, and again`, async () => {
      const { default: lab } = (await import(`../../labs/${name}.ts`)) as { default: unknown };
      await using stood = await stand(plan(lab, name));
      for (let i = 0; i < 2; i++) {
        const { result } = await drill(stood, stood.plan.faults[number - 1]!);
        expect({ verdict: result.verdict, healed: result.healed }, result.reason).to.deep.equal({
          verdict: 'passed',
          healed: true,
        });
      }
    });
});
