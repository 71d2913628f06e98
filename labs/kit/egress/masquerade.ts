import { createHash } from 'node:crypto';
import { type Check, lines } from 'packetwalk';
import type { Container } from '../cni/bridge-plugin.ts';

/** Rules of flanneld’s own chain: kube-proxy’s mark, this node’s pods to any, any to this node’s pods, and then what is translated. */
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
  '-A POSTROUTING -j cali-POSTROUTING',
  '-A cali-POSTROUTING -j cali-fip-snat',
  '-A cali-POSTROUTING -j cali-nat-outgoing',
  '-A cali-nat-outgoing -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40network-ip-pools dst -j MASQUERADE --random-fully',
];

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
  run: 'iptables -t nat -S; ipset list cali40masq-ipam-pools; ipset list cali40network-ip-pools',
  see: { [node]: lines(...outgoing, 'Name: cali40masq-ipam-pools', pool, 'Name: cali40network-ip-pools', pool) },
});
