import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { drill } from '../../src/prove/drill.ts';
import { needsNamespaces, stand } from '../stand.ts';

/** Drills that are about layer 2, by the lab and their number in it: where they are lost depends on who knows which MAC. */
const ofLayer2: [string, number][] = [
  ['netns-bridge', 2],
  ['netns-bridge-no-address', 1],
  ['docker-networks', 1],
  ['cni-bridge', 4],
];

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
