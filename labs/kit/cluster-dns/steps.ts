import { daemon, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { cluster } from '../kube-proxy/cluster.ts';
import type { KubeObject } from '../kube-proxy/objects.ts';
import { feed } from '../program.ts';
import { dnsmasqConf, namesOf, resolvConf } from './zone.ts';

/** The address of kube-dns, which kubelet gives to every pod (`--cluster-dns`). */
export const kubeDns = '10.43.0.10';

export const dnsmasq = daemon('dnsmasq', 'dnsmasq --conf-file=/run/dnsmasq.conf', { 'it has its port': 'ss -Hlun sport = :53 | grep -q .' });

/** The DNS server of the cluster, in the pod that it is typed in. */
export const server = (objects: readonly KubeObject[]) => [
  feed(
    'cat > /run/names',
    namesOf(objects).map(([name, address]) => `${address} ${name}`),
  ),
  feed('cat > /run/dnsmasq.conf', dnsmasqConf()),
  dnsmasq,
];

/** Puts kubelet’s file over the machine’s own, which may be a link to where nothing is here. */
export const resolvers = {
  'Tell the resolver of each node’s pods what kubelet does: kube-dns, and where to look for short names': {
    do: onEvery(cluster, () => [
      feed('cat > /run/resolv.conf', resolvConf(kubeDns)),
      'test -e /etc/resolv.conf || install -D /dev/null $(readlink -m /etc/resolv.conf)',
      'mount --bind /run/resolv.conf /etc/resolv.conf',
    ]),
    see: { run: 'cat /etc/resolv.conf', see: onEvery(cluster, () => lines(`nameserver ${kubeDns}`)) },
    notes: 'A copy of the file serves as well: what a resolver reads is all that counts.',
  },
};
