import { type Check, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { call, PATIENT } from '../processes.ts';
import { cluster, type Place } from './cluster.ts';
import { apart } from './clusterip-checks.ts';
import type { KubeObject } from './objects.ts';

type Checks = Record<string, Check<Place, 'SN-01' | 'SN-02' | 'SN-03' | 'SN-04'>>;

const EXT = 'KUBE-EXT-7CWUT4JBGBRVUN2L';

/** What the document prints of its NodePort. */
export const printed = (objects: readonly KubeObject[]): Checks => ({
  'iptables -nvL reads as in the document: the port’s chain marks, then goes the ClusterIP’s way': {
    claim: 'SN-01',
    run: apart(objects, ...['KUBE-SERVICES', 'KUBE-NODEPORTS', EXT].map((chain) => `iptables -t nat -nvL ${chain}`)),
    see: {
      master: lines(
        'this must be the last rule in this chain */ ADDRTYPE match dst-type LOCAL',
        'Chain KUBE-NODEPORTS (1 references)',
        '/* default/nginx-test:80-80 */ tcp dpt:32506',
        `Chain ${EXT} (1 references)`,
        'KUBE-MARK-MASQ',
        'KUBE-SVC-7CWUT4JBGBRVUN2L',
      ),
    },
  },
  'The mark is 0x4000, and what is marked are callers from outside of 10.42.0.0/16': {
    claim: 'SN-04',
    run: apart(objects, 'iptables -t nat -S KUBE-MARK-MASQ', 'iptables -t nat -S KUBE-SVC-7CWUT4JBGBRVUN2L'),
    see: {
      master: lines(
        '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
        '! -s 10.42.0.0/16 -d 10.43.6.58/32 -p tcp -m comment --comment "default/nginx-test:80-80 cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
      ),
    },
  },
});

export const seen: Checks = {
  'By every node the client reaches the pod, which takes a node’s device for the caller': {
    claim: 'SN-02',
    run: ['4', '3', '5'].map((host) => call(`192.168.205.${host}`, 32506, PATIENT)).join('\n'),
    see: { client: lines('podC sees 10.42.0.0', 'podC sees 10.42.1.1', 'podC sees 10.42.2.0') },
  },
  'Under the policy Local the pod sees the client, by its own node alone': {
    claim: 'SN-03',
    run: `${call('192.168.205.3', 32507, PATIENT)}
      ${call('192.168.205.4', 32507, 0.5)} || echo "master: no answer ($?)"`,
    see: { client: lines('podC sees 192.168.205.50', 'master: no answer (124)') },
  },
  'No process listens at a node’s port': {
    claim: 'SN-02',
    run: 'ss -Htln',
    see: onEvery(cluster, () => lacks(':32506', ':32507')),
  },
  'With session affinity each of 50 calls goes where the first one went, without it they do not': {
    run: `for port in 32509 32510; do perl /run/count-calls 192.168.205.4 $port 50 | sed 's/.* //' | sort -n | tail -n 1; done | paste -s -d ' ' | awk '
      { print "sticky: " $1; print ($2 < 50 ? "loose: fewer" : "loose: " $2) }'`,
    see: { client: lines('sticky: 50', 'loose: fewer') },
  },
};
