import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { iptablesOf, restored, type Table } from '../../labs/kit/kube-proxy/iptables.ts';
import { clusterCidr, many } from '../../labs/kit/kube-proxy/services.ts';
import clusterIp from '../../labs/service-clusterip-iptables.ts';
import nodePort from '../../labs/service-nodeport-iptables.ts';
import type { Lab } from '../../src/lab/words.ts';
import { needsNamespaces } from '../stand.ts';
import { ended } from './ended.ts';
import { noneInVain } from './in-vain.ts';

const [remote, same, hairpin, node, refused, asks] = [
  'podA calls nginx-test, and the endpoint is on another node',
  'podB calls nginx-test, and the endpoint is on its own bridge',
  'podC calls nginx-test, and is its own endpoint',
  'master calls nginx-test, a node as any process on it does',
  'podA calls a service without endpoints, and is refused',
  'podA asks kube-dns from one and the same port',
] as const;
const both = 'Of 1,000 calls each of two endpoints has a half: port 8080 leads to their port 80';
const three = 'Of 1,000 calls each of three endpoints has a third';
const order = 'Its rules are in the order of the addresses: 1/3, then a half of the rest, then the rest';
const printed = 'iptables -nvL reads as in the document: the service’s chain, and one for each endpoint';
const counted = 'One service of six endpoints makes 48 rules, ten make 228: 28, and 20 for each';
const ofSep = 'Of those 228 rules 120 are in the chains KUBE-SEP, for endpoints of the ten services';
const goes = 'An endpoint goes: kube-proxy deletes its UDP entries, which would lead there for ever, and no TCP entry';

/** The chance of a service’s first endpoint is gone: the next ones get all. */
const unfair = (service: string) =>
  `iptables -t nat -S | grep '${service} -> 10.42.1.6:80" -m statistic' | sed 's/^-A/iptables -t nat -D/' | sh`;

/** A process that listens at a TCP port. */
const listens = (port: number) =>
  `perl -MIO::Socket::INET -e '$own = IO::Socket::INET->new(LocalPort => ${port}, Listen => 1) or die; fork and exit; close $_ for *STDIN, *STDOUT, *STDERR; sleep 60'`;

noneInVain(
  'service-clusterip-iptables',
  clusterIp as Lab,
  [
    ['master', 'iptables -t nat -F KUBE-SERVICES', [remote, node]],
    ['master', 'iptables -t nat -F KUBE-SERVICES', [both, three]],
    ['master', unfair('default/nginx-both'), [both]],
    ['master', unfair('default/nginx-three'), [three, order]],
    ['node1', 'iptables -t nat -R KUBE-SEP-U2YYZT2C3O6VM4EV 1 -s 10.42.1.7/32 -j KUBE-MARK-MASQ', [hairpin]],
    ['node1', 'iptables -I FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT', [remote, same, hairpin, node]],
    ['master', 'iptables -F KUBE-SERVICES', [refused]],
    ['node1', 'iptables -t raw -I PREROUTING -i cni0 -p udp --sport 53 -j DROP', [asks]],
    ['node2', 'ip addr add 10.43.6.58/32 dev lo', ['No device of any node has a ClusterIP']],
    ['node2', 'ip link add kube-ipvs0 type bridge', ['Each node has the devices of its network, and no other']],
    ['node2', listens(8080), ['No process listens where a service is: there is no such socket']],
    ['podC', ended('podC', 'podC-udp'), ['podC still runs', 'podC-udp still runs', goes, asks]],
    ['podB', ended('podB'), ['podB still runs', three]],
    ['podD', ended('podD', 'podD-udp'), ['podD still runs', 'podD-udp still runs', both]],
    [
      'master',
      'iptables -t nat -R KUBE-SEP-U2YYZT2C3O6VM4EV 2 -p tcp -j DNAT --to-destination 10.42.2.6:80',
      [remote, 'Conntrack has both sides of a call: what was asked, and whose answers are turned back'],
    ],
    ['node1', 'ip link set vethB type bridge_slave hairpin off', ['Hairpin is on at each port of cni0']],
  ],
  [
    [printed, '--probability 0.50000000000', '--probability 0.40000000000'],
    [counted, '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n', ''],
    [ofSep, '-A KUBE-SEP-', '# -A KUBE-SEP-'],
    [goes, 'conntrack -D -p udp --orig-dst 10.43.0.10 --reply-src 10.42.1.6', 'true'],
    [goes, 'conntrack -L -p tcp', 'conntrack -D -p tcp --orig-dst 10.43.6.58; conntrack -L -p tcp'],
  ],
);

