import { type Check, lacks, lines } from 'packetwalk';

/**
 * kube-proxy's nat rules for the service default/nginx-test:80-80 of the document ‘Kubernetes Network’, section 3: its
 * ClusterIP 10.43.6.58, its endpoints 10.42.1.6:80 and 10.42.2.6:80, and the chain names that kube-proxy computes.
 */
export const nginxTest = `
  printf '%s\\n' '*nat' ':KUBE-SERVICES - [0:0]' ':KUBE-MARK-MASQ - [0:0]' ':KUBE-POSTROUTING - [0:0]' \
    ':KUBE-SVC-7CWUT4JBGBRVUN2L - [0:0]' ':KUBE-SEP-U2YYZT2C3O6VM4EV - [0:0]' ':KUBE-SEP-GWUIQWA2TNZI4ESX - [0:0]' \
    '-A PREROUTING -j KUBE-SERVICES' '-A OUTPUT -j KUBE-SERVICES' '-A POSTROUTING -j KUBE-POSTROUTING' \
    '-A KUBE-SERVICES -d 10.43.6.58/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-7CWUT4JBGBRVUN2L' \
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000' \
    '-A KUBE-SVC-7CWUT4JBGBRVUN2L ! -s 10.42.0.0/16 -j KUBE-MARK-MASQ' \
    '-A KUBE-SVC-7CWUT4JBGBRVUN2L -m statistic --mode random --probability 0.5 -j KUBE-SEP-U2YYZT2C3O6VM4EV' \
    '-A KUBE-SVC-7CWUT4JBGBRVUN2L -j KUBE-SEP-GWUIQWA2TNZI4ESX' \
    '-A KUBE-SEP-U2YYZT2C3O6VM4EV -s 10.42.1.6/32 -j KUBE-MARK-MASQ' \
    '-A KUBE-SEP-U2YYZT2C3O6VM4EV -p tcp -j DNAT --to-destination 10.42.1.6:80' \
    '-A KUBE-SEP-GWUIQWA2TNZI4ESX -s 10.42.2.6/32 -j KUBE-MARK-MASQ' \
    '-A KUBE-SEP-GWUIQWA2TNZI4ESX -p tcp -j DNAT --to-destination 10.42.2.6:80' \
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN' \
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000' '-A KUBE-POSTROUTING -j MASQUERADE' \
    'COMMIT' | iptables-restore --noflush`;

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
