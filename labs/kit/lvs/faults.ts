import { type Fault, until } from 'packetwalk';
import { answers } from '../ingress/steps.ts';
import { givesUp, keepalived, takesOver } from '../keepalived.ts';
import { until as holds } from '../until.ts';
import { gateway, type Place, router, servers, vip } from './network.ts';
import { byDr, byNat, byTunnel } from './walks.ts';

type Faults = Record<string, Fault<Place, 'LB-03'>>;

/** A daemon of a node has ended, and nothing of it is left. */
const ended = (name: string) => `pid=$(cat /run/${name}.pid) && kill $pid && ${holds('! kill -0 $pid 2> /dev/null')}`;

const noVrrp = 'iptables -I INPUT -p vrrp -j DROP';
const vrrpAgain = 'iptables -D INPUT -p vrrp -j DROP';

const onBoth = (typed: string) => ({ dr1: typed, dr2: typed });
const leads = `ipvsadm -Ln | grep -qF '${servers.nat1.address}:${servers.nat1.port} '`;

/** A real server asks for the router in the VIP’s name, and so tells it who has the VIP. */
const asksAsVip = `ip neigh flush dev eth0\nping -n -c 1 -W 5 -I ${vip} ${gateway}`;

export const faults: Faults = {
  'nat1 has the router for its way out: its answers pass the director by': {
    claims: ['LB-03'],
    break: { nat1: `ip route replace default via ${gateway}` },
    fix: { nat1: `ip route replace default via ${vip}` },
    walk: byNat,
    differsAt: 'reply nat1:eth0',
    untouched: [byDr, byTunnel],
    cause: 'answer bypasses translation',
    hint: 'The client gets an answer from an address that it never called. Run `ip route get 192.0.2.50` on nat1.',
  },
  'lb1 does not forward: calls go out to nat1, and its answers end at lb1': {
    claims: ['LB-03'],
    break: { lb1: 'sysctl -w net.ipv4.ip_forward=0' },
    fix: { lb1: 'sysctl -w net.ipv4.ip_forward=1' },
    walk: byNat,
    lostAt: 'reply lb1 filter FORWARD',
    untouched: [byDr, byTunnel],
    cause: 'forwarding off',
    hint: 'What IPVS sends is lb1’s own, but an answer is for another. Run `sysctl net.ipv4.ip_forward` on lb1.',
  },
  'dr1 tells by ARP of the VIP that it has: the router calls it, and no director': {
    claims: ['LB-03'],
    break: { dr1: ['sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0', asksAsVip] },
    fix: {
      dr1: 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2',
      gw: `ip neigh del ${vip} dev eth1\nping -n -c 1 -W 5 ${vip}`,
    },
    walk: byDr,
    differsAt: 'gw:eth1',
    cause: 'address twice',
    hint: 'The client is answered, by dr1 alone. Whose MAC has the VIP? Run `ip neigh` on gw, and `sysctl net.ipv4.conf.all` on dr1.',
  },
  'Neither real server of direct routing has the VIP': {
    claims: ['LB-03'],
    break: onBoth(`ip addr del ${vip}/32 dev lo`),
    fix: onBoth(`ip addr add ${vip}/32 dev lo`),
    walk: byDr,
    lostAt: ['reply dr1:eth0', 'reply dr2:eth0'],
    untouched: [byNat, byTunnel],
    cause: 'address missing',
    hint: 'The health check calls their own addresses, and is content. Run `ip -br address show dev lo` on dr1 and dr2.',
  },
  'The tunnel’s device on tun1 is down': {
    claims: ['LB-03'],
    break: { tun1: 'ip link set lvs0 down' },
    fix: { tun1: 'ip link set lvs0 up' },
    walk: byTunnel,
    lostAt: 'tun1:lvs0',
    untouched: [byNat, byDr],
    cause: 'tunnel device down',
    hint: 'The health check does not go by the tunnel, and is content. Run `ip -br link` on tun1.',
  },
  'nat1’s process has ended: the health check takes it out, and nobody is left behind port 80': {
    claims: ['LB-03'],
    break: { nat1: ended('nat1'), lb1: until('lb1 no longer leads to nat1', `! ${leads}`, '30 s') },
    fix: { nat1: answers('nat1', servers.nat1.port).slice(1), lb1: until('lb1 leads to nat1', leads, '30 s') },
    walk: byNat,
    lostAt: 'lb1 filter OUTPUT',
    untouched: [byDr, byTunnel],
    cause: 'no real server',
    hint: 'The VIP itself refuses the call. Run `ipvsadm -Ln` on lb1, and `ss -ltn` on nat1.',
  },
  'Neither director hears the other’s VRRP: both have the VIP': {
    break: { lb1: noVrrp, lb2: [noVrrp, takesOver(router)] },
    fix: { lb1: vrrpAgain, lb2: [vrrpAgain, givesUp(router)] },
    walk: byDr,
    differsAt: 'gw:eth1',
    cause: 'address twice',
    hint: 'The client is answered, but by way of whom? Run `ip -br address` on lb1 and on lb2, and `ip neigh` on gw.',
  },
  'keepalived on lb1 has ended: lb2 has the VIP and the virtual servers, and calls go by it': {
    break: { lb1: ended('keepalived'), lb2: takesOver(router) },
    fix: { lb1: [keepalived(router), takesOver(router)], lb2: givesUp(router) },
    walk: byDr,
    differsAt: 'gw:eth1',
    hint: 'The client is answered. Run `ip neigh` on gw, and `ipvsadm -Ln` on lb1 and on lb2.',
  },
};
