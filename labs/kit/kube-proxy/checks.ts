import { type Check, lacks, lines } from 'packetwalk';

/** Traces one ping through the netfilter rules of a node, pod to pod, and prints every rule that it met. */
const traced = (pod: string, src: string, dst: string) => `
  nft add table ip tracing
  nft add chain ip tracing prerouting '{ type filter hook prerouting priority -350; }'
  nft add rule ip tracing prerouting ip saddr ${src} ip daddr ${dst} meta nftrace set 1
  nft monitor trace > /run/trace 2>&1 & monitor=$!
  until grep -q ' 12 .* 00000100 ' /proc/net/netlink; do sleep 0.01; done
  ip netns exec ${pod} ping -c 1 -W 2 ${dst}
  until grep -q 'nat POSTROUTING policy' /run/trace; do sleep 0.01; done
  kill $monitor
  nft delete table ip tracing
  cat /run/trace
  rm /run/trace`;

/** kube-proxy's chain sees a packet from pod to pod, and lets it be. */
export const ignoresPods = <Node extends string>(node: Node, pod: string, src: string, dst: string): Check<Node, 'PP-01'> => ({
  claim: 'PP-01',
  run: traced(pod, src, dst),
  see: {
    [node]: [lines('ip nat PREROUTING', 'KUBE-SERVICES', 'ip nat KUBE-POSTROUTING'), lacks('KUBE-SVC', 'KUBE-SEP', 'dnat to', 'masquerade')],
  } as Check<Node>['see'],
});
