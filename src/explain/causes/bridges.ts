import type { Facts } from '../facts.ts';
import { type StuckAt, stuckAt } from '../layer2/stuck.ts';
import type { CauseKind, Told } from './kind.ts';

function told({ stuck, crossing: { place, bridge }, problem }: StuckAt): Told {
  const { what, sure, show, fix } = problem;
  return {
    sentence: `${place}’s bridge ${bridge} stops ${stuck.what}: ${what}; ${stuck.story}`,
    confidence: sure ? 'certain' : 'likely',
    place,
    show: show.map((command) => ({ place, command })),
    ...(fix && { fix: { place, command: fix } }),
    // A bridge has a carrier where a port of it forwards.
    entails: ['carrier down'],
  };
}

const kind = (name: string, ...read: string[]): CauseKind => ({
  name,
  read,
  tell: (facts: Facts) =>
    stuckAt(facts)
      .filter(({ problem }) => problem.cause === name)
      .map(told),
});

/** Why a bridge of a node, or a switch, does not pass on the packet or the ARP that it waits for. */
export const bridges: CauseKind[] = [
  kind('bridge down', 'ip-link(8)'),
  kind('port off the bridge', 'ip-link(8), master', 'bridge(8)'),
  kind('bridge port down', 'ip-link(8)'),
  kind('bridge port without carrier', 'ip-link(8)'),
  kind('bridge port blocking', 'bridge(8), state', 'IEEE 802.1D'),
  kind('MTU too small', 'ip-link(8), mtu'),
  kind('hairpin off', 'bridge(8), hairpin'),
  kind('isolated ports', 'bridge(8), isolated'),
  kind('locked port', 'bridge(8), locked', 'IEEE 802.1X'),
  kind('VLAN filtering', 'bridge(8), vlan', 'IEEE 802.1Q'),
  kind('bridge firewall', 'nft(8), BRIDGE ADDRESS FAMILY', 'ebtables-nft(8)'),
  kind('equal MACs', 'bridge(8), fdb'),
  kind('wrong forwarding entry', 'bridge(8), fdb'),
  kind('no forwarding entry', 'bridge(8), flood, learning'),
  kind('flooding off', 'bridge(8), bcast_flood, mcast_flood'),
  kind('link-local group address', 'ip-link(8), group_fwd_mask', 'IEEE 802.1D, table 7-10'),
];
