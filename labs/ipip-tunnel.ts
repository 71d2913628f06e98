import { at, icmp, ip, json, lab, send } from 'packetwalk';

// Addresses of the underlay, and of what the tunnel joins.
const [one, two] = ['192.0.2.2', '198.51.100.2'];
const [A, B] = ['10.1.0.1', '10.2.0.1'];

const request = [ip({ src: A, dst: B, ttl: 64 }), icmp({ type: 'echo request' })];
const reply = [ip({ src: B, dst: A, ttl: 64 }), icmp({ type: 'echo reply' })];
const outer = (src: string, dst: string, ttl: number) => ip({ src, dst, ttl, length: 104 });

export default lab({
  title: 'IP in IP: a packet crosses a router that knows neither end of it',
  about:
    'Two nodes, a router between them, and a tunnel of 20 bytes a packet (RFC 2003). Each node has an address on a dummy device, which only the tunnel leads to.',
  nodes: { n1: 'host', n2: 'host', gw: 'router' },
  links: [`n1:eth0 ${one}/24 -- gw:eth0 192.0.2.1/24`, `n2:eth0 ${two}/24 -- gw:eth1 198.51.100.1/24`],
  setup: {
    'Point each node to the router': {
      n1: 'ip route add default via 192.0.2.1',
      n2: 'ip route add default via 198.51.100.1',
    },
    'Give each node an address that the router has never heard of': {
      n1: `ip link add inner0 up type dummy\nip addr add ${A}/32 dev inner0`,
      n2: `ip link add inner0 up type dummy\nip addr add ${B}/32 dev inner0`,
    },
    'Lay the tunnel: each end knows the other’s address, and the route behind it': {
      n1: `ip link add tun0 type ipip local ${one} remote ${two}\nip link set tun0 up\nip route add ${B} dev tun0 src ${A}`,
      n2: `ip link add tun0 type ipip local ${two} remote ${one}\nip link set tun0 up\nip route add ${A} dev tun0 src ${B}`,
    },
  },
  walks: {
    'n1 pings n2 through the tunnel': {
      send: send('n1', `ping -c 1 ${B}`),
      request: [
        at('n1:tun0', 'The route leads into the tunnel', request),
        at('n1:eth0', 'It leaves inside another packet: protocol 4, 20 bytes more', outer(one, two, 64), request),
        at('gw:eth0', 'The router sees the outer header', outer(one, two, 64), request),
        at('gw:eth1', 'It routes by that, and spends the outer TTL', outer(one, two, 63), request),
        at('n2:eth0', 'It arrives at the tunnel’s other end', outer(one, two, 63), request),
        at('n2:tun0', 'The wrapping is gone, and the inner TTL untouched', request),
      ],
      reply: [
        at('n2:tun0', 'The answer goes into the tunnel', reply),
        at('n2:eth0', 'Wrapped towards n1', outer(two, one, 64), reply),
        at('gw:eth1', 'To the router', outer(two, one, 64), reply),
        at('gw:eth0', 'Routed', outer(two, one, 63), reply),
        at('n1:eth0', 'Back at n1', outer(two, one, 63), reply),
        at('n1:tun0', 'Unwrapped', reply),
      ],
    },
  },
  checks: {
    'The outer header costs 20 bytes of MTU': {
      run: 'ip -j -d link show tun0',
      see: {
        n1: json([{ mtu: 1480, linkinfo: { info_kind: 'ipip', info_data: { local: one, remote: two } } }]),
        n2: json([{ mtu: 1480, linkinfo: { info_kind: 'ipip', info_data: { local: two, remote: one } } }]),
      },
    },
    'The router has no route to either end': {
      run: 'ip -j route',
      see: { gw: [json([{ dst: '192.0.2.0/24' }, { dst: '198.51.100.0/24' }]), { none: { dst: A } }, { none: { dst: B } }] },
    },
  },
  faults: {
    'The router drops protocol 4, as some clouds do': {
      break: { gw: 'iptables -I FORWARD -p 4 -j DROP' },
      lostAt: 'gw:eth1',
      cause: 'firewall rule',
      hint: 'Plain pings between the nodes pass. What does `iptables -nvL FORWARD` count on gw?',
      fix: { gw: 'iptables -D FORWARD -p 4 -j DROP' },
    },
    'The router does not forward': {
      break: { gw: 'sysctl -w net.ipv4.ip_forward=0' },
      lostAt: 'gw:eth1',
      cause: 'forwarding off',
      hint: 'The outer packet is an IP packet like any other. Run `sysctl net.ipv4.ip_forward` on gw.',
      fix: { gw: 'sysctl -w net.ipv4.ip_forward=1' },
    },
    'n2 takes another for its peer': {
      break: { n2: `ip link set tun0 type ipip local ${two} remote 192.0.2.99` },
      lostAt: 'n2:tun0',
      cause: 'tunnel remote differs',
      hint: 'The packet arrives at n2:eth0 and no tunnel takes it. Run `ip -d link show tun0` on both nodes.',
      fix: { n2: `ip link set tun0 type ipip local ${two} remote ${one}` },
    },
    'n1 sends past the tunnel': {
      break: { n1: `ip route replace ${B} via 192.0.2.1 src ${A}` },
      lostAt: 'n1:tun0',
      cause: 'wrong route',
      hint: `The router is asked for an address that it has never heard of. Run \`ip route get ${B}\` on n1.`,
      fix: { n1: `ip route replace ${B} dev tun0 src ${A}` },
    },
  },
});
