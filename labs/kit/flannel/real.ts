import { daemon, standsFor, until } from 'packetwalk';
import { etcdAt } from '../etcd/etcd.ts';
import { document, type Named } from './cluster.ts';

const env = '/run/flannel/subnet.env';

/** What says that its rules are there, by who writes them into the kernel. */
const rules = {
  iptables: 'iptables -S FLANNEL-FWD | grep -q ACCEPT && iptables -t nat -S FLANNEL-POSTRTG | grep -q MASQUERADE',
  nftables: 'nft list chain ip flannel-ipv4 forward | grep -q accept && nft list chain ip flannel-ipv4 postrtg | grep -q masquerade',
};

/**
 * The real flanneld, with etcd as its subnet manager: of the free subnets it takes the one that subnet.env says it had before. The
 * pods' network is written there once more, since a subnet of another one counts for nothing.
 */
export const flanneldWith = ({ address, subnet }: Named, etcd: string, mode: keyof typeof rules = 'iptables') => [
  `mkdir -p /run/flannel && printf 'FLANNEL_NETWORK=10.42.0.0/16\\nFLANNEL_SUBNET=${subnet}.1/24\\n' > ${env}`,
  daemon('flanneld', `/run/daemons/flanneld --etcd-endpoints=${etcd} --iface=enp0s1 --public-ip=${address} --ip-masq --subnet-file=${env}`, {
    'its subnet is leased': `grep -q FLANNEL_MTU ${env}`,
    'its rules are written': rules[mode],
  }),
];

const { address: etcd } = document.master;

/** etcd on master with flannel’s configuration, and what it says besides. */
export const subnetManager = (backend: 'vxlan' | 'host-gw' | 'udp', besides: { EnableNFTables?: true } = {}) =>
  standsFor('flanneld', {
    real: [
      etcdAt(etcd),
      `etcdctl put /coreos.com/network/config '${JSON.stringify({ Network: '10.42.0.0/16', SubnetMin: '10.42.0.0', ...besides, Backend: { Type: backend } })}'`,
    ],
  });

/** What says that a node knows so many peers, by backend. */
const knows = {
  vxlan: (peers: number) =>
    `test $(ip route show dev flannel.1 | grep -c via) = ${peers} && test $(bridge fdb show dev flannel.1 | wc -l) = ${peers}`,
  'host-gw': (peers: number) => `test $(ip route show dev enp0s1 | grep -c '^10.42.*via') = ${peers}`,
  udp: (peers: number) => `test $(grep -c 'Subnet added' /run/flanneld.log) = ${peers}`,
};

/** The real flanneld, in a cluster whose etcd is on master, once it knows all its peers. */
export const flanneldOn = (n: Named, backend: keyof typeof knows, peers: number, mode?: keyof typeof rules) => [
  ...flanneldWith(n, `http://${etcd}:2379`, mode),
  until('it knows its peers', knows[backend](peers), '30 s'),
];

/**
 * In a drill: the real flanneld is started again. It looks after its routes of host-gw every 10 s, counted from its start: what is
 * undone now it does not put back before a packet has been sent.
 */
export const startedAnew = (n: Named, peers = 2) =>
  standsFor('flanneld', { real: ['kill $(cat /run/flanneld.pid)', ...flanneldOn(n, 'host-gw', peers)] });
