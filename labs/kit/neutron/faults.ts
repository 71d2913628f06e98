import type { Daemon, Fault } from 'packetwalk';
import { type Place, walks } from './walks.ts';

const [calls, refused, out] = Object.keys(walks) as [string, string, string];
const router = 'qrouter-6d3e21b0';

export const faults = (haproxy: Daemon): Record<string, Fault<Place, 'LB-04'>> => ({
  'The router has lost the rule of the floating address': {
    claims: ['LB-04'],
    break: { [router]: 'iptables -t nat -D neutron-l3-agent-PREROUTING 1' },
    fix: {
      [router]: 'iptables -t nat -A neutron-l3-agent-PREROUTING -d 203.0.113.20/32 -i qg-7be0a1c2-3d -j DNAT --to-destination 10.0.0.5',
    },
    walk: calls,
    differsAt: `${router} nat PREROUTING`,
    untouched: [out],
    cause: 'destination not translated',
    hint: `The router itself refuses. Run \`ip netns exec ${router} iptables -t nat -S\` on network.`,
  },
  'haproxy has ended': {
    claims: ['LB-04'],
    break: { 'qlbaas-91c47f5a': 'pid=$(cat /run/haproxy.pid) && kill $pid && tail --pid=$pid -f /dev/null' },
    fix: { 'qlbaas-91c47f5a': haproxy },
    walk: calls,
    differsAt: 'reply qlbaas-91c47f5a:ns-5f10b7d3-a8',
    untouched: [refused, out],
    cause: 'daemon ended',
    hint: 'The load balancer’s address answers, and refuses. Run `ss -ltn` in qlbaas-91c47f5a.',
  },
  'The router does not forward': {
    break: { [router]: 'sysctl -w net.ipv4.ip_forward=0' },
    fix: { [router]: 'sysctl -w net.ipv4.ip_forward=1' },
    walk: refused,
    lostAt: `${router}:qr-2c9d5e01-44`,
    cause: 'forwarding off',
    hint: 'A namespace has a switch of its own. Run `sysctl net.ipv4.ip_forward` in it.',
  },
  'vm1 has no default route': {
    break: { vm1: 'ip route del default' },
    fix: { vm1: 'ip route add default via 10.0.0.1' },
    walk: out,
    lostAt: 'vm1:eth0',
    untouched: [calls, refused],
    cause: 'no route',
    hint: 'The load balancer still reaches it: that is a neighbour. Run `ip route get 203.0.113.7` in vm1.',
  },
  'compute1’s tunnel has another id': {
    break: {
      compute1:
        'ip link del vxlan-5001\nip link add vxlan-5001 mtu 1450 type vxlan id 5002 local 192.168.10.3 dev eth0 dstport 8472\nbridge fdb append 00:00:00:00:00:00 dev vxlan-5001 dst 192.168.10.2\nip link set vxlan-5001 up master brq4a8e1f73-2b',
    },
    fix: {
      compute1:
        'ip link del vxlan-5001\nip link add vxlan-5001 mtu 1450 type vxlan id 5001 local 192.168.10.3 dev eth0 dstport 8472\nbridge fdb append 00:00:00:00:00:00 dev vxlan-5001 dst 192.168.10.2\nbridge fdb append 00:00:00:00:00:00 dev vxlan-5001 dst 192.168.10.4\nip link set vxlan-5001 up master brq4a8e1f73-2b',
    },
    walk: out,
    differsAt: 'compute1:eth0',
    untouched: [refused],
    cause: 'tunnel id differs',
    hint: 'The datagram arrives, and nobody unwraps it. Run `ip -d link show vxlan-5001` on both nodes.',
  },
  'The public bridge is switched off': {
    claims: ['LB-04'],
    break: { network: 'ip link set brqe0c55d19-66 down' },
    fix: { network: 'ip link set brqe0c55d19-66 up' },
    walk: refused,
    lostAt: 'network:tap7be0a1c2-3d',
    cause: 'bridge down',
    hint: 'It reaches the node, and no namespace. Run `ip link show type bridge` on network.',
  },
});
