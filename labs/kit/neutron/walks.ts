import { at, type Hop, ip, oneOf, send, tcp, through, udp, vxlan } from 'packetwalk';
import type { Headers } from '../kube-proxy/walks.ts';
import { request } from '../ping.ts';
import { accepted, call, called, PATIENT } from '../processes.ts';

export type Place = 'client' | 'network' | 'compute1' | 'compute2' | 'qrouter-6d3e21b0' | 'qlbaas-91c47f5a' | 'vm1' | 'vm2';
type Hops = Hop<Place>[];

const client = '203.0.113.7';
const [floating, vip] = ['203.0.113.20', '10.0.0.5'];
const router = 'qrouter-6d3e21b0';
const balancer = 'qlbaas-91c47f5a';

const members = {
  vm1: { address: '10.0.0.11', node: 'compute1', of: '192.168.10.3', tap: 'tap81a4c6e9-10' },
  vm2: { address: '10.0.0.12', node: 'compute2', of: '192.168.10.4', tap: 'tap3b7f02d8-5c' },
} as const;
const network = '192.168.10.2';

const outer = (src: string, dst: string) => [ip({ src, dst }), udp({ dst: 8472 }), vxlan({ vni: 5001 })];

const toMember = (name: keyof typeof members, packet: (dst: string) => Headers): Hops => {
  const { address, node, of, tap } = members[name];
  const own = packet(address);
  return [
    at('network:vxlan-5001', 'The member’s MAC is behind the tunnel', own),
    at('network:eth0', 'Wrapped, to the compute node', outer(network, of), own),
    at(`${node}:eth0`, 'The underlay carries it', outer(network, of), own),
    at(`${node}:vxlan-5001`, 'Unwrapped', own),
    at(`${node}:${tap}`, 'By the port of the virtual machine', own),
    at(`${name}:eth0`, 'It is called by the load balancer’s address, not by the client’s', own),
  ];
};

const refused = (src: string, ttl: number) => [ip({ src, dst: client, ttl }), tcp({ src: 8080, flags: 'RA' })];

