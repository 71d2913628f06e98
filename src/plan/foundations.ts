import type { Link } from './cables.ts';
import type { Plan, Step } from './plan.ts';
import type { Typed } from './script.ts';

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

/** What every lab begins with: pods, kernel settings, cables and addresses. */
export function foundations(all: Plan['nodes'], pods: Plan['pods'], wired: Link[]): Step[] {
  // A switch is a cable: the runtime lays it, and nothing is typed there.
  const nodes = all.flatMap(({ name, kind }) => (kind === 'switch' ? [] : [{ name, kind }]));
  const podNames = new Set(pods.map(({ name }) => name));
  const isInside = ({ ends }: Link) => ends.some(({ place }) => podNames.has(place));
  const inside = wired.filter(isInside);
  const between = wired.filter((link) => !isInside(link));
  const cabled = new Map<string, Link['ends'][number][]>();
  for (const end of wired.flatMap(({ ends }) => ends)) {
    const all = cabled.get(end.place);
    if (all) all.push(end);
    else cabled.set(end.place, [end]);
  }
  const ends = (place: string) => cabled.get(place) ?? [];
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
