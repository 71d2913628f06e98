import { type Check, corrects, lacks, lines } from 'packetwalk';
import { onEvery } from '../cluster.ts';
import { call, PATIENT } from '../processes.ts';
import { feed } from '../program.ts';
import { cluster, type Place } from './cluster.ts';
import { shared } from './clusterip-checks.ts';
import { NGINX } from './nft-walks.ts';
import { nftablesOf, ruleset } from './nftables.ts';
import type { KubeObject } from './objects.ts';
import { clusterCidr, many, serviceCidr } from './services.ts';

type Checks = Record<string, Check<Place, 'NT-01' | 'NT-02' | 'NT-03' | 'NT-04'>>;

/** Writes the table that kube-proxy writes on a node. */
export const tableWritten = (node: { name: string; address: string }, objects: readonly KubeObject[]) =>
  feed('nft -f -', ruleset(nftablesOf(objects, { node: node.name, clusterCidr, serviceCidr, nodeIp: node.address })));

/** The table in a network namespace of its own, and what is then asked there. */
const apart = (objects: readonly KubeObject[], asked: string) =>
  `unshare -n sh -e <<'APART'\n${tableWritten({ name: 'master', address: '192.168.205.4' }, objects)}\n${asked}\nAPART`;

export const maps: Checks = {
  'A service is an element of a map, by address, protocol and port; all of them are asked for by one rule': {
    claim: 'NT-01',
    run: 'nft list map ip kube-proxy service-ips\nnft list chain ip kube-proxy services',
    see: {
      master: lines(`10.43.6.58 . tcp . 80 : goto service-${NGINX}`, 'ip daddr . meta l4proto . th dport vmap @service-ips'),
    },
  },
  'Its endpoints are a map within its one rule': {
    claim: corrects(
      'NT-01',
      'An endpoint has no chain: all endpoints of a service stand in its one rule. With session affinity only each has a chain, and a set of its callers.',
    ),
    run: "nft list chain ip kube-proxy $(nft list chains ip | grep -o 'service-.*/nginx-three/[^ ]*')\nnft list chains ip | grep -o 'endpoint-.*/nginx-[a-z]*' | sed 's/.*\\///' | sort | uniq -c",
    see: {
      master: lines(
        'meta l4proto tcp dnat ip to numgen random mod 3 map { 0 : 10.42.1.6 . 80, 1 : 10.42.1.9 . 80, 2 : 10.42.2.6 . 80 }',
        '2 nginx-sticky',
      ),
    },
  },
  'Of 1,000 calls each of two endpoints has a half': { claim: 'NT-01', ...shared('10.43.6.61', 8080, ['podC', 'podD']) },
  'Of 1,000 calls each of three endpoints has a third': { claim: 'NT-01', ...shared('10.43.6.62', 80, ['podB', 'podC', 'podD']) },
  'With session affinity each of 50 calls goes where the first one went': {
    run: "perl /run/count-calls 10.43.6.64 80 50 | sed 's/^[^ ]*/one endpoint/'",
    see: { podA: lines('one endpoint 50') },
  },
  'A hairpin is known by a set, which has the node’s own endpoints': {
    run: 'nft list set ip kube-proxy hairpin-connections',
    see: { node1: lines('10.42.1.6 . 10.42.1.6 . tcp . 80'), master: lacks('10.42.1.6') },
  },
};

export const nodePorts: Checks = {
  'A NodePort answers at its node’s primary address, and at no other': {
    claim: 'NT-02',
    run: `for at in 192.168.205.4 10.42.0.1 10.42.0.0 127.0.0.1; do
      echo "$at: $(${call('$at', 32506, PATIENT)} 2>&1 | grep -o 'podC sees.*\\|Connection refused' | head -n 1)"
    done`,
    see: {
      master: lines('192.168.205.4: podC sees', '10.42.0.1: Connection refused', '10.42.0.0: Connection refused', '127.0.0.1: Connection refused'),
    },
  },
  'That address is in the set nodeport-ips, on each node its own': {
    claim: 'NT-02',
    run: 'nft list set ip kube-proxy nodeport-ips',
    see: onEvery(cluster, ({ address }) => [lines(address), lacks('10.42.', '127.0.0.1')]),
  },
  'So localhost need not be routed, and is not': {
    claim: 'NT-02',
    run: 'sysctl net.ipv4.conf.all.route_localnet',
    see: onEvery(cluster, () => lines('route_localnet = 0')),
  },
  'No process listens at a node’s port': { claim: 'NT-02', run: 'ss -Htln', see: onEvery(cluster, () => lacks(':32506', ':32507')) },
};

/** What a socket hears of a datagram within half a second. */
const hears = (address: string, port: number) =>
  `perl -MSocket -e 'socket $call, PF_INET, SOCK_DGRAM, 0; connect $call, sockaddr_in(${port}, inet_aton("${address}"));
    send $call, "hello", 0; vec($ends, fileno $call, 1) = 1; $heard = select($ends, undef, undef, 0.5) ? "an answer" : "nothing";
    print "${address}:${port}: ", $heard eq "nothing" || defined recv($call, $answer, 512, 0) ? $heard : $!, "\\n"'`;

export const unused: Checks = {
  'A port that is none is refused at once, an address that is none is never heard of': {
    claim: 'NT-03',
    run: `${hears('10.43.6.58', 81)}\n${hears('10.43.99.99', 80)}`,
    see: { podA: lines('10.43.6.58:81: Connection refused', '10.43.99.99:80: nothing') },
  },
  'Two rules say so, on every node: neither leaves by the default route': {
    claim: 'NT-03',
    run: 'nft list chain ip kube-proxy cluster-ips-check',
    see: onEvery(cluster, () => lines('ip daddr @cluster-ips reject', 'ip daddr 10.43.0.0/16 drop')),
  },
};

/** Chains, base chains, and the rules of those chains that are no service’s. */
const counting = `table=$(nft list table ip kube-proxy)
  counted() { printf '%s\\n' "$table" | sed -E "$1" | grep -vE 'hook|comment "helper' | grep -cP "$2"; }
  echo "base chains $(printf '%s\\n' "$table" | grep -c ' hook '), rules for all $(counted '/^\\t(map|set|chain service-[A-Z0-9]{8}-)/,/^\\t}/d' '^\\t\\t'), chains $(counted '' '^\\tchain ')"`;

export const growth: Checks = {
  'One service or ten: eight base chains, and the same rules for all; a chain more for each service': {
    claim: 'NT-04',
    run: [1, 10].map((count) => `echo "${count}: $(${apart(many(count), counting)}\n)"`).join('\n'),
    see: {
      master: lines(...[17, 26].map((chains, i) => `${10 ** i}: base chains 8, rules for all 22, chains ${chains}`)),
    },
  },
  'Its table is its own: kube-proxy writes nothing into those of iptables': {
    claim: 'NT-04',
    run: 'iptables-save',
    see: onEvery(cluster, () => lacks('KUBE')),
  },
};
