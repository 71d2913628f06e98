import { arp } from './arp.ts';
import { macvlanParent } from './arp-asked.ts';
import { asymmetricWays } from './asymmetric-way.ts';
import { bonds } from './bonds.ts';
import { bridgeNetfilter } from './bridge-netfilter.ts';
import { bridges } from './bridges.ts';
import { bridgesWithoutCarrier } from './bridges-without-carrier.ts';
import { sinceProven } from './changes.ts';
import { checksums } from './checksums.ts';
import { commands } from './commands.ts';
import { copies } from './copies.ts';
import { daemons } from './daemons.ts';
import { equalMacs } from './equal-macs.ts';
import { firewall } from './firewall.ts';
import { forwarding } from './forwarding.ts';
import { fullSockets } from './full-sockets.ts';
import { groups } from './groups.ts';
import { icmpRateLimits } from './icmp-rate-limit.ts';
import { xfrm } from './ipsec.ts';
import { ipv6 } from './ipv6.ts';
import { ipvs } from './ipvs.ts';
import { kernelDrops } from './kernel-drops.ts';
import type { CauseKind } from './kind.ts';
import { legacyFirewall } from './legacy-firewall.ts';
import { links } from './links.ts';
import { localPorts } from './local-ports.ts';
import { localhost } from './localhost.ts';
import { loops } from './loops.ts';
import { lostNeighbours } from './lost-neighbours.ts';
import { mtu } from './mtu.ts';
import { neighbourEntries } from './neighbour-entries.ts';
import { neighbourTable } from './neighbour-table.ts';
import { nextHops } from './next-hops.ts';
import { unbridged } from './no-bridge.ts';
import { passages } from './not-refused.ts';
import { packetQueues } from './packet-queues.ts';
import { policyRouting } from './policy-routing.ts';
import { prefixLengths } from './prefix-lengths.ts';
import { queues } from './queues.ts';
import { rewritten } from './rewritten.ts';
import { routedAways } from './routed-away.ts';
import { routedFromPorts } from './routed-from-port.ts';
import { routes } from './routes.ts';
import { silentPrograms } from './silent-programs.ts';
import { sockets } from './sockets.ts';
import { ownAddresses } from './taken-as-own.ts';
import { translation } from './translation.ts';
import { ttl } from './ttl.ts';
import { tunnelLimits } from './tunnel-limits.ts';
import { tunnelListed } from './tunnel-listed.ts';
import { tunnelMacs } from './tunnel-macs.ts';
import { tunnelRefused } from './tunnel-refused.ts';
import { tunnelTranslated } from './tunnel-translated.ts';
import { tunnelsIn } from './tunnels-in.ts';
import { tunnelsOut } from './tunnels-out.ts';
import { vlanTags } from './vlan-tags.ts';
import { vrfs } from './vrfs.ts';
import { waysBack } from './ways-back.ts';
import { wrongSources } from './wrong-source.ts';
import { xdp } from './xdp.ts';

/** The table of causes: of two that are told with the same confidence, the one that stands first here comes first. */
export const causeKinds: readonly CauseKind[] = [
  ...commands,
  ...localPorts,
  ...lostNeighbours,
  ...routedFromPorts,
  ...links,
  ...loops,
  ...firewall,
  ...legacyFirewall,
  ...passages,
  ...packetQueues,
  macvlanParent,
  ...bridges,
  ...bridgesWithoutCarrier,
  ...unbridged,
  ...arp,
  ...equalMacs,
  ...neighbourEntries,
  ...neighbourTable,
  ...ownAddresses,
  ...wrongSources,
  ...bridgeNetfilter,
  ...vlanTags,
  ...bonds,
  ...xfrm,
  ...queues,
  ...xdp,
  ...tunnelsOut,
  ...tunnelRefused,
  tunnelTranslated,
  ...tunnelListed,
  ...tunnelsIn,
  ...tunnelMacs,
  ...tunnelLimits,
  ...copies,
  ...rewritten,
  ...mtu,
  ...ipvs,
  ...translation,
  ...prefixLengths,
  ...policyRouting,
  ...vrfs,
  ...routedAways,
  ...forwarding,
  ...ttl,
  ...localhost,
  ...nextHops,
  ...routes,
  ...waysBack,
  ...ipv6,
  ...icmpRateLimits,
  ...sockets,
  ...fullSockets,
  ...silentPrograms,
  ...checksums,
  ...daemons,
  ...groups,
  ...kernelDrops,
  ...asymmetricWays,
  ...sinceProven,
];
