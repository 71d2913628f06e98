import { firstIndex } from './foundations.ts';
import type { Link, Plan, Typed } from './plan.ts';

const BRIDGE = 'br0';

/** What makes a bridge of a node that is a switch, once its cables are there. */
export const bridge = (plan: Pick<Plan, 'nodes'>, links: Link[]): Typed[] =>
  plan.nodes
    .filter(({ kind }) => kind === 'switch')
    .map(({ name }) => ({
      place: name,
      lines: [
        'sysctl -eqw net.bridge.bridge-nf-call-iptables=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
        `ip link add ${BRIDGE} up type bridge`,
        ...links
          .flatMap(({ ends }) => ends)
          .filter(({ place }) => place === name)
          .map((end) => `ip link set dev ${end.interface} mtu 65535 up master ${BRIDGE}`),
      ],
    }));

/** The cables as veth pairs; `netns` says in ip-link(8)'s words where a node is. */
export const veths = (links: Link[], netns = (node: string) => node): string[] =>
  links.map(
    ({ ends: [a, b] }, i) =>
      `ip link add name ${a.interface} index ${firstIndex + i} netns ${netns(a.place)} type veth peer name ${b.interface} netns ${netns(b.place)}`,
  );

/** All that is typed to lay cables and switches where nodes are namespaces; what has no place, outside of them. */
export const layCables = (plan: Pick<Plan, 'nodes'>, links: Link[]): Typed[] => [
  { place: '', lines: veths(links) },
  ...bridge(plan, links),
];
