import { type Daemon, type Fault, type Until, until } from 'packetwalk';
import { anotherHas, configuration, givesUp, keepalived, takesOver } from '../keepalived.ts';
import { feed } from '../program.ts';
import { type Place, router } from './cluster.ts';

type Faults = Record<string, Fault<Place, never>>;

/** A daemon of a node has ended, and nothing of it is left. */
const ended = (name: string) => `pid=$(cat /run/${name}.pid) && kill $pid && tail --pid=$pid -f /dev/null`;

/** The load balancers’ virtual router, where it should not be. */
const copy = { ...router, nodes: { gw: { address: '192.168.205.1', priority: 250 } }, healthy: 'exit 0' };

/** A keepalived that nobody knows of. */
const beside = 'keepalived --vrrp --use-file /run/keepalived.conf --pid /run/copy.pid --vrrp_pid /run/copy.vrrp > /dev/null 2>&1';

const noVrrp = 'iptables -I INPUT -p vrrp -j DROP';
const vrrpAgain = 'iptables -D INPUT -p vrrp -j DROP';

/** What a load balancer’s walk is lost by, whichever proxy it is. */
export const faults = (walk: string, proxy: Daemon): Faults => ({
  'Neither load balancer hears the other’s VRRP: both have the VIP': {
    break: { lb1: noVrrp, lb2: [noVrrp, takesOver(router)] },
    fix: { lb1: vrrpAgain, lb2: [vrrpAgain, givesUp(router)] },
    walk,
    differsAt: 'client:eth0',
    cause: 'address twice',
    hint: 'The client is answered, but by whom? Run `ip -br address` on lb1 and on lb2, and `ip neigh` at the client.',
  },
  [`${proxy.daemon} on lb1 has ended: its health check fails, and lb2 has the VIP`]: {
    break: { lb1: [ended(proxy.daemon), givesUp(router)], lb2: takesOver(router) },
    fix: { lb1: [proxy, takesOver(router)], lb2: givesUp(router) },
    walk,
    differsAt: 'client:eth0',
    hint: 'The client is answered, and not by lb1. Ask lb1 for the end of /run/keepalived.log.',
  },
  [`${proxy.daemon} on lb1 has ended, and keepalived has no health check: it keeps the VIP`]: {
    break: {
      lb1: [
        'cp -p /run/healthy /run/healthy.before',
        feed('cat > /run/healthy.new', ['#!/bin/sh', 'touch /run/healthy.asked']),
        'chmod 700 /run/healthy.new && mv /run/healthy.new /run/healthy',
        until('keepalived asks the one that always says yes', 'test -e /run/healthy.asked', '30 s'),
        ended(proxy.daemon),
      ],
    },
    fix: { lb1: [proxy, 'rm /run/healthy.asked && mv /run/healthy.before /run/healthy'] },
    walk,
    differsAt: 'reply lb1:eth0',
    cause: 'daemon ended',
    hint: 'The VIP answers pings, and refuses calls. Run `ss -ltn` on lb1, and read /run/healthy.',
  },
  'keepalived has ended on both: the VIP is nobody’s': {
    break: { lb1: ended('keepalived'), lb2: ended('keepalived') },
    fix: { lb1: [keepalived(router), takesOver(router)], lb2: [anotherHas(router), keepalived(router)] },
    walk,
    cold: true,
    lostAt: 'client:eth0',
    cause: 'daemon ended',
    hint: 'The client asks by ARP who has the VIP, and nobody answers. Run `ip -br address` on lb1 and on lb2.',
  },
  'lb1 lets no calls in': {
    break: { lb1: 'iptables -I INPUT -p tcp --dport 80 -j DROP' },
    fix: { lb1: 'iptables -D INPUT -p tcp --dport 80 -j DROP' },
    walk,
    lostAt: 'reply lb1:eth0',
    cause: 'firewall rule',
    hint: 'Somebody listens, and hears nothing: the health check asks whether a socket is there. Run `iptables -nvL INPUT` on lb1.',
  },
  'gw has a copy of the configuration, and a higher priority: number 51 is used twice': {
    break: { gw: [...configuration(copy, 'gw'), beside, takesOver(copy)], lb1: givesUp(router) },
    fix: {
      gw: 'pid=$(cat /run/copy.pid) && kill $pid && tail --pid=$pid -f /dev/null',
      lb1: takesOver(router),
    },
    walk,
    differsAt: 'client:eth0',
    hint: 'The VIP refuses calls: whose MAC has it? Run `ip neigh` at the client.',
  },
});

