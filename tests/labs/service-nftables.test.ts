import lab from '../../labs/service-nftables.ts';
import type { Lab } from '../../src/lab/words.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const [remote, same, hairpin, node] = [
  'podA calls nginx-test, and the endpoint is on another node',
  'podB calls nginx-test, and the endpoint is on its own bridge',
  'podC calls nginx-test, and is its own endpoint',
  'master calls nginx-test, a node as any process on it does',
] as const;
const [idle, noPort, noAddress] = [
  'podA calls a service without endpoints, and is refused',
  'podA calls a port of nginx-test that is none, and is refused',
  'podA calls an address of the service CIDR that no service has',
] as const;
const [outside, here, local, nobody, elsewhere] = [
  'client calls master’s port 32506, and the endpoint is on another node',
  'client calls node1’s port 32506, where the endpoint is',
  'client calls node1’s port 32507, of policy Local',
  'client calls master’s port 32507, of policy Local: no endpoint is there',
  'podA calls port 32506 at cni0’s address, and master refuses',
] as const;
const [allowed, stranger] = [
  'client calls the load balancer’s address, from a range that may',
  'stranger calls the load balancer’s address, and may not',
] as const;
const [element, endpoints, both, three, sticky, hairpins] = [
  'A service is an element of a map, by address, protocol and port; all of them are asked for by one rule',
  'Its endpoints are a map within its one rule',
  'Of 1,000 calls each of two endpoints has a half',
  'Of 1,000 calls each of three endpoints has a third',
  'With session affinity each of 50 calls goes where the first one went',
  'A hairpin is known by a set, which has the node’s own endpoints',
] as const;
const [primary, inSet, notRouted, noSocket] = [
  'A NodePort answers at its node’s primary address, and at no other',
  'That address is in the set nodeport-ips, on each node its own',
  'So localhost need not be routed, and is not',
  'No process listens at a node’s port',
] as const;
const [hears, rules, growth, ownTable] = [
  'A port that is none is refused at once, an address that is none is never heard of',
  'Two rules say so, on every node: neither leaves by the default route',
  'One service or ten: eight base chains, and the same rules for all; a chain more for each service',
  'Its table is its own: kube-proxy writes nothing into those of iptables',
] as const;

/** A line for each chain of a service, by its name. */
const chains = (service: string, lines: string) =>
  `for chain in $(nft list chains ip | grep -o '[a-z]*-[A-Z0-9]*-default/${service}/[^ ]*'); do ${lines}; done`;

/** All calls of a service go to one endpoint. */
const unfair = (service: string, to: string) =>
  chains(
    service,
    `nft "flush chain ip kube-proxy $chain; add rule ip kube-proxy $chain meta l4proto tcp dnat to ${to}:80"`,
  );

/** A process that listens at a TCP port. */
const listens = (port: number) =>
  `perl -MIO::Socket::INET -e '$own = IO::Socket::INET->new(LocalPort => ${port}, Listen => 1) or die; fork and exit; close $_ for *STDIN, *STDOUT, *STDERR; sleep 60'`;

const flush = (name: string) => `nft flush chain ip kube-proxy ${name}`;
const emptied = (kind: 'map' | 'set', name: string) => `nft flush ${kind} ip kube-proxy ${name}`;

noneInVain(
  'service-nftables',
  lab as Lab,
  [
    ['master', emptied('map', 'service-ips'), [remote, element, allowed]],
    ['node1', flush('services'), [same, hairpin, here, local]],
    ['master', flush('masquerading'), [outside, node]],
    ['node1', emptied('set', 'hairpin-connections'), [hairpin, hairpins]],
    ['master', emptied('map', 'no-endpoint-services'), [idle]],
    ['master', flush('cluster-ips-check'), [noPort, noAddress, hears, rules]],
    ['master', emptied('map', 'no-endpoint-nodeports'), [nobody]],
    ['master', "nft add element ip kube-proxy nodeport-ips '{ 10.42.0.1 }'", [elsewhere, primary, inSet]],
    ['master', emptied('map', 'firewall-ips'), [stranger]],
    ['master', unfair('nginx-both', '10.42.1.6'), [both]],
    ['master', unfair('nginx-three', '10.42.1.6'), [three, endpoints]],
    ['master', unfair('nginx-sticky', '10.42.1.99'), [sticky]],
    ['node2', 'sysctl -w net.ipv4.conf.all.route_localnet=1', [notRouted]],
    ['node2', listens(32506), [noSocket]],
    ['node2', 'iptables -N KUBE-SERVICES', [ownTable]],
    ['podC', ended('podC'), ['podC still runs']],
    ['podB', ended('podB'), ['podB still runs', three]],
    ['podD', ended('podD'), ['podD still runs', both]],
  ],
  [[growth, 'jump masquerading', 'jump masquerading\n\t\tjump masquerading']],
);
