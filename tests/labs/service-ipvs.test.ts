import lab from '../../labs/service-ipvs.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVainOnVm } from './in-vain-on-vm.ts';

const [remote, same, hairpin, node] = [
  'podA calls nginx-test, and the endpoint is on another node',
  'podB calls nginx-test, and the endpoint is on its own bridge',
  'podC calls nginx-test, and is its own endpoint',
  'master calls nginx-test, a node as any process on it does',
];
const [idle, noPort, outside, local] = [
  'podA calls a service without endpoints, and is refused',
  'podA calls a port of nginx-test that is none, and is refused',
  'client calls master’s port 32506, and the endpoint is on another node',
  'client calls node1’s port 32507, of policy Local',
];
const [device, own] = [
  'kube-ipvs0 has every ClusterIP, and is down: nothing is ever sent by it',
  'So they are addresses of each node itself, and what is for them takes INPUT',
];
const [counted, servers, noDnat, noSocket, scheduled] = [
  'One service of six endpoints makes 28 rules, and ten make 28: a service more is two entries of sets more',
  'A NodePort is a virtual server at each address of the node, and not at localhost',
  'No rule of nat translates a destination',
  'No process listens at a node’s port',
  'rr calls both endpoints in turn, lc the one that had fewer calls, sh one and the same for a caller',
];

/** A process that listens at a TCP port. */
const listens = (port: number) =>
  `perl -MSocket -e 'socket S, PF_INET, SOCK_STREAM, 0; bind S, sockaddr_in(${port}, INADDR_ANY) or die; listen S, 1; fork and exit; close $_ for *STDIN, *STDOUT, *STDERR; sleep 600'`;

noneInVainOnVm(
  'service-ipvs',
  lab as Lab,
  [
    [
      'master',
      'ip addr del 10.43.6.58/32 dev kube-ipvs0',
      'ip addr add 10.43.6.58/32 dev kube-ipvs0',
      [remote, noPort, device, own],
    ],
    [
      'node1',
      'ipvsadm -d -t 10.43.6.58:80 -r 10.42.1.6:80',
      'ipvsadm -a -t 10.43.6.58:80 -r 10.42.1.6:80 -m',
      [same, hairpin],
    ],
    [
      'master',
      'iptables -t nat -F KUBE-MARK-MASQ',
      'iptables -t nat -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
      [node, outside],
    ],
    ['node1', 'ipset del KUBE-NODE-PORT-LOCAL-TCP 32507', 'ipset add KUBE-NODE-PORT-LOCAL-TCP 32507', [local]],
    ['master', 'iptables -I INPUT -d 10.43.6.60 -j DROP', 'iptables -D INPUT -d 10.43.6.60 -j DROP', [idle]],
    [
      'master',
      'ipvsadm -D -t 10.42.0.1:32506',
      'ipvsadm -A -t 10.42.0.1:32506 -s rr\nipvsadm -a -t 10.42.0.1:32506 -r 10.42.1.6:80 -m',
      [servers],
    ],
    ['node2', 'iptables -t nat -A OUTPUT -d 192.0.2.1 -j DNAT --to 192.0.2.2', 'iptables -t nat -F OUTPUT', [noDnat]],
    ['node2', listens(32506), '', [noSocket]],
    ['podD', ended('podD'), '', ['podD still runs', scheduled]],
    ['podC', ended('podC'), '', ['podC still runs']],
  ],
  [[counted, '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n', '']],
);
