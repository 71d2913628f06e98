import type { Fault } from 'packetwalk';
import { nodesOf } from '../cluster.ts';
import { doesNotForward } from '../faults.ts';
import * as bird from './bird.ts';
import { addressOf, cali, type document } from './cluster.ts';

type Faults<Claim extends string> = Record<string, Fault<keyof typeof document | 'podA', Claim>>;

const caliA = cali('podA');
const master = '192.168.205.4';
const forget = 'ip neigh flush dev eth0';
const onNode1 = 'podB pings podC on the same node';
const onItsSubnet = 'podA pings podB in the same subnet';
const toANode = 'podA pings node1: with its own node’s address, so plain both ways';

/** Nobody answers for the gateway that nobody has. */
export const proxyArp: Faults<'CB-02'> = {
  'podA’s cali* device does not answer ARP for others': {
    claims: ['CB-02'],
    break: { master: `sysctl -w net.ipv4.conf.${caliA}.proxy_arp=0`, podA: forget },
    lostAt: 'podA:eth0',
    untouched: [onNode1],
    cause: 'proxy ARP off',
    hint: 'Run `arping -c 1 -I eth0 169.254.1.1` in podA. Who should answer, and what switch makes it?',
    fix: { master: `sysctl -w net.ipv4.conf.${caliA}.proxy_arp=1`, podA: forget },
  },
  'master has no default route: proxy ARP answers for nothing that it cannot reach': {
    break: { master: 'ip route del default', podA: forget },
    lostAt: 'podA:eth0',
    untouched: [onNode1, 'master pings podB on another node'],
    cause: 'proxy ARP without a route',
    hint: 'proxy_arp is on, and still nobody answers. Run `ip route get 169.254.1.1` on master.',
    fix: { master: 'ip route add default via 192.168.205.1', podA: forget },
  },
};

/** A node’s BIRD is gone, or was never asked for. */
export const withoutBird = (cluster: typeof document): Faults<'CB-04' | 'CB-08' | 'CN-11'> => ({
  'node1’s BIRD ends, and its peers forget node1’s pods': {
    claims: ['CB-04', 'CN-11'],
    break: bird.leaves(cluster, 'node1', 'birdc down'),
    differsAt: 'master:enp0s1',
    untouched: [onNode1, 'podA pings podD on a third node', 'podA pings node1: with its own node’s address'],
    cause: 'daemon ended',
    hint: 'master sends it to its gateway. Run `birdc show protocols` on master: who is missing?',
    fix: bird.joins(cluster, 'node1', bird.bird(nodesOf(cluster).length - 1)),
  },
  'node2 is not in etcd, so no BIRD asks for its pods': {
    claims: ['CB-08'],
    break: bird.leaves(cluster, 'node2', bird.removal(cluster, 'node2')),
    walk: 'podA pings podD on a third node',
    differsAt: 'master:enp0s1',
    untouched: [onNode1, 'podA pings podB on another node'],
    cause: 'wrong route',
    hint: 'Run `etcdctl get --prefix --keys-only /calico/resources/v3/projectcalico.org/nodes` on master. Who is missing?',
    fix: bird.joins(cluster, 'node2', bird.registration(cluster, 'node2')),
  },
});

/** What is wrapped does not enter tunl0. */
export const tunl0 = (cluster: typeof document): Faults<'CI-01'> => ({
  'node1’s tunl0 is switched off': {
    claims: ['CI-01'],
    break: { node1: 'ip link set tunl0 down' },
    lostAt: 'node1:tunl0',
    untouched: [onNode1, 'podA pings podD on a third node'],
    cause: 'tunnel device down',
    hint: 'The wrapped packet arrives, and no device takes it. Run `ip link show tunl0` on node1.',
    fix: { node1: `ip link set tunl0 up\n${bird.untilWrapping(cluster, 'node1', 'Always')}` },
  },
  'Felix on node1 does not count master among Calico’s nodes': {
    break: { node1: `ipset del cali40all-hosts-net ${master}` },
    lostAt: 'node1:tunl0',
    untouched: [onNode1, 'podA pings podD on a third node', toANode],
    cause: 'firewall rule',
    hint: 'It arrives, and is not unwrapped. Run `iptables -nvL cali-INPUT` on node1. Which rule counts? Felix would mend its set within 90 s.',
    fix: { node1: `ipset add cali40all-hosts-net ${master}` },
  },
  'The underlay lets only TCP, UDP and ICMP reach node1, as many clouds do': {
    claims: ['CI-01'],
    break: { node1: 'iptables -t raw -I PREROUTING -i enp0s1 -p 4 -j DROP' },
    lostAt: 'node1:tunl0',
    untouched: [onNode1, 'podA pings podD on a third node', toANode],
    cause: 'firewall rule',
    hint: 'Plain packets pass between the nodes. Run `iptables -t raw -nvL PREROUTING` on node1: what is counted?',
    fix: { node1: 'iptables -t raw -D PREROUTING -i enp0s1 -p 4 -j DROP' },
  },
});

