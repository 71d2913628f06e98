import { at, type Check, type Commands, type ExpectedHeader, type Hop, ip, json } from 'packetwalk';
import { addressOf, type CalicoNode, type Cluster, inEveryPod, onEvery } from './calico.ts';

type Headers = ExpectedHeader<never>[];

/**
 * Every node’s end of all tunnels: tunl0, which the kernel’s module ipip brings along. It has no peer: where a packet is
 * to go is said by the route that leads into it. Felix lets IP in IP enter from Calico’s nodes only.
 */
export const tunnels = <Node extends string, Pod extends string>(cluster: Cluster<Node, Pod>): Commands<Node> =>
  onEvery(
    cluster,
    (node) => `
      ip link show tunl0 >/dev/null 2>&1 || ip tunnel add tunl0 mode ipip || ip link show tunl0
      ip link set tunl0 mtu 1480 up
      ip addr add ${addressOf(node, 0)}/32 dev tunl0
      ipset restore <<'END'
      create cali40all-hosts-net hash:net
      ${Object.values<CalicoNode>(cluster)
        .map(({ address }) => `add cali40all-hosts-net ${address}`)
        .join('\n      ')}
      END
      iptables-restore --noflush <<'END'
      *filter
      -A cali-INPUT -p 4 -m comment --comment "Allow IPIP packets from Calico hosts" \
        -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT
      -A cali-INPUT -p 4 -m comment --comment "Drop IPIP packets from non-Calico hosts" -j DROP
      COMMIT
      END`,
  );

/** From one node to another as IP in IP; `between` are the routers on the way. */
export const wrapped =
  <Node extends string, Pod extends string, Router extends string = never>(
    cluster: Cluster<Node, Pod>,
    between: (outer: Headers) => Hop<Router>[] = () => [],
  ) =>
  (from: Node, to: Node, inner: Headers): Hop<Node | Router>[] => {
    const outer = [ip({ src: cluster[from].address, dst: cluster[to].address, protocol: 4 }), ...inner];
    return [
      at(`${from}:tunl0`, `The route to ${to}’s block leads into tunl0`, inner),
      at(`${from}:enp0s1`, 'Outside are the nodes’ addresses: from here to the next hop', outer),
      ...between(outer),
      at(`${to}:enp0s1`, 'For the network it is a packet from node to node', outer),
      at(`${to}:tunl0`, 'tunl0 takes the outer header off', inner),
    ];
  };

/** What tunl0 is, and what it costs. */
export const tunnelTables = <Node extends string, Pod extends string>(
  cluster: Cluster<Node, Pod>,
): Record<string, Check<Node, 'CI-01'> | Check<Pod, 'CI-01'>> => ({
  'tunl0 has no peer of its own, the first address of the block, and an MTU of 1480': {
    claim: 'CI-01',
    run: 'ip -j -d addr show tunl0',
    see: onEvery(cluster, (node) =>
      json([
        {
          mtu: 1480,
          linkinfo: { info_kind: 'ipip', info_data: { remote: 'any', local: 'any' } },
          addr_info: [{ local: addressOf(node, 0), prefixlen: 32 }],
        },
      ]),
    ),
  },
  'The MTU is 1480 in the pods, so that the outer header has room': {
    claim: 'CI-01',
    run: 'ip -j link show eth0',
    see: inEveryPod(cluster, () => json([{ mtu: 1480 }])),
  },
});
