import type { Check, Claim, Fault, Hop, Lab, Matrix, Proof, Walk } from './lab.ts';
import { type Link, links } from './links.ts';
import { BadLab, problems } from './problems.ts';
import { daemonsOf, liveness, type PlannedDaemon, type Typed, typed } from './script.ts';
import { shapeProblems } from './shape.ts';

export type { End, Link } from './links.ts';
export type { Typed } from './script.ts';

/** One step of setting up: cables and switches that the runtime lays, or lines typed at several places at once. */
export interface Step {
  title: string;
  cables?: Link[];
  commands?: Typed[];
}

export interface PlannedWalk extends Walk {
  name: string;
}

export interface PlannedCheck extends Check {
  title: string;
}

export interface PlannedMatrix extends Matrix {
  title: string;
}

export interface PlannedFault extends Omit<Fault, 'break' | 'fix'> {
  fault: string;
  walk: string;
  untouched: string[];
  break: Typed[];
  fix: Typed[];
}

/** Everything that a lab will do, in order, before any of it is done. Plain data, so that it can be kept and sent. */
export interface Plan {
  name: string;
  title: string;
  about?: string;
  /** The size that was asked for, where it is not the lab's own. */
  size?: { nodes?: number; pods?: number };
  nodes: { name: string; kind: 'host' | 'router' | 'switch' }[];
  pods: { name: string; node: string }[];
  links: Link[];
  steps: Step[];
  walks: PlannedWalk[];
  checks: PlannedCheck[];
  matrices: PlannedMatrix[];
  faults: PlannedFault[];
  daemons: PlannedDaemon[];
  claims: Record<string, Claim>;
}

/** Works out all that a lab will do, without doing any of it. Throws a BadLab that lists every problem at once. */
export function plan(value: unknown, name: string): Plan {
  const shape = shapeProblems(value);
  if (shape.length) throw new BadLab(name, shape);
  const lab = value as Lab;
  const wrong = problems(lab);
  if (wrong.length) throw new BadLab(name, wrong);

  const kinds = Object.entries(lab.nodes);
  const nodes = kinds.flatMap(([name, kind]) => (podsNode(kind) ? [] : [{ name, kind: kind as 'host' }]));
  const pods = kinds.flatMap(([name, kind]) => (podsNode(kind) ? [{ name, node: podsNode(kind)! }] : []));
  const wired = links(lab).links;
  const first = Object.keys(lab.walks)[0]!;
  const checks = Object.entries(lab.checks ?? {});
  const daemons = Object.values(lab.setup).flatMap(daemonsOf);
  const restarted = Object.values(lab.faults ?? {}).flatMap((fault) => [fault.break, fault.fix].flatMap(daemonsOf));
  return {
    name,
    title: lab.title,
    ...(lab.about && { about: lab.about }),
    nodes,
    pods,
    links: wired,
    steps: [
      ...foundations(nodes, pods, wired),
      ...Object.entries(lab.setup).map(([title, commands]) => ({ title, commands: typed(commands) })),
    ],
    walks: Object.entries(lab.walks).map(([name, walk]) => ({ name, ...walk })),
    checks: [...checks.flatMap(([title, check]) => ('run' in check ? [{ title, ...check }] : [])), ...run(daemons)],
    matrices: checks.flatMap(([title, check]) => ('pairs' in check ? [{ title, ...check }] : [])),
    faults: Object.entries(lab.faults ?? {}).map(([fault, definition]) => {
      const walk = definition.walk ?? first;
      const others = Object.keys(lab.walks).filter((name) => name !== walk);
      const untouched = definition.untouched === 'all' ? others : (definition.untouched ?? []);
      return { ...definition, fault, walk, untouched, break: typed(definition.break), fix: typed(definition.fix) };
    }),
    daemons: [...daemons, ...restarted],
    claims: lab.claims ?? {},
  };
}

/** A check for each kind of daemon: wherever it was started, it still runs. */
const run = (daemons: PlannedDaemon[]): PlannedCheck[] =>
  [...new Set(daemons.map(({ name }) => name))].map((name) => {
    const same = daemons.filter((each) => each.name === name);
    return {
      title: `${name} still runs`,
      run: liveness(same[0]!),
      see: Object.fromEntries(same.map(({ place }) => [place, { lines: [`${name} runs`] }])),
    };
  });

/** The node that a pod of this kind lives in. */
export const podsNode = (kind: string) => /^pod on (.+)$/.exec(kind)?.[1];