/** What is wrapped between subnets only is not wrapped there, or is elsewhere. */
export const crossSubnet = (cluster: typeof document): Record<string, Fault<keyof typeof document | 'gw', 'CI-02'>> => ({
  'The router drops protocol 4, as many clouds do': {
    claims: ['CI-02'],
    break: { gw: 'iptables -I FORWARD -p 4 -j DROP' },
    lostAt: 'gw:eth1',
    untouched: [onItsSubnet, onNode1, 'podA pings node1'],
    cause: 'firewall rule',
    hint: 'Plain packets pass. What does `iptables -nvL FORWARD` count on gw?',
    fix: { gw: 'iptables -D FORWARD -p 4 -j DROP' },
  },
  'The router does not forward': doesNotForward('gw', { lostAt: 'gw:eth1', untouched: [onItsSubnet, onNode1, 'podA pings node1'] }),
  'master’s tunl0 is switched off': {
    break: { master: 'ip link set tunl0 down' },
    lostAt: 'master:tunl0',
    untouched: [onItsSubnet, onNode1, 'podA pings node1'],
    cause: 'interface down',
    hint: 'Run `ip route get 10.42.2.6` on master, then `birdc show route table next_hops`.',
    fix: { master: `ip link set tunl0 up\n${bird.untilWrapping(cluster, 'master', 'CrossSubnet')}` },
  },
  'The pool’s ipipMode is Always: even the same subnet is wrapped': {
    claims: ['CI-02'],
    break: bird.wrapping(cluster, 'Always'),
    walk: onItsSubnet,
    differsAt: 'master:enp0s1',
    untouched: [onNode1],
    cause: 'wrong route',
    hint: 'The ping is answered. Run `ip route get 10.42.1.9` on master, then `etcdctl get --prefix /calico/resources/v3/projectcalico.org/ippools` there.',
    fix: bird.wrapping(cluster, 'CrossSubnet'),
  },
  'master’s Node says /16: node2 counts as in its subnet, and nothing is wrapped': {
    claims: ['CI-02'],
    break: {
      master: [
        bird.registration(cluster, 'master', { ipv4Address: `${master}/16`, ipv4IPIPTunnelAddr: addressOf(cluster.master, 0) }),
        bird.untilLearned(cluster.node2.block, 'enp0s1'),
      ],
    },
    lostAt: 'master:tunl0',
    untouched: [onItsSubnet, onNode1],
    cause: 'wrong route',
    hint: 'Run `ip route get 10.42.2.6` on master. Is 192.168.206.5 in the network that `etcdctl get /calico/resources/v3/projectcalico.org/nodes/master` tells?',
    fix: {
      master: [
        bird.registration(cluster, 'master', { ipv4IPIPTunnelAddr: addressOf(cluster.master, 0) }),
        bird.untilLearned(cluster.node2.block, 'tunl0'),
      ],
    },
  },
});

/** A node’s BIRD is gone, where the reflector is the one to say so. */
export const reflectedBird = (cluster: typeof document): Faults<'CB-04'> => ({
  'node1’s BIRD ends: the reflector tells all others': {
    claims: ['CB-04'],
    break: bird.leaves(cluster, 'node1', 'birdc down'),
    differsAt: 'reply node2:enp0s1',
    untouched: [onNode1, 'node1 pings podD on another node'],
    cause: 'daemon ended',
    hint: 'The request arrives. Run `ip route get 10.42.1.9` on node2.',
    fix: bird.joins(cluster, 'node1', bird.bird(1, nodesOf(cluster).length - 1)),
  },
});
