import { createHash } from 'node:crypto';
import { type Check, lines } from 'packetwalk';
import type { Container } from './cni.ts';

/** What flanneld writes with --ip-masq, for the network of all pods and the node’s own subnet. */
export const ofFlannel = (network: string, subnet: string) => `
  iptables-restore --noflush <<'END'
    *nat
    :FLANNEL-POSTRTG - [0:0]
    -A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
    ${flannelRules(network, subnet).join('\n    ')}
    COMMIT
  END`;

/** Those of its own chain: kube-proxy’s mark, this node’s pods to any, any to this node’s pods, and then what is translated. */
const flannelRules = (network: string, subnet: string) =>
  [
    '-m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN',
    `-s ${subnet} -d ${network} -m comment --comment "flanneld masq" -j RETURN`,
    `-s ${network} -d ${subnet} -m comment --comment "flanneld masq" -j RETURN`,
    `! -s ${network} -d ${subnet} -m comment --comment "flanneld masq" -j RETURN`,
    `-s ${network} ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully`,
    `! -s ${network} -d ${network} -m comment --comment "flanneld masq" -j MASQUERADE --random-fully`,
  ].map((rule) => `-A FLANNEL-POSTRTG ${rule}`);

const outgoing = [
  '-A POSTROUTING -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING',
  '-A cali-POSTROUTING -m comment --comment "cali:Z-c7XtVd2Bq7s_hA" -j cali-fip-snat',
  '-A cali-POSTROUTING -m comment --comment "cali:nYKhEzDlr11Jccal" -j cali-nat-outgoing',
  '-A cali-nat-outgoing -m comment --comment "cali:flqWnvo8yq4ULQLa" -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE --random-fully',
];

/** What Felix writes for an IP pool with natOutgoing: sets of pools, and one rule for all of them. */
export const ofCalico = (pool: string) => `
  ipset create cali40masq-ipam-pools hash:net family inet
  ipset create cali40all-ipam-pools hash:net family inet
  ipset add cali40masq-ipam-pools ${pool}
  ipset add cali40all-ipam-pools ${pool}
  iptables-restore --noflush <<'END'
    *nat
    :cali-POSTROUTING - [0:0]
    :cali-fip-snat - [0:0]
    :cali-nat-outgoing - [0:0]
    ${outgoing.join('\n    ')}
    COMMIT
  END`;

type Rules = Check<string, 'PE-01'>;

/** What the bridge plugin calls the chain that it writes for a pod: by a hash of the network and the container. */
export const chainOf = ({ id }: Pick<Container, 'id'>, network = 'rkt.kubernetes.io') =>
  `CNI-${createHash('sha512').update(`${network}${id}`).digest('hex').slice(0, 24)}` as const;

export const checkOfPlugin = (node: string, container: Container): Rules => {
  const [chain, comment] = [chainOf(container), `-m comment --comment "name: \\"rkt.kubernetes.io\\" id: \\"${container.id}\\""`];
  return {
    claim: 'PE-01',
    run: 'iptables -t nat -S',
    see: {
      [node]: lines(
        `-A POSTROUTING -s ${container.address}/32 ${comment} -j ${chain}`,
        `-A ${chain} -d 10.1.0.0/16 ${comment} -j ACCEPT`,
        `-A ${chain} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE`,
      ),
    },
  };
};

export const checkOfFlannel = (node: string, network: string, subnet: string): Rules => ({
  claim: 'PE-01',
  run: 'iptables -t nat -S',
  see: { [node]: lines('-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG', ...flannelRules(network, subnet)) },
});

export const checkOfCalico = (node: string, pool: string): Rules => ({
  claim: 'PE-01',
  run: 'iptables -t nat -S; ipset list cali40masq-ipam-pools; ipset list cali40all-ipam-pools',
  see: { [node]: lines(...outgoing, 'Name: cali40masq-ipam-pools', pool, 'Name: cali40all-ipam-pools', pool) },
});
