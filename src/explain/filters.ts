import { devicesOut } from './devices-out.ts';
import type { Facts } from './facts.ts';

interface Asked {
  place: string;
  command: string;
}

/** What `tc -s filter show` of an interface printed, on one line. */
export interface FilterAnswer extends Asked {
  device: string;
  way: string;
  output: string;
}

/** What places are asked of the filters that the packet comes by, where it was lost, changed or doubled: a command of tc(8) each. */
export function filterCommands(facts: Pick<Facts, 'site' | 'lookups' | 'now' | 'walk'>): Asked[] {
  const { place, last, peer } = facts.site;
  const comes = [
    ...(last?.direction === 'in' ? [{ place, device: last.device }] : []),
    ...(peer ? [{ place: peer.place, device: peer.device }] : []),
  ].filter((each) => holdsFilters(facts, each));
  const goes = devicesOut(facts).filter((device) => holdsFilters(facts, { place, device }, ['clsact']));
  const all = [
    ...comes.map((each) => commandFor(each, 'ingress')),
    ...goes.map((device) => commandFor({ place, device }, 'egress')),
    ...turningAt(facts).flatMap((at) => commandsAt(facts, at)),
  ];
  return all.filter(
    (one, i) => all.findIndex((each) => each.place === one.place && each.command === one.command) === i,
  );
}

/** Where the packet left otherwise than it should have, or was seen besides. */
function turningAt({ site, walk }: Pick<Facts, 'site' | 'walk'>): string[] {
  const { now, before } = site.changed ?? {};
  const changed = now && before?.place === now.place ? [now.place] : [];
  const strays = walk?.strays.find((each) => each.kind === 'point' && each.direction === 'out');
  return [...new Set([...changed, ...(strays ? [strays.place] : [])])];
}

const commandsAt = ({ now }: Pick<Facts, 'now'>, place: string): Asked[] =>
  (now.get(place)?.qdiscs ?? []).flatMap(({ device, kind }) => [
    ...(kind === 'ingress' || kind === 'clsact' ? [commandFor({ place, device }, 'ingress')] : []),
    ...(kind === 'clsact' ? [commandFor({ place, device }, 'egress')] : []),
  ]);

const commandFor = ({ place, device }: { place: string; device: string }, way: string): Asked => ({
  place,
  command: `tc -s filter show dev ${device} ${way}`,
});

const holdsFilters = (
  { now }: Pick<Facts, 'now'>,
  { place, device }: { place: string; device: string },
  kinds = ['ingress', 'clsact'],
) => now.get(place)?.qdiscs.some((each) => each.device === device && kinds.includes(each.kind)) ?? false;

/** What tells a filter from others, in what `tc -s filter show` printed: `protocol ip pref 49152 u32 match 0a020002/ffffffff at 16`. */
export const filterText = (output: string): string | undefined =>
  /^(?:.*\b)?filter (.*?) action order/
    .exec(output)?.[1]
    ?.replace(/\b(chain|fh|order|ht|bkt|flowid|terminal|key|divisor|not_in_hw)\b( [\da-f:]+(?= |$))?/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** The answers to those commands. */
export const filtersAsked = ({ lookups }: Pick<Facts, 'lookups'>): FilterAnswer[] =>
  lookups.flatMap(({ place, command, output }) => {
    const [, device, way] = /^tc -s filter show dev (\S+) (ingress|egress)$/.exec(command) ?? [];
    return device && way ? [{ place, command, device, way, output: output.replace(/\s+/g, ' ') }] : [];
  });

type Mirred = 'Mirror' | 'Redirect';

/** What the first action of a filter did that copies packets or sends them elsewhere (tc-mirred(8)): where to, and how many; undefined for none. */
export function mirredIn(
  output: string,
  ...kinds: Mirred[]
): { does: Mirred; device: string; packets: number } | undefined {
  const actions = output.matchAll(/mirred \(\w+ (Mirror|Redirect) to device ([^\s)]+)\).*?Sent \d+ bytes (\d+) pkt/g);
  for (const [, does, device = '', packets] of actions)
    if (kinds.includes(does as Mirred))
      return Number(packets) ? { does: does as Mirred, device, packets: Number(packets) } : undefined;
  return undefined;
}
