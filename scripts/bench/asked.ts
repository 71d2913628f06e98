import { type BuilderName, builderNames } from './builders.ts';
import { type Topology, topologies } from './labs.ts';

export const sizes: Record<Topology, number[]> = { bridge: [10, 100, 300], flannel: [10, 30, 100] };

/** What is to be measured, and how often where the usual number is not meant. */
export interface Asked {
  commandLine: boolean;
  runtimes: boolean;
  loadBalancers: boolean;
  services: boolean;
  states: { topology: Topology; size: number }[];
  builders: readonly BuilderName[];
  rounds?: number;
  /** Nothing is left out, so that the result is worth keeping. */
  all: boolean;
}

const states = topologies.flatMap((topology) => sizes[topology].map((size) => ({ topology, size })));
const nameOf = ({ topology, size }: (typeof states)[number]) => `${topology}-${size}`;
const known = [
  'command-line',
  'runtimes',
  'load-balancers',
  'services',
  ...topologies,
  ...states.map(nameOf),
  ...topologies.map((topology) => `${topology}-N`),
  ...builderNames,
  '--rounds N',
];

/** Reads what was typed; throws a sentence where a word is not known. */
export function asked(words: string[]): Asked {
  const at = words.indexOf('--rounds');
  const rounds = at < 0 ? undefined : Number(words[at + 1]);
  const rest = at < 0 ? words : words.filter((_, i) => i !== at && i !== at + 1);
  const unknown = rest.find((word) => !known.includes(word) && !otherSize(word));
  if (unknown !== undefined || (rounds !== undefined && !(rounds >= 1)))
    throw new Error(`${unknown ?? '--rounds'}: what can be asked for is ${known.join(', ')}`);
  const builders = builderNames.filter((name) => rest.includes(name));
  const parts = rest.filter((word) => !builders.includes(word as BuilderName));
  return {
    commandLine: parts.length ? parts.includes('command-line') : !builders.length,
    runtimes: parts.length ? parts.includes('runtimes') : !builders.length,
    loadBalancers: parts.length ? parts.includes('load-balancers') : !builders.length,
    services: parts.length ? parts.includes('services') : !builders.length,
    states: [
      ...states.filter((state) => !parts.length || parts.includes(nameOf(state)) || parts.includes(state.topology)),
      ...parts.flatMap((word) => otherSize(word) ?? []),
    ],
    builders: builders.length ? builders : builderNames,
    ...(rounds !== undefined && { rounds }),
    all: !rest.length,
  };
}

/** A lab of a size that is not measured by itself: `flannel-300`. */
function otherSize(word: string): (typeof states)[number] | undefined {
  const [, topology, size] = /^(bridge|flannel)-([1-9]\d*)$/.exec(word) ?? [];
  if (!topology || states.some((state) => nameOf(state) === word)) return undefined;
  return { topology: topology as Topology, size: Number(size) };
}
