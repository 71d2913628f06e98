import { type Check, lacks, lines } from 'packetwalk';
import { cali } from '../calico/cluster.ts';
import { addressOf, type Place } from './cluster.ts';
import { felixName, policyChain } from './felix.ts';

type Checks = Record<string, Check<Place, 'NP-01' | 'NP-02'>>;

/** Who is called, in the order of a table’s columns. */
const ports = {
  'podA:80': addressOf.podA,
  'podB:80': addressOf.podB,
  'podB:81': addressOf.podB,
  'podC:80': addressOf.podC,
  'podD:80': addressOf.podD,
  'client:80': addressOf.client,
};
type Port = keyof typeof ports;
const all = Object.keys(ports) as Port[];

/** Everyone calls every port at once; those that are listed answer, and of the others nothing is heard. */
export const whoReachesWhom = (reached: { [caller in Place]?: Port[] }): Checks => ({
  'Who may call whom: of all others nothing is heard': {
    claim: 'NP-01',
    // A busy machine may take longer than that to let an answer come.
    within: '4 s',
    run: `perl /run/who-answers 0.3 ${all.map((port) => `${port}=${ports[port]}:${port.split(':')[1]}`).join(' ')}`,
    see: Object.fromEntries(
      Object.entries(reached).map(([caller, answering]) => [
        caller,
        lines(...all.map((port) => `${port} ${answering.includes(port) ? 'answers' : 'is silent'}`)),
      ]),
    ),
  },
});

const chain = (direction: 'ingress' | 'egress', name: string) => policyChain(direction, felixName(name));
const [db, denyAll, web, probe] = [
  chain('ingress', 'default/db'),
  chain('ingress', 'default/deny-all'),
  chain('ingress', 'default/web'),
  chain('egress', 'ops/probe'),
];

const elsewhere = lacks('*raw', '*mangle', '*nat');

export const chains: Checks = {
  'The chains of policies are in filter and in no other table, and only at nodes whose pods have them': {
    claim: 'NP-02',
    run: "iptables-save | awk '/^[*]/ { table = $1 } /^:cali-p[io]-_/ { count[table]++ } END { for (table in count) print table, count[table] }'",
    see: { master: [lines('*filter 1'), elsewhere], node1: [lines('*filter 3'), elsewhere], node2: [lines('*filter 1'), elsewhere] },
  },
  'A policy’s chain marks what it allows, and refuses nothing': {
    claim: 'NP-02',
    run: `for chain in ${denyAll} ${db} ${web}; do iptables -S $chain; done; iptables-save | grep -c -- '-A cali-p[io]-_.* DROP' || echo none drops`,
    see: {
      node1: lines(
        `-A ${denyAll} -m comment --comment "Policy default/knp.default.deny-all ingress"`,
        'src -m multiport --dports 80 -j MARK --set-xmark 0x10000/0x10000',
        '-j MARK --set-xmark 0x80000/0x180000',
        `-A ${web} -s 203.0.113.64/26 -j MARK --set-xmark 0x0/0x80000`,
        `-A ${web} -s 203.0.113.0/24 -p tcp -m multiport --dports 80 -m mark --mark 0x80000/0x80000 -j MARK --set-xmark 0x10000/0x10000`,
        'none drops',
      ),
    },
  },
  'A pod’s chain asks its policies in the order of their names, and then drops': {
    claim: 'NP-02',
    run: `iptables -S cali-tw-${cali('podB')}`,
    see: {
      node1: lines(
        '--ctstate RELATED,ESTABLISHED -j ACCEPT',
        `-j ${db}`,
        '"Return if policy accepted"',
        `-j ${denyAll}`,
        '"End of tier default. Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP',
      ),
    },
  },
  'Labels are sets of addresses: a node has those that its pods’ policies ask': {
    claim: 'NP-01',
    run: "ipset save | grep '^add cali40s:' | cut -d ' ' -f 3 | sort",
    see: { node1: lines('10.42.0.65', '10.42.2.6'), node2: lines('10.42.1.6') },
  },
};

/** The chains that faults are about. */
export const chainNames = { db, denyAll, web, probe };