/** The id of a claim that is proven, and what it is corrected to if it is. */
export const proven = (proof: Proof): { id: string; corrects?: string } =>
  typeof proof === 'string' ? { id: proof } : { id: proof.claim, corrects: proof.corrects };

/** Every place of a plan that a packet can be watched at. A switch is a cable: it is not watched. */
export const watched = ({ nodes, pods }: Pick<Plan, 'nodes' | 'pods'>): string[] => [
  ...nodes.filter(({ kind }) => kind !== 'switch').map(({ name }) => name),
  ...pods.map(({ name }) => name),
];

/** The hops of a walk: of the request, the answer and the end. */
export const hopsOf = ({ request, reply = [], end = [] }: Pick<Walk, 'request' | 'reply' | 'end'>): Hop[] => [
  ...request,
  ...reply,
  ...end,
];

/** The places whose hooks of netfilter some walks list. */
export const hookedPlaces = (walks: Walk[]): string[] => [
  ...new Set(walks.flatMap(hopsOf).flatMap(({ at, went }) => (went ? [at.slice(0, at.indexOf(' '))] : []))),
];

/** The address by which a lab's places know each other: that of the first cable which has one there. */
export const addressOf = (links: Link[], place: string): string | undefined =>
  links
    .flatMap(({ ends }) => ends)
    .find((end) => end.place === place && end.address)
    ?.address?.split('/')[0];

// A new namespace takes these from the machine it is made on, so a lab that did not set them would depend on it.
const settings = (kind: 'host' | 'router') =>
  [
    `net.ipv4.ip_forward=${kind === 'router' ? 1 : 0}`,
    'net.bridge.bridge-nf-call-iptables=1',
    ...['rp_filter', 'arp_ignore', 'arp_announce', 'arp_filter', 'proxy_arp', 'send_redirects'].flatMap((name) =>
      ['all', 'default'].map((which) => `net.ipv4.conf.${which}.${name}=0`),
    ),
    'net.ipv6.conf.all.disable_ipv6=1',
    'net.ipv6.conf.default.disable_ipv6=1',
  ].join(' ');

/**
 * The first interface index given to the near end of a cable. Linux tells a veth from its peer by their indexes alone and,
 * when they are equal, may take a second to report that it came up (linkwatch_urgent_event, net/core/link_watch.c).
 */
export const firstIndex = 100;

function foundations(all: Plan['nodes'], pods: Plan['pods'], wired: Link[]): Step[] {
  // A switch is a cable: the runtime lays it, and nothing is typed there.
  const nodes = all.flatMap(({ name, kind }) => (kind === 'switch' ? [] : [{ name, kind }]));
  const inside = wired.filter(({ ends: [a, b] }) =>
    [a, b].some(({ place }) => pods.some(({ name }) => name === place)),
  );
  const between = wired.filter((link) => !inside.includes(link));
  const ends = (place: string) => wired.flatMap((link) => link.ends.filter((end) => end.place === place));
  const podsOf = (node: string) => pods.filter((pod) => pod.node === node);

  const prepare: Typed[] = [
    ...nodes.map(({ name, kind }) => ({
      place: name,
      lines: [...podsOf(name).map((pod) => `ip netns add ${pod.name}`), `sysctl -eqw ${settings(kind)}`],
    })),
    ...pods.map(({ name }) => ({ place: name, lines: [`sysctl -eqw ${settings('host')}`] })),
  ];
  const plug: Typed[] = [
    ...nodes.map(({ name }) => ({
      place: name,
      lines: [
        ...inside.flatMap(({ ends: [a, b] }, i) => {
          const [here, pod] = a.place === name ? [a, b] : [b, a];
          if (here.place !== name) return [];
          return [
            `ip link add name ${here.interface} index ${firstIndex + between.length + i} type veth peer name ${pod.interface} netns ${pod.place}`,
          ];
        }),
        ...address(ends(name)),
      ],
    })),
    ...pods.map(({ name }) => ({ place: name, lines: address(ends(name)) })),
  ];
  return [
    { title: 'Give every node its pods and its kernel settings', commands: prepare },
    ...(between.length ? [{ title: 'Lay the cables between nodes', cables: between }] : []),
    { title: 'Plug each cable in and give it its address', commands: plug },
  ];
}

const address = (ends: Link['ends'][number][]) => [
  'ip link set lo up',
  ...ends.flatMap((end) => [
    `ip link set dev ${end.interface} up`,
    ...(end.address ? [`ip addr add ${end.address} dev ${end.interface}`] : []),
  ]),
];
