import type { Fault } from 'packetwalk';
import { cali } from '../calico/cluster.ts';
import { doesNotForward } from '../faults.ts';
import { chainNames } from './checks.ts';
import type { Node } from './cluster.ts';
import { walks } from './walks.ts';

type Eight = [string, string, string, string, string, string, string, string];
type Faults = Record<string, Fault<Node, 'NP-01' | 'NP-02'>>;

const [toDb, otherPort, noFrontend, outAndIn, notOut, fromBlock, excepted, ownNode] = Object.keys(walks) as Eight;
const { db, probe, web } = chainNames;

/** A pod’s address is in no set of policies of a node any more. */
const unlabelled = (on: Node, address: string) => ({
  break: { [on]: `ipset save | grep '^add cali40s:.* ${address}$' > /run/members\nsed s/add/del/ /run/members | ipset restore` },
  fix: { [on]: 'ipset restore < /run/members' },
});

/** A rule of filter reads otherwise, and filter is put back as it was. */
const rewritten = (on: Node, edit: string) => ({
  break: { [on]: `iptables-save -t filter > /run/filter\nsed '${edit}' /run/filter | iptables-restore` },
  fix: { [on]: 'iptables-restore < /run/filter' },
});

export const faults: Faults = {
  'podA has lost its label app=frontend': {
    claims: ['NP-01'],
    ...unlabelled('node1', '10.42.0.65'),
    walk: toDb,
    lostAt: 'node1 filter FORWARD',
    untouched: [outAndIn, fromBlock, ownNode],
    cause: 'firewall rule',
    hint: `The chain is there, and its set is empty. Run \`iptables -S ${db}\` on node1, and \`ipset list\` with the set that it names.`,
  },
  'The policy db names a port of the service, 8080, and not the pod’s own': {
    claims: ['NP-01'],
    ...rewritten('node1', `/^-A ${db} /s/--dports 80 /--dports 8080 /`),
    walk: toDb,
    lostAt: 'node1 filter FORWARD',
    untouched: [outAndIn, fromBlock, ownNode],
    cause: 'firewall rule',
    hint: `A policy sees a call when its destination is translated already. Run \`iptables -S ${db}\` on node1.`,
  },
  'deny-all is for Egress as well, and podA may call nobody': {
    claims: ['NP-01'],
    break: {
      master: `iptables -I cali-fw-${cali('podA')} 6 -j MARK --set-xmark 0x0/0x20000
        iptables -I cali-fw-${cali('podA')} 7 -m comment --comment "End of tier default. Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP`,
    },
    fix: { master: `iptables -D cali-fw-${cali('podA')} 7\niptables -D cali-fw-${cali('podA')} 6` },
    walk: toDb,
    lostAt: 'master filter FORWARD',
    untouched: [outAndIn, fromBlock, noFrontend],
    cause: 'firewall rule',
    hint: `It does not reach podB’s node at all. Run \`iptables -S cali-fw-${cali('podA')}\` on master.`,
  },
  'ops/probe on node2 knows no pod with app=web': {
    ...unlabelled('node2', '10.42.1.6'),
    walk: outAndIn,
    lostAt: 'node2 filter FORWARD',
    untouched: [toDb, fromBlock, notOut],
    cause: 'firewall rule',
    hint: `A call needs two policies: one that lets it out, one that lets it in. Run \`iptables -S ${probe}\` on node2, and look for the members of its set.`,
  },
  'Another firewall on node1 accepts in front of Felix what pods send': {
    claims: ['NP-02'],
    break: { node1: 'iptables -I FORWARD -s 10.42.0.0/16 -j ACCEPT' },
    fix: { node1: 'iptables -D FORWARD -s 10.42.0.0/16 -j ACCEPT' },
    walk: noFrontend,
    differsAt: 'node1 filter FORWARD',
    untouched: [excepted, notOut],
    cause: 'not refused',
    hint: 'Who must not be answered is answered, and no chain of a policy is asked. Run `iptables -S FORWARD` on node1: who comes first?',
  },
  'The exception of the policy web is missing': {
    ...rewritten('node1', `/^-A ${web} -s 203.0.113.64/d`),
    walk: excepted,
    differsAt: 'node1 filter FORWARD',
    untouched: [fromBlock, outAndIn, otherPort],
    cause: 'not refused',
    hint: `Nothing takes the bit 0x80000 from what comes of the exception. Run \`iptables -S ${web}\` on node1.`,
  },
  'node1 does not forward': doesNotForward('node1', { walk: toDb, lostAt: 'node1 filter FORWARD', untouched: [notOut, ownNode] }),
};
