import { firstIndex } from '../../plan/foundations.ts';
import { veths } from '../../plan/lay-cables.ts';
import type { Link } from '../../plan/plan.ts';
import type { Agent } from '../agent/agent.ts';
import type { Runtime } from '../runtime.ts';
import type { Relays } from './relays.ts';

/** The first index of an end that is held, far from those of the interfaces that it is the peer of (see firstIndex). */
const FIRST_OWN = 10_000;

/** A cable with one end on a machine: its number in the lab, that end, and the index of its peer, which is to be held. */
export interface CutEnd {
  cable: number;
  place: string;
  interface: string;
  own: number;
}

/** What of some cables is on a machine with some nodes: the commands that lay it, and the ends whose other end is elsewhere. */
export function partOf(links: Link[], nodes: string[]): { lines: string[]; cut: CutEnd[] } {
  const isHere = ({ place }: { place: string }) => nodes.includes(place);
  const whole = veths(links).filter((_, i) => links[i]!.ends.every(isHere));
  const cut = links.flatMap(({ ends }, cable): CutEnd[] =>
    ends.every(isHere)
      ? []
      : ends
          .filter(isHere)
          .map(({ place, interface: name }) => ({ cable, place, interface: name, own: FIRST_OWN + cable })),
  );
  return {
    lines: [
      ...whole,
      // What is held shall say nothing itself.
      ...(cut.length ? ['sysctl -eqw net.ipv6.conf.default.disable_ipv6=1'] : []),
      ...cut.flatMap((end) => [pair(end, links[end.cable]!), `ip link set dev ${ownName(end)} mtu 65535`]),
    ],
    cut,
  };
}

const ownName = ({ cable }: CutEnd) => `relay${cable}`;

/** As on one machine, the near end of a cable has an index of its own, and the far end the next that is free. */
const pair = (end: CutEnd, { ends: [near] }: Link) =>
  near.place === end.place && near.interface === end.interface
    ? `ip link add name ${end.interface} index ${firstIndex + end.cable} netns ${end.place} type veth peer name ${ownName(end)} index ${end.own}`
    : `ip link add name ${ownName(end)} index ${end.own} type veth peer name ${end.interface} netns ${end.place}`;

/** A machine with some of a lab's nodes, where its part of some cables is laid. */
interface Laid {
  machine: string;
  nodes: string[];
  agent: Agent;
}

/** Joins those of some cables that lie on two machines. */
export async function joinCut(
  relay: Relays,
  interfaces: Runtime['interfaces'],
  machines: Laid[],
  links: Link[],
): Promise<void> {
  const cut = machines.flatMap((on) => partOf(links, on.nodes).cut.map((end) => ({ ...end, on })));
  if (machines.length < 2 || !cut.length) return;
  const known = await interfaces([...new Set(cut.map(({ place }) => place))]);
  const ends = cut.map(({ on: { agent, machine }, cable, place, interface: name, own }) => {
    const index = known.get(place)?.find((each) => each.name === name)?.index;
    if (index === undefined) throw new Error(`${machine} has no ${place}:${name}`);
    return { cable, end: { agent, machine, place, index, own } };
  });
  await Promise.all(
    links.map(async (_, cable) => {
      const [one, other] = ends.flatMap((each) => (each.cable === cable ? [each.end] : []));
      if (one && other) await relay.join(String(cable), [one, other]);
    }),
  );
  await relay.settled();
}
