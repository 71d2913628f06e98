import type { Fault } from 'packetwalk';
import { doesNotForward } from '../faults.ts';
import { podChain, policyChain, setOf } from './kube-router.ts';
import { addressOf, type Node, n17, n25, n100 } from './kube-router-cluster.ts';
import { walks } from './kube-router-walks.ts';
import { policy } from './objects.ts';

type Nine = [string, string, string, string, string, string, string, string, string];
type Faults = Record<string, Fault<Node, 'NP-01' | 'NP-02'>>;

const [toMaster, otherPort, ownBridge, outAndIn, notOut, fromBlock, excepted, ownNode, otherNode] = Object.keys(walks) as Nine;

/** The name of a set: of a policy’s own pods, or of the peers of its first rule. */
const set = (kind: 'SRC' | 'DST', fullName: string, part?: string) => setOf(kind, policy(fullName, { podSelector: {}, policyTypes: [] }), part);
const [frontends, blocks, outward] = [
  set('SRC', 'default/redis-master', 'ingressrule0IPv4pod'),
  set('SRC', 'default/frontend', 'ingressrule0IPv4ipblock'),
  set('DST', 'kube-system/dashboard', 'egressrule0IPv4pod'),
];
const ofMaster = policyChain('default/redis-master');

/** An entry of a set is gone. */
const without = (on: Node, name: string, entry: string, options = '') => ({
  break: { [on]: `ipset del ${name} ${entry}` },
  fix: { [on]: `ipset add ${name} ${entry}${options}` },
});

export const faults: Faults = {
  'frontend has lost its label tier=frontend': {
    claims: ['NP-01'],
    ...without(n100, frontends, addressOf.frontend),
    walk: toMaster,
    differsAt: `${n100} filter FORWARD`,
    untouched: [outAndIn, fromBlock, ownNode],
    cause: 'firewall rule',
    hint: `The chain is there, and its set is empty. Run \`iptables -S ${ofMaster}\` on ${n100}, and \`ipset list\` with the sets that it names.`,
  },
  'The policy names the service’s port 6380, and not the pod’s own': {
    claims: ['NP-01'],
    break: { [n100]: `iptables-save -t filter > /run/filter\nsed '/^-A ${ofMaster} /s/--dport 6379 /--dport 6380 /' /run/filter | iptables-restore` },
    fix: { [n100]: 'iptables-restore < /run/filter' },
    walk: toMaster,
    differsAt: `${n100} filter FORWARD`,
    untouched: [outAndIn, fromBlock, ownNode],
    cause: 'firewall rule',
    hint: `A policy sees a call when its destination is translated already. Run \`iptables -S ${ofMaster}\` on ${n100}.`,
  },
  'The exception of the block is missing': {
    claims: ['NP-01'],
    ...without(n25, blocks, '203.0.113.64/26', ' timeout 0 nomatch'),
    walk: excepted,
    differsAt: `${n25} filter FORWARD`,
    untouched: [fromBlock, outAndIn, otherPort],
    cause: 'not refused',
    hint: `Run \`ipset list ${blocks}\` on ${n25}: which of its networks is marked nomatch?`,
  },
  'dashboard’s policy knows no pod with tier=frontend': {
    ...without(n17, outward, addressOf.frontend),
    walk: outAndIn,
    lostAt: `${n17} filter FORWARD`,
    untouched: [toMaster, fromBlock, notOut],
    cause: 'firewall rule',
    hint: `A call needs two policies: one that lets it out, one that lets it in. Run \`ipset list ${outward}\` on ${n17}.`,
  },
  'Another firewall accepts in front of kube-router what pods send': {
    claims: ['NP-02'],
    break: { [n100]: 'iptables -I FORWARD -s 100.96.0.0/16 -j ACCEPT' },
    fix: { [n100]: 'iptables -D FORWARD -s 100.96.0.0/16 -j ACCEPT' },
    walk: otherPort,
    differsAt: `${n100} filter FORWARD`,
    untouched: [excepted, notOut, otherNode],
    cause: 'not refused',
    hint: `Who must be refused is answered, and no chain of a policy is asked. Run \`iptables -S FORWARD\` on ${n100}: who comes first?`,
  },
  'ip-172-20-32-100 does not show bridged frames to iptables: on its bridge no policy holds': {
    claims: ['NP-01'],
    break: { [n100]: 'sysctl -w net.bridge.bridge-nf-call-iptables=0' },
    fix: { [n100]: 'sysctl -w net.bridge.bridge-nf-call-iptables=1' },
    walk: ownBridge,
    lostAt: `${n100} filter FORWARD`,
    untouched: [toMaster, otherPort, excepted],
    cause: 'bridged past iptables',
    hint: `Only calls between pods of one node pass. Run \`sysctl net.bridge\` on ${n100}.`,
  },
  'redis-master may call nobody: its chain has lost the default for what it sends': {
    claims: ['NP-02'],
    break: {
      [n100]: `iptables-save -t filter > /run/filter\niptables -D ${podChain({ namespace: 'default', name: 'redis-master' })} 1\niptables -D ${podChain({ namespace: 'default', name: 'redis-master' })} 3`,
    },
    fix: { [n100]: 'iptables-restore < /run/filter' },
    walk: toMaster,
    lostAt: `reply ${n100} filter FORWARD`,
    untouched: [outAndIn, otherNode, ownBridge],
    cause: 'firewall rule',
    hint: `The call is let in, and its answer not out: without the rule for known connections each packet is asked. Run \`iptables -S\` with the pod’s chain on ${n100}.`,
  },
  'ip-172-20-32-100 does not forward': doesNotForward(n100, { walk: toMaster, lostAt: `${n100} filter FORWARD`, untouched: [ownNode, notOut] }),
};
