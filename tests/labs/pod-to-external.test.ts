import lab from '../../labs/pod-to-external.ts';
import type { Lab } from '../../src/lab.ts';
import { noneInVain } from './in-vain.ts';

const flushed = 'iptables -t nat -F POSTROUTING';

noneInVain('pod-to-external', lab as Lab, [
  [
    'minikube',
    flushed,
    [
      'nginx pings outside',
      'minikube tracks nginx’s connection, and outside sees minikube',
      'The bridge plugin lets be what is for its own subnet, in a chain a pod',
    ],
  ],
  [
    'master',
    flushed,
    [
      'podA pings outside',
      'podA pings node1, another node of its cluster',
      'master tracks podA’s connection, and outside sees master',
      'flanneld translates even for another node, where the network model wants none',
      'flanneld lets be what is from pods to pods, and what others ask of them',
    ],
  ],
  [
    'calico1',
    'ipset del cali40masq-ipam-pools 10.48.0.0/16',
    [
      'podC pings outside',
      'podC pings calico2, another node of its cluster',
      'calico1 tracks podC’s connection, and outside sees calico1',
      'And so does Calico, where the pool has natOutgoing',
      'Felix asks two sets: whose packets are translated, and for whom they are not',
    ],
  ],
  ['calico1', 'ipset add cali40all-ipam-pools 192.168.205.0/24', ['podC pings calico2, another node of its cluster']],
  ['calico1', 'ipset del cali40all-ipam-pools 10.48.0.0/16', ['podC pings podD', 'Between pods neither does']],
  [
    'master',
    'iptables -t nat -I FLANNEL-POSTRTG -s 10.42.0.0/16 -j MASQUERADE',
    ['podA pings podB', 'Between pods neither does'],
  ],
  ['minikube', 'iptables -t nat -I POSTROUTING -s 10.1.0.0/16 -j MASQUERADE', ['nginx pings redis']],
  ['gw', 'ip route add 10.42.0.0/24 via 192.168.205.4', ['The router has a route to no pod']],
  [
    'outside',
    'kill $(cat /run/web.pid)',
    ['web still runs', 'minikube tracks nginx’s connection, and outside sees minikube'],
  ],
]);
