import { at, type Check, type ExpectedHeader, type Hop, ip, json } from 'packetwalk';
import { inEveryPod, onEvery } from '../cluster.ts';
import { addressOf, type Cluster } from './cluster.ts';

type Headers = ExpectedHeader<never>[];

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
