import { type Check, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { podChain, policyChain } from './kube-router.ts';
import { addressOf, cluster, n17, n25, n100, type Place } from './kube-router-cluster.ts';

type Checks = Record<string, Check<Place, 'NP-01' | 'NP-02'>>;

/** Who is called, in the order of a table’s columns. */
const ports = {
  'frontend:80': addressOf.frontend,
  'redis-master:6379': addressOf['redis-master'],
  'redis-master:80': addressOf['redis-master'],
  'redis-slave1:6379': addressOf['redis-slave1'],
  'dashboard:9090': addressOf.dashboard,
  'client:80': addressOf.client,
};
type Port = keyof typeof ports;
const all = Object.keys(ports) as Port[];

/** Everyone calls every port at once; those that are listed answer, and all others are refused. */
export const whoReachesWhom = (reached: { [caller in Place]?: Port[] }): Checks => ({
  'Who may call whom: all others are refused at once, as by a port where nobody listens': {
    claim: 'NP-01',
    run: `perl /run/who-answers 3 ${all.map((port) => `${port}=${ports[port]}:${port.split(':')[1]}`).join(' ')}`,
    see: Object.fromEntries(
      Object.entries(reached).map(([caller, answering]) => [
        caller,
        lines(...all.map((port) => `${port} ${answering.includes(port) ? 'answers' : 'refuses'}`)),
      ]),
    ),
  },
});

const [denyAll, ofFrontend, ofMaster] = ['default/deny-all', 'default/frontend', 'default/redis-master'].map(policyChain);
const master = podChain({ namespace: 'default', name: 'redis-master' });
/** A rule’s set, by the policy’s chain and the word of the rule: `src` or `dst`. */
const setsOf = (chain: string | undefined, word: 'src' | 'dst') =>
  `for set in $(iptables -S ${chain} | grep -o 'KUBE-[A-Z]*-[A-Z2-7]* ${word}' | cut -d ' ' -f 1 | sort -u); do ipset save $set | grep ^add | cut -d ' ' -f 3-; done`;

const elsewhere = lacks('*raw', '*mangle', '*nat');

export const chains: Checks = {
  'Policies are in filter and in no other table, and every node has the chains of all': {
    claim: 'NP-02',
    run: "iptables-save | awk '/^[*]/ { table = $1 } /^:KUBE-NWPLCY-/ { count[table]++ } END { for (table in count) print table, count[table] }'",
    see: onEvery(cluster, () => [lines('*filter 5'), elsewhere]),
  },
  'Each pod of a node has a chain there, be there a policy for it or not': {
    claim: 'NP-02',
    run: "iptables-save -t filter | grep -c '^:KUBE-POD-FW-'",
    see: { [n25]: lines('1'), [n100]: lines('2'), [n17]: lines('1') },
  },
  'deny-all is an empty chain: what no chain has marked the pod’s own refuses': {
    claim: 'NP-02',
    run: `iptables -S ${denyAll}; iptables -S ${master}`,
    see: {
      [n100]: lines(
        `-N ${denyAll}`,
        `-N ${master}`,
        '--ctstate RELATED,ESTABLISHED -j ACCEPT',
        '--ctstate INVALID -j DROP',
        '-m addrtype --src-type LOCAL -j ACCEPT',
        '-j KUBE-NWPLCY-DEFAULT',
        `-j ${denyAll}`,
        `-j ${ofMaster}`,
        '-j NFLOG --nflog-group 100',
        '-m mark ! --mark 0x10000/0x10000 -j REJECT --reject-with icmp-port-unreachable',
        '-j MARK --set-xmark 0x0/0x10000',
        '-j MARK --set-xmark 0x20000/0x20000',
      ),
    },
  },
  'A policy’s rule is a pair: one marks, and one returns what is marked': {
    claim: 'NP-02',
    run: `iptables -S ${ofMaster} | sed 's/.*--dport/--dport/'`,
    see: { [n100]: lines('--dport 6379 -j MARK --set-xmark 0x10000/0x10000', '--dport 6379 -m mark --mark 0x10000/0x10000 -j RETURN') },
  },
  'Its sets have the addresses: of who is let in, and of the pods that it is for': {
    claim: 'NP-01',
    run: `${setsOf(ofMaster, 'src')}; ${setsOf(ofMaster, 'dst')}`,
    see: { [n100]: lines('100.96.2.2 timeout 0', '100.96.4.2 timeout 0') },
  },
  'A block and its exception are in one set of networks': {
    claim: 'NP-01',
    run: setsOf(ofFrontend, 'src'),
    see: { [n25]: lines('203.0.113.64/26 timeout 0 nomatch') },
  },
};
