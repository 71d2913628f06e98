import type { Facts } from './facts.ts';
import type { Difference } from './state/compare.ts';

/** The first difference of a kind at a place since the lab was proven, of those that a question picks. */
export const changeOf = (
  { changes }: Pick<Facts, 'changes'>,
  place: string,
  what: Difference['what'],
  picks: (difference: Difference) => boolean = () => true,
): Difference | undefined => changes.find((each) => each.place === place && each.what === what && picks(each));

/** What was set of an interface when the lab was proven, where that is another value now: of `mtu`, `mac`, `vxlan id`. */
export const settingWas = (
  facts: Pick<Facts, 'changes'>,
  place: string,
  device: string,
  setting: string,
): string | undefined => changeOf(facts, place, 'link', ({ subject }) => subject === `${device}: ${setting}`)?.before;

/** The routes of a place by a device that are gone since the lab was proven, but for those that its addresses bring with them. */
export const routesGone = ({ changes }: Pick<Facts, 'changes'>, place: string, device: string): string[] =>
  changes.flatMap(({ place: at, what, change, before = '' }) => {
    const isIts = at === place && what === 'route' && change === 'gone' && ` ${before} `.includes(` dev ${device} `);
    return isIts && !/ proto kernel /.test(before) ? [before] : [];
  });

/** A route as ip(8) prints it, before or after a change of it: where only its value is another one, that lacks what it leads to. */
export function routeText({ change, subject }: Difference, value: string | undefined): string | undefined {
  if (value === undefined || change !== 'other') return value;
  return /^(blackhole|unreachable|prohibit|throw|local) /.test(`${value} `)
    ? value.replace(/^\S+/, `$& ${subject}`)
    : `${subject} ${value}`;
}
