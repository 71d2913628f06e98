import { podChain, policyChain } from '../../labs/kit/network-policy/kube-router.ts';
import lab from '../../labs/network-policy-kube-router.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const [toMaster, otherPort, ownBridge, outAndIn, notOut, fromBlock, excepted, ownNode, otherNode] = [
  'frontend calls redis-master at 6379: its policy lets tier=frontend in',
  'frontend calls redis-master at port 80, of which no policy speaks, and is refused',
  'redis-slave1 calls redis-master on its own bridge, and is no frontend',
  'dashboard calls frontend: one policy lets it out, another one in',
  'dashboard calls redis-master, which its own policy does not let out',
  'client calls frontend from the block of addresses that may',
  'stranger calls frontend from addresses that the block excepts',
  'ip-172-20-32-100 calls redis-master, its own pod: no policy is asked',
  'ip-172-20-42-25 calls redis-master, a pod of another node, and is refused',
] as const;
const [who, inFilter, each, order, pair, members, block] = [
  'Who may call whom: all others are refused at once, as by a port where nobody listens',
  'Policies are in filter and in no other table, and every node has the chains of all',
  'Each pod of a node has a chain there, be there a policy for it or not',
  'deny-all is an empty chain: what no chain has marked the pod’s own refuses',
  'A policy’s rule is a pair: one marks, and one returns what is marked',
  'Its sets have the addresses: of who is let in, and of the pods that it is for',
  'A block and its exception are in one set of networks',
] as const;

const [n25, n100, n17] = ['ip-172-20-42-25', 'ip-172-20-32-100', 'ip-172-20-49-17'];
const accepts = (from: string) => `iptables -I FORWARD -s ${from} -j ACCEPT`;
const flushed = 'for set in $(ipset list -n); do ipset flush $set; done';
const ofMaster = policyChain('default/redis-master');

noneInVain('network-policy-kube-router', lab as Lab, [
  [n100, flushed, [toMaster, who, members]],
  [n25, flushed, [outAndIn, fromBlock, who, block]],
  [n100, accepts('100.96.0.0/16'), [otherPort, ownBridge, who]],
  [n100, accepts('172.20.42.25'), [otherNode, who]],
  [n25, accepts('203.0.113.0/24'), [excepted, who]],
  [n17, accepts('100.96.0.2'), [notOut, who]],
  [n100, 'iptables -I OUTPUT -d 100.96.4.2 -j DROP', [who]],
  // It is sent, to the MAC that its pod had, and there is no pod any more.
  [
    n100,
    'ip neigh replace 100.96.4.2 lladdr 02:00:00:00:00:99 dev kube-bridge nud permanent\nip link set veth-master nomaster',
    [ownNode],
  ],
  [n17, 'iptables -t mangle -N KUBE-NWPLCY-ANOTHER', [inFilter]],
  [n17, 'iptables -N KUBE-POD-FW-ANOTHER', [each]],
  [n100, `iptables -D ${podChain({ namespace: 'default', name: 'redis-master' })} 3`, [order]],
  [n100, `iptables -D ${ofMaster} 2`, [pair]],
  ...['frontend', 'redis-master', 'redis-slave1', 'dashboard', 'client'].map((name): [string, string, string[]] => [
    name,
    ended(name),
    [`${name} still runs`],
  ]),
  ['redis-master', ended('redis-master-80'), ['redis-master-80 still runs']],
]);
