import lab from '../../labs/pod-to-external.ts';
import type { Lab } from '../../src/lab/words.ts';
import { noneInVain } from './in-vain.ts';

const flushed = 'iptables -t nat -F POSTROUTING';

noneInVain('pod-to-external', lab as Lab, [
  [
    'minikube',
    flushed,
    ['nginx pings outside', 'The bridge plugin lets be what is for its own subnet, in a chain a pod'],
  ],
  [
    'master',
    flushed,
    [
      'podA pings outside',
      'podA pings node1, another node of its cluster',
      'flanneld lets be what is from pods to pods, and what others ask of them',
    ],
  ],
  [
    'calico1',
    'ipset del cali40masq-ipam-pools 10.48.0.0/16',
    [
      'podC pings outside',
      'podC pings calico2, another node of its cluster',
      'Felix asks two sets: whose packets are translated, and for whom they are not',
    ],
  ],
  ['calico1', 'iptables -I FORWARD -i cali+ -j ACCEPT', ['podC pings outside', 'podC pings podD']],
  [
    'calico1',
    'iptables -I FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    ['podC pings outside', 'podC calls outside: later packets need no rule'],
  ],
  [
    'calico1',
    'iptables -t mangle -A POSTROUTING -p tcp --tcp-flags FIN FIN -j ACCEPT',
    ['podC calls outside: later packets need no rule'],
  ],
  ['master', 'iptables -t nat -D FLANNEL-POSTRTG 2', ['podA pings podB']],
  [
    'master',
    'iptables -t nat -I POSTROUTING -s 10.42.0.65 ! -d 10.42.0.0/16 -j SNAT --to-source 192.168.205.4',
    ['podA pings outside', 'podA pings node1, another node of its cluster'],
  ],
  ['calico1', 'ipset add cali40network-ip-pools 192.168.205.0/24', ['podC pings calico2, another node of its cluster']],
  ['calico1', 'ipset del cali40network-ip-pools 10.48.0.0/16', ['podC pings podD', 'Between pods neither does']],
  [
    'master',
    'iptables -t nat -I FLANNEL-POSTRTG -s 10.42.0.0/16 -j MASQUERADE',
    ['podA pings podB', 'Between pods neither does'],
  ],
  ['minikube', 'iptables -t nat -I POSTROUTING -s 10.1.0.0/16 -j MASQUERADE', ['nginx pings redis']],
  ['gw', 'ip route add 10.42.0.0/24 via 192.168.205.4', ['The router has a route to no pod']],
  ['outside', 'kill $(cat /run/web.pid)', ['web still runs', 'podC calls outside: later packets need no rule']],
]);