const atBoth = (typed: string) => ({ node1: typed, node2: typed });

/** A line: it goes on once the proxy waits for no node any more. What it has asked in vain it asks again, and a later walk would meet that. */
const waitsForNone = (isIdle: string) => until('the proxy waits for no node', isIdle, '30 s');

/** What a connection that a load balancer opens is lost by, at either node. */
export const nodeFaults = (walk: string, isIdle: string): Faults => ({
  'Both nodes forward only what a rule accepts: their policy is DROP': {
    break: atBoth('iptables -P FORWARD DROP'),
    fix: { ...atBoth('iptables -P FORWARD ACCEPT'), lb1: waitsForNone(isIdle) },
    walk,
    lostAt: ['later 1 node1 filter FORWARD', 'later 1 node2 filter FORWARD'],
    cause: 'firewall policy',
    hint: 'A NodePort without a mark is accepted by nobody but the policy. Run `iptables -S FORWARD` on node1 and node2.',
  },
  'Neither node forwards': {
    break: atBoth('sysctl -w net.ipv4.ip_forward=0'),
    fix: { ...atBoth('sysctl -w net.ipv4.ip_forward=1'), lb1: waitsForNone(isIdle) },
    walk,
    lostAt: ['later 1 node1 filter FORWARD', 'later 1 node2 filter FORWARD'],
    cause: 'forwarding off',
    hint: 'The client has its connection, and waits: it is the other one that is lost. Run `sysctl net.ipv4.ip_forward` on node1 and node2.',
  },
});

const noData = 'FORWARD -p tcp --dport 80 -m conntrack --ctstate ESTABLISHED -j DROP';
const weigh = (percent: number) => ['node1', 'node2'].map((node) => `echo 'set weight nginx-test/${node} ${percent}%' | socat - /run/haproxy.sock`);

/** What haproxy’s own health checks notice, and what they do not. */
export const checkedFaults = (walk: string, isBoth: (state: 'UP' | 'DOWN') => Until, isIdle: string): Faults => ({
  'Both nodes let connections begin, and drop what they carry: the health checks only open connections': {
    break: atBoth(`iptables -I ${noData}`),
    fix: { ...atBoth(`iptables -D ${noData}`), lb1: waitsForNone(isIdle) },
    walk,
    lostAt: ['later 1 node1 filter FORWARD', 'later 1 node2 filter FORWARD'],
    cause: 'firewall rule',
    hint: 'haproxy says UP of both. Ask its socket for `show stat`, and run `iptables -nvL FORWARD` on node1 and node2.',
  },
  'Both pods are cut off: haproxy takes their nodes out, and answers 503 itself': {
    break: { node1: 'ip link set vethC down', node2: 'ip link set vethD down', lb1: isBoth('DOWN') },
    fix: { node1: 'ip link set vethC up', node2: 'ip link set vethD up', lb1: isBoth('UP') },
    walk,
    lostAt: 'later 1 lb1:eth0 out',
    hint: 'The client is answered at once, and no node is asked. Ask haproxy’s socket for `show stat`.',
  },
  'Both nodes have the weight 0: haproxy takes them for up, and leads to neither': {
    break: { lb1: weigh(0) },
    fix: { lb1: weigh(100) },
    walk,
    lostAt: 'later 1 lb1:eth0 out',
    hint: 'A weight of 0 is how a node is drained. Ask haproxy’s socket for `show servers state`.',
  },
});
