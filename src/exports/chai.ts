/** `packetwalk/chai`: `use(packetwalkChai)`, and then `await expect(lab).to.walk('podA pings podB')`. */
import { type Verdict, worst } from '../judge/result.ts';
import { checkText, drillText, walkText } from './report.ts';
import type { StandingLab } from './run.ts';
import { LabFailure } from './suite.ts';

declare global {
  namespace Chai {
    interface Assertion {
      /** One of a standing lab's walks goes as it is listed; the first without a name. With `not`, it fails: what cannot be told is neither. */
      walk(name?: string): Promise<void>;
      /** One of its checks passes at each of its places. */
      check(title: string): Promise<void>;
      /** One of its faults fails the walk as predicted, and is mended. */
      drill(fault?: string): Promise<void>;
    }
  }
}

/** The part of Chai's plug-in interface that is used. */
interface Chai {
  Assertion: { addMethod(name: string, method: (this: object, word?: string) => unknown): void };
}
interface Utils {
  flag(assertion: object, name: string): unknown;
}

/** A plug-in of Chai, for labs that `up` of `packetwalk/run` has stood up. */
export function packetwalkChai({ Assertion }: Chai, utils: Utils): void {
  const add = (word: string, take: (lab: StandingLab, name?: string) => Promise<{ verdict: Verdict; text: string }>) =>
    Assertion.addMethod(word, async function (name) {
      const lab = utils.flag(this, 'object');
      if (!isStanding(lab))
        throw new TypeError(`expect(lab).to.${word}() is for a lab that up() of packetwalk/run gave`);
      const { verdict, text } = await take(lab, name);
      const expected = utils.flag(this, 'negate') ? 'failed' : 'passed';
      if (verdict !== expected) throw new LabFailure(text);
    });
  add('walk', async (lab, name) => {
    const walk = await lab.walk(name);
    return { verdict: walk.verdict, text: walkText(walk) };
  });
  add('check', async (lab, title = '') => {
    const results = await lab.check(title);
    return { verdict: worst(results.map(({ verdict }) => verdict)), text: checkText(results) };
  });
  add('drill', async (lab, fault) => {
    const drill = await lab.drill(fault);
    return { verdict: drill.verdict, text: drillText(drill) };
  });
}

const isStanding = (value: unknown): value is StandingLab =>
  typeof value === 'object' && value !== null && 'walk' in value && 'drill' in value && 'check' in value;