const [outside, here, elsewhere, local, nobody] = [
  'client calls master’s port 32506, and the endpoint is on another node',
  'client calls node1’s port 32506, where the endpoint is',
  'client calls node2’s port 32506, too',
  'client calls node1’s port 32507, of policy Local',
  'client calls master’s port 32507, of policy Local: no endpoint is there',
] as const;
const [allowed, stranger, external, fromOutside, fromPod, localhost] = [
  'client calls the load balancer’s address, from a range that may',
  'stranger calls the load balancer’s address, and may not',
  'client calls an external address of a service',
  'client calls the ClusterIP, from outside of 10.42.0.0/16',
  'podA calls the ClusterIP, and is not marked',
  'master calls its own port 32506 at 127.0.0.1',
] as const;
const everyNode = 'By every node the client reaches the pod, which takes a node’s device for the caller';
const seesClient = 'Under the policy Local the pod sees the client, by its own node alone';
const sticky = 'With session affinity each of 50 calls goes where the first one went, without it they do not';
const noSocket = 'No process listens at a node’s port';

noneInVain(
  'service-nodeport-iptables',
  nodePort as Lab,
  [
    ['master', 'iptables -t nat -F KUBE-MARK-MASQ', [outside, allowed, external]],
    ['master', 'iptables -t nat -F KUBE-MARK-MASQ', [fromOutside, localhost, everyNode]],
    ['node1', 'iptables -t nat -F KUBE-NODEPORTS', [here, local, everyNode, seesClient]],
    ['node2', 'iptables -t nat -F KUBE-NODEPORTS', [elsewhere, everyNode]],
    ['master', 'iptables -F KUBE-EXTERNAL-SERVICES', [nobody, seesClient]],
    ['master', 'iptables -F KUBE-PROXY-FIREWALL', [stranger]],
    ['node1', 'iptables -t nat -I POSTROUTING -s 192.168.205.50 -j MASQUERADE', [local, seesClient]],
    ['master', 'iptables -t nat -I POSTROUTING -s 10.42.0.65 -j MASQUERADE', [fromPod]],
    ['master', "iptables -t nat -S | grep 'recent --rcheck' | sed 's/^-A/iptables -t nat -D/' | sh", [sticky]],
    ['node2', listens(32506), [noSocket]],
    ['podC', ended('podC'), ['podC still runs', outside]],
    ['podD', ended('podD'), ['podD still runs']],
  ],
  [
    [
      'iptables -nvL reads as in the document: the port’s chain marks, then goes the ClusterIP’s way',
      '--dport 32506',
      '--dport 32507',
    ],
    [
      'The mark is 0x4000, and what is marked are callers from outside of 10.42.0.0/16',
      '0x4000/0x4000',
      '0x8000/0x8000',
    ],
  ],
);

/** Tables, some hundred rules at a time: an ordinary user’s netlink socket takes no longer message. */
const inParts = (tables: Table[]) =>
  tables
    .flatMap(({ name, chains, rules }) => {
      const parts = Array.from({ length: Math.ceil(rules.length / 200) }, (_, i) =>
        rules.slice(200 * i, 200 * (i + 1)),
      );
      return [
        restored([{ name, chains, rules: [] }]),
        ...parts.map((part) => restored([{ name, chains: [], rules: part }])),
      ];
    })
    .join('');

describe('The rules of many services, in the kernel', function () {
  this.timeout(60_000);
  before(function () {
    needsNamespaces(this);
  });

  for (const [services, rules] of [
    [1, 48],
    [10, 228],
    [100, 2028],
  ] as const)
    it(`are ${rules} for ${services} of six endpoints each, as kube-proxy v1.36.3 has them`, () => {
      const input = inParts(iptablesOf(many(services), { node: 'master', clusterCidr }));
      const load = 'mount -t tmpfs none /run && iptables-restore --noflush && iptables-save';
      const saved = execFileSync('unshare', ['-rnm', 'sh', '-c', load], { input, encoding: 'utf8' });
      expect(saved.match(/^-A/gm)).to.have.length(rules);
    });
});
