import { at, ether, ip, mac, oneOf, send, through } from 'packetwalk';
import { failover } from '../failover-walks.ts';
import { ended } from '../kube-proxy/walks.ts';
import { accepted, called } from '../processes.ts';
import { client, directors, type Hops, type Place, router, servers, vip } from './network.ts';

export const [byNat, byDr, byTunnel] = [
  'client calls port 80 of the VIP: by NAT, and the answer passes lb1',
  'client calls port 81 of the VIP: by direct routing, and the answer bypasses lb1',
  'client calls port 82 of the VIP: by a tunnel, to a real server beyond the router',
] as const;

const get = (port: number) => send('client', `perl /run/http-get ${vip}:${port} shop.example /`);

/** From the client to the director that has the VIP, and by its hooks to where IPVS sends it on. */
const toDirector = (packet: typeof called, port: number): Hops => [
  at('client:eth0', 'The client knows one address', packet(client, vip, port)),
  at('gw:eth0', 'The router looks for it on the directors’ segment', packet(client, vip, port)),
  at('gw:eth1', 'By ARP lb1 alone has said that the VIP is there', ether({ dst: mac('lb1:eth0') }), packet(client, vip, port, 63)),
  at('lb1:eth0 in', 'It is for an address of lb1', packet(client, vip, port, 63)),
  through('lb1', 'filter INPUT: policy accept', 'No process listens: behind INPUT waits IPVS'),
  through('lb1', 'filter OUTPUT: policy accept', 'IPVS has chosen a real server, and sends it as the node’s own'),
];

/** From the router back to the client. */
const toClient = (port: number, ttl: number): Hops => [
  at('gw:eth0', 'The router spends one TTL', accepted(vip, client, port, ttl)),
  at('client:eth0', 'The VIP answers: of real servers the client hears nothing', accepted(vip, client, port, ttl)),
];

const nat = servers.nat1;
const toNat = (packet: typeof called): Hops => [
  ...toDirector(packet, nat.virtualPort),
  at('lb1:eth0 out', 'NAT: another address and another port, and one TTL less; the source stays', packet(client, nat.address, nat.port, 62)),
  at('nat1:eth0', 'The real server sees the client itself', packet(client, nat.address, nat.port, 62)),
];
const fromNat: Hops = [
  at('nat1:eth0', 'Its way to the client is the VIP', ether({ dst: mac('lb1:eth0') }), accepted(nat.address, client, nat.port)),
  at('lb1:eth0 in', 'So the answer passes lb1', accepted(nat.address, client, nat.port)),
  through('lb1', 'filter FORWARD: policy accept', 'It is for another: lb1 must forward, and here IPVS knows its connection'),
  at('lb1:eth0 out', 'IPVS has put the VIP and its port back', accepted(vip, client, nat.virtualPort, 63)),
  at('gw:eth1', 'To the router', accepted(vip, client, nat.virtualPort, 63)),
  ...toClient(nat.virtualPort, 62),
];

type Routed = 'dr1' | 'dr2';
const toRouted = (packet: typeof called, server: Routed): Hops => [
  ...toDirector(packet, 81),
  at(
    'lb1:eth0 out',
    'Direct routing: only the MAC is another, and one TTL is spent',
    ether({ dst: mac(`${server}:eth0`) }),
    packet(client, vip, 81, 62),
  ),
  at(`${server}:eth0`, 'It still is for the VIP, which this real server has on lo', packet(client, vip, 81, 62)),
];
const fromRouted = (server: Routed): Hops => [
  at(`${server}:eth0`, 'It answers as the VIP, straight to the router', ether({ dst: mac('gw:eth1') }), accepted(vip, client, 81)),
  at('gw:eth1', 'lb1 is not asked: to the router any MAC may send as the VIP', ether({ src: mac(`${server}:eth0`) }), accepted(vip, client, 81)),
  ...toClient(81, 63),
];
const either = (way: (server: Routed) => Hops) => [oneOf({ 'by dr1': way('dr1'), 'by dr2': way('dr2') })];

const tun = servers.tun1.address;
const wrapped = (ttl: number) => ip({ src: directors.lb1.address, dst: tun, ttl, protocol: 4 });
const toTunnel = (packet: typeof called): Hops => [
  ...toDirector(packet, 82),
  at('lb1:eth0 out', 'Into another packet, as it is but for one TTL', wrapped(62), packet(client, vip, 82, 62)),
  at('gw:eth1 in', 'The router sees a packet from lb1', wrapped(62), packet(client, vip, 82, 62)),
  at('gw:eth2', 'It routes by the outer header, and spends its TTL', wrapped(61), packet(client, vip, 82, 62)),
  at('tun1:eth0', 'It arrives at the tunnel’s end', wrapped(61), packet(client, vip, 82, 62)),
  at('tun1:lvs0', 'The wrapping is off: it is for the VIP, which this device has', packet(client, vip, 82, 62)),
];
const fromTunnel: Hops = [
  at('tun1:eth0', 'It answers as the VIP, and not by the tunnel', accepted(vip, client, 82)),
  at('gw:eth2', 'The VIP is on another segment of the router: without a reverse path filter that is no matter', accepted(vip, client, 82)),
  ...toClient(82, 63),
];

export const walks = {
  [byNat]: { claims: ['LB-03'] as const, send: get(80), request: toNat(called), reply: fromNat, end: toNat(ended) },
  [byDr]: {
    claims: ['LB-03'] as const,
    send: get(81),
    request: either((server) => toRouted(called, server)),
    reply: either(fromRouted),
    end: either((server) => toRouted(ended, server)),
  },
  [byTunnel]: { claims: ['LB-03'] as const, send: get(82), request: toTunnel(called), reply: fromTunnel, end: toTunnel(ended) },
  ...failover<Place>({
    router,
    segment: ['gw:eth1', 'lb1:eth0', 'lb2:eth0', 'nat1:eth0', 'dr1:eth0', 'dr2:eth0'],
    caller: 'gw:eth1',
    callerLearns: 'The router puts the new MAC in the place of the old one: its next call is lb2’s',
  }),
};
