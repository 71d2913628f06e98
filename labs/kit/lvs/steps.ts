import type { Commands } from 'packetwalk';
import { answers } from '../ingress/steps.ts';
import { keepalivedOn } from '../keepalived.ts';
import { program } from '../program.ts';
import { gateway, type Place, router, servers, vip } from './network.ts';

const by = (address: string) => `ip route add default via ${address}`;

const inFilter = 'iptables -P INPUT ACCEPT\niptables -P FORWARD ACCEPT\niptables -P OUTPUT ACCEPT';

/** The VIP on a real server that shares the directors’ segment: it accepts what is for it, and neither answers nor asks in its name by ARP. */
const silently = ['sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2', `ip addr add ${vip}/32 dev lo`];

export const steps: Record<string, Commands<Place>> = {
  'Point all to the router, but the real server of NAT: its way out is the VIP, so that a director sees its answers': {
    client: by('192.0.2.1'),
    lb1: by(gateway),
    lb2: by(gateway),
    nat1: by(vip),
    dr1: by(gateway),
    dr2: by(gateway),
    tun1: by('192.168.206.1'),
  },
  'Let the directors forward, which the answers of NAT need, and have a table filter, whose hooks tell what IPVS does': {
    lb1: ['sysctl -w net.ipv4.ip_forward=1', inFilter],
    lb2: ['sysctl -w net.ipv4.ip_forward=1', inFilter],
  },
  'Give the VIP to the real servers of direct routing, and have them keep silent about it': { dr1: silently, dr2: silently },
  'Have a tunnel end at the real server beyond the router, and give it the VIP': {
    tun1: [`ip link add lvs0 type ipip local ${servers.tun1.address}`, 'ip link set lvs0 up', `ip addr add ${vip}/32 dev lvs0`],
  },
  'Start the real servers: each says who called it': {
    nat1: answers('nat1', servers.nat1.port),
    dr1: answers('dr1', servers.dr1.port),
    dr2: answers('dr2', servers.dr2.port),
    tun1: answers('tun1', servers.tun1.port),
  },
  ...keepalivedOn(router),
  'Have at hand what asks for pages, and what cuts a real server off': {
    client: program('servers/http-get', '/run/http-get'),
    dr1: program('load-balancers/cut-off', '/run/cut-off'),
  },
};
