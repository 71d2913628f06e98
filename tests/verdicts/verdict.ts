import { expect } from 'chai';
import { at, type Hop, ip, type Lab, type Send, type Walk } from '../../src/index.ts';
import { outcomeText } from '../../src/judge/outcome.ts';
import type { HopResult, WalkResult } from '../../src/judge/result.ts';
import type { Live } from '../../src/observe/sent.ts';
import { type Where, whereText } from '../../src/plan/hops.ts';
import { type Plan, type PlannedWalk, plan, planWalk } from '../../src/plan/plan.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';

/** What stands, without its walks. */
export type Standing = Omit<Lab, 'walks'>;

/** A walk, and how it must end: `passed: answered`, `failed: lost at b:eth0 in`; of an unknown one, what its reason says. */
export interface Judged {
  ends: string | RegExp;
  walk: Walk;
}

/** A walk that must end so. */
export const ends = (ends: string | RegExp, send: Send, request: Hop[], rest: Partial<Walk> = {}): Judged => ({
  ends,
  walk: { send, request, ...rest },
});

const isTrue = ({ ends }: Judged) => String(ends).replace('/^', '').startsWith('passed');

/**
 * A lab with those of its walks that must pass: a false listing may be refused before it runs, and is judged all the same. One
 * of which none passes has a walk that says nothing.
 */
export function planOf(standing: Standing, walks: Record<string, Judged>): Plan {
  const listed = Object.entries(walks).flatMap(([name, each]) => (isTrue(each) ? [[name, each.walk] as const] : []));
  const [first] = Object.values(walks);
  const { from } = first!.walk.send;
  const none: Walk = {
    send: { from, command: 'true' },
    request: [at(`${from}:lo`, 'Nothing is sent', ip({ src: '127.0.0.1', dst: '127.0.0.2' }))],
  };
  return plan({ ...standing, walks: listed.length ? Object.fromEntries(listed) : { none } }, 'test');
}

/** A walk as a plan has it, whatever is wrong with its listing. */
export const planned = (name: string, walk: Walk): PlannedWalk => planWalk(name, walk);

/** How a walk ended, in the form in which it is expected. */
export const endingOf = (result: WalkResult): string =>
  `${result.verdict}: ${result.verdict === 'unknown' ? result.reason : outcomeText(result)}`;

/** Takes a walk in a lab that stands and expects its end; what was seen goes with a wrong one. */
export async function expectEnding(live: Live, name: string, { ends, walk: listed }: Judged): Promise<WalkResult> {
  const [result] = await walk(live, [planned(name, listed)]);
  const told = JSON.stringify(toldOf(result!), null, 1);
  if (typeof ends === 'string') expect(endingOf(result!), told).to.equal(ends);
  else expect(endingOf(result!), told).to.match(ends);
  return result!;
}

/** What there is to say of a walk that did not end as it must. */
const toldOf = ({ hops, strays, notes, evidence, command }: WalkResult) => ({
  hops: hops.map((hop) => [whereText(seenAt(hop)), hop.fate, hop.difference].filter(Boolean).join(': ')),
  strays: strays.map((stray) => `${whereText(stray)}${stray.kind === 'point' ? ` ${stray.times} times` : ''}`),
  notes,
  evidence,
  command,
});

const seenAt = (hop: HopResult): Where =>
  hop.kind === 'hook'
    ? { kind: hop.kind, place: hop.place, table: hop.table, chain: hop.chain }
    : { kind: hop.kind, place: hop.place, device: hop.device, ...(hop.direction && { direction: hop.direction }) };

/** Stands a lab up once, and takes each walk in it. */
export function judged(
  title: string,
  standing: Standing,
  walks: Record<string, Judged>,
  up: (plan: Plan) => Promise<Stood> = stand,
): void {
  describe(title, () => {
    let lab: Stood | undefined;
    before(async function () {
      needsNamespaces(this);
      lab = await up(planOf(standing, walks));
    });
    after(() => lab?.[Symbol.asyncDispose]());
    for (const [name, each] of Object.entries(walks))
      it(`${name}: ${each.ends}`, () => expectEnding(lab!, name, each).then(() => {}));
  });
}