export const walks = {
  'client calls the floating address: haproxy accepts, and asks a member': {
    claims: ['LB-04'] as const,
    send: send('client', call(floating, 80, PATIENT)),
    request: [
      at('client:eth0', 'The floating address is in the public subnet', called(client, floating, 80)),
      at('network:eth1', 'The network node’s second NIC is a port of the public bridge', called(client, floating, 80)),
      at('network:tap7be0a1c2-3d', 'Bridged to the router’s gateway port', called(client, floating, 80)),
      at(`${router}:qg-7be0a1c2-3d`, 'In the router’s namespace the port is called qg', called(client, floating, 80)),
      through(router, 'nat PREROUTING > neutron-l3-agent-PREROUTING: dnat to 10.0.0.5', 'The floating address becomes the load balancer’s'),
      through(
        router,
        'nat POSTROUTING > neutron-l3-agent-POSTROUTING > neutron-postrouting-bottom > neutron-l3-agent-snat > neutron-l3-agent-float-snat: policy accept',
        'The client’s address stays',
      ),
      at(`${router}:qr-2c9d5e01-44`, 'Out by the port in the tenant’s network: a TTL is spent', called(client, vip, 80, 63)),
      at('network:tap2c9d5e01-44', 'Into the bridge of that network', called(client, vip, 80, 63)),
      at('network:tap5f10b7d3-a8', 'To the load balancer’s port', called(client, vip, 80, 63)),
      at(`${balancer}:ns-5f10b7d3-a8`, 'haproxy listens here', called(client, vip, 80, 63)),
    ] as Hops,
    reply: [
      at(`${balancer}:ns-5f10b7d3-a8`, 'haproxy accepts', accepted(vip, client, 80)),
      at('network:tap5f10b7d3-a8', 'Into the bridge', accepted(vip, client, 80)),
      at('network:tap2c9d5e01-44', 'To the router', accepted(vip, client, 80)),
      at(`${router}:qr-2c9d5e01-44`, 'Its gateway', accepted(vip, client, 80)),
      at(`${router}:qg-7be0a1c2-3d`, 'The floating address again', accepted(floating, client, 80, 63)),
      at('network:tap7be0a1c2-3d', 'Into the public bridge', accepted(floating, client, 80, 63)),
      at('network:eth1', 'Out', accepted(floating, client, 80, 63)),
      at('client:eth0', 'The client has heard of no tenant', accepted(floating, client, 80, 63)),
    ] as Hops,
    later: {
      'haproxy calls one member after the other': [
        at(`${balancer}:ns-5f10b7d3-a8`, 'A connection of its own, to a member of the pool', ip({ src: vip, ttl: 64 }), tcp({ dst: 80, flags: 'S' })),
        at('network:tap5f10b7d3-a8', 'Into the bridge', ip({ src: vip, ttl: 64 }), tcp({ dst: 80, flags: 'S' })),
        oneOf({
          'to vm1': toMember('vm1', (dst) => called(vip, dst, 80)),
          'to vm2': toMember('vm2', (dst) => called(vip, dst, 80)),
        }),
      ] as Hops,
    },
  },
  'client calls a port of the floating address where no listener is, and is refused': {
    send: send('client', call(floating, 8080, PATIENT)),
    request: [
      at('client:eth0', 'To another port', called(client, floating, 8080)),
      at('network:eth1', 'All ports are translated', called(client, floating, 8080)),
      at('network:tap7be0a1c2-3d', 'To the router', called(client, floating, 8080)),
      at(`${router}:qg-7be0a1c2-3d`, 'A floating address is of one address, not of a port', called(client, floating, 8080)),
      at(`${router}:qr-2c9d5e01-44`, 'So it gets there', called(client, vip, 8080, 63)),
      at('network:tap2c9d5e01-44', 'Bridged', called(client, vip, 8080, 63)),
      at('network:tap5f10b7d3-a8', 'To the load balancer', called(client, vip, 8080, 63)),
      at(`${balancer}:ns-5f10b7d3-a8`, 'haproxy does not listen here', called(client, vip, 8080, 63)),
    ] as Hops,
    reply: [
      at(`${balancer}:ns-5f10b7d3-a8`, 'The namespace’s kernel refuses', refused(vip, 64)),
      at('network:tap5f10b7d3-a8', 'Back', refused(vip, 64)),
      at('network:tap2c9d5e01-44', 'To the router', refused(vip, 64)),
      at(`${router}:qr-2c9d5e01-44`, 'Its gateway', refused(vip, 64)),
      at(`${router}:qg-7be0a1c2-3d`, 'From the floating address', refused(floating, 63)),
      at('network:tap7be0a1c2-3d', 'Bridged', refused(floating, 63)),
      at('network:eth1', 'Out', refused(floating, 63)),
      at('client:eth0', 'The client need not wait', refused(floating, 63)),
    ] as Hops,
  },
  'vm1 pings the client: without a floating address of its own it gets the router’s': {
    send: send('vm1', `ping -c 1 ${client}`),
    request: [
      at('vm1:eth0', 'To its gateway', request(members.vm1.address, client)),
      at('compute1:tap81a4c6e9-10', 'Into the bridge of its network', request(members.vm1.address, client)),
      at('compute1:vxlan-5001', 'The gateway is on the network node', request(members.vm1.address, client)),
      at('compute1:eth0', 'Wrapped', outer(members.vm1.of, network), request(members.vm1.address, client)),
      at('network:eth0', 'The underlay carries it', outer(members.vm1.of, network), request(members.vm1.address, client)),
      at('network:vxlan-5001', 'Unwrapped', request(members.vm1.address, client)),
      at('network:tap2c9d5e01-44', 'To the router’s port', request(members.vm1.address, client)),
      at(`${router}:qr-2c9d5e01-44`, 'The gateway', request(members.vm1.address, client)),
      at(`${router}:qg-7be0a1c2-3d`, 'No floating address is vm1’s: the router gives its own', request('203.0.113.10', client, 63)),
      at('network:tap7be0a1c2-3d', 'Into the public bridge', request('203.0.113.10', client, 63)),
      at('network:eth1', 'Out', request('203.0.113.10', client, 63)),
      at('client:eth0', 'The client sees the router', request('203.0.113.10', client, 63)),
    ] as Hops,
  },
};
