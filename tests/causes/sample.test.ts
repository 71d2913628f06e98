import { expect } from 'chai';
import { causeKinds } from '../../src/explain/causes/index.ts';
import type { Lab } from '../../src/index.ts';
import { plan } from '../../src/plan/plan.ts';
import { needsNamespaces } from '../stand.ts';
import { breakers } from './breakages.ts';
import { random } from './random.ts';
import { type Proven, proven } from './standing.ts';
import { attempt, draw, typedText } from './trial.ts';

/** Labs in which every kind of breakage finds a place. */
const labs = [
  'netns-bridge',
  'flannel-vxlan',
  'calico-bgp',
  'netfilter-hooks',
  'docker-networks',
  'flannel-vxlan-dual-stack',
  'network-policy',
  'cni-portmap',
];
const SEED = 10;
const names = causeKinds.map(({ name }) => name);

/** The breakages of a lab: each kind once, in the first lab that offers a place for it. */
const taken = new Set<string>();

describe('what is broken is named', () => {
  for (const name of labs)
    describe(`in ${name}`, function () {
      this.timeout(120_000);
      let lab: Proven;
      before(async function () {
        needsNamespaces(this);
        const { default: own } = (await import(`../../labs/${name}.ts`)) as { default: Lab };
        lab = await proven(plan(own, name));
      });
      after(() => lab?.[Symbol.asyncDispose]());

      it('nothing is broken: all walks pass, and there is no cause', () => {
        const sick = lab.healthy.filter(({ verdict, causes }) => verdict !== 'passed' || causes.length);
        expect(sick.map((each) => each.name)).to.deep.equal([]);
      });

      it('each kind of breakage that this lab is the first to have a place for is named among the first three', async () => {
        const missed: string[] = [];
        const here = Object.keys(breakers).filter((kind) => !taken.has(kind) && draw(lab, kind, random(SEED)));
        for (const kind of here) {
          taken.add(kind);
          const trial = await attempt(lab, kind, SEED);
          const strange = trial?.breakage.causes.filter((each) => !names.includes(each)) ?? [];
          missed.push(...strange.map((each) => `there is no cause '${each}'`));
          if (trial?.outcome !== 'missed') continue;
          const told = trial.broken!.causes.map(({ cause, place }) => `${cause} at ${place}`).join(', ');
          missed.push(`${trial.breakage.causes[0]}: ${typedText(trial.breakage)}: ${told || 'no cause'}`);
        }
        expect(missed).to.deep.equal([]);
      });
    });
});
