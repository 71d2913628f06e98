import { daemon, lab } from 'packetwalk';
import { claims } from './claims.ts';
import { serves } from './kit/kube-proxy/cluster.ts';
import { checks } from './kit/neutron/checks.ts';
import { faults } from './kit/neutron/faults.ts';
import { haproxyConf } from './kit/neutron/haproxy.ts';
import { walks } from './kit/neutron/walks.ts';
import { feed, program } from './kit/program.ts';

/** The load balancer’s haproxy; in its namespace no port of it needs root. */
const haproxy = daemon('haproxy', 'haproxy -db -f /run/haproxy.conf', { 'it listens': 'ss -Hltn sport = :80 | grep -q .' });

const conf = haproxyConf({ subnet: '10.0.0.0/24', vip: '10.0.0.5', port: 80, members: { vm1: '10.0.0.11', vm2: '10.0.0.12' } });

/** A tunnel of the tenant’s network: by l2population each peer gets what is for a MAC that nobody knows yet. */
const vxlan = (own: string, ...peers: string[]) => `
  ip link add vxlan-5001 mtu 1450 type vxlan id 5001 local ${own} dev eth0 dstport 8472
  ${peers.map((peer) => `bridge fdb append 00:00:00:00:00:00 dev vxlan-5001 dst ${peer}`).join('\n')}
  ip link set vxlan-5001 up`;

const bridge = (name: string, ...ports: string[]) => `
  ip link add ${name} up type bridge
  ${ports.map((port) => `ip link set ${port} master ${name}`).join('\n')}`;

export default lab({
  title: 'Neutron’s load balancer is a namespace with haproxy, behind a router that is a namespace',
  about:
    'A network node and two compute nodes, as the linuxbridge agent wires them: a bridge for each network, a tap device for each port, VXLAN between nodes. qrouter has the floating address and translates it to the load balancer’s; qlbaas has that, and a real haproxy, which asks two virtual machines. Names have the first part of each id.',
  claims,
  needs: { programs: [{ command: 'haproxy', packages: { apt: 'haproxy', dnf: 'haproxy', apk: 'haproxy', pacman: 'haproxy' } }] },
  nodes: {
    public: 'switch',
    underlay: 'switch',
    client: 'host',
    network: 'host',
    compute1: 'host',
    compute2: 'host',
    'qrouter-6d3e21b0': 'pod on network',
    'qlbaas-91c47f5a': 'pod on network',
    vm1: 'pod on compute1',
    vm2: 'pod on compute2',
  },
  links: [
    'client:eth0 203.0.113.7/24 -- public',
    'network:eth1 -- public',
    'network:eth0 192.168.10.2/24 -- underlay',
    'compute1:eth0 192.168.10.3/24 -- underlay',
    'compute2:eth0 192.168.10.4/24 -- underlay',
    'qrouter-6d3e21b0:qg-7be0a1c2-3d 203.0.113.10/24 -- network:tap7be0a1c2-3d',
    'qrouter-6d3e21b0:qr-2c9d5e01-44 10.0.0.1/24 -- network:tap2c9d5e01-44',
    'qlbaas-91c47f5a:ns-5f10b7d3-a8 10.0.0.5/24 -- network:tap5f10b7d3-a8',
    'vm1:eth0 10.0.0.11/24 -- compute1:tap81a4c6e9-10',
    'vm2:eth0 10.0.0.12/24 -- compute2:tap3b7f02d8-5c',
  ],
  setup: {
    'The linuxbridge agent joins the tenant’s network: a bridge on each node, and VXLAN between them': {
      network: [vxlan('192.168.10.2', '192.168.10.3', '192.168.10.4'), bridge('brq4a8e1f73-2b', 'tap2c9d5e01-44', 'tap5f10b7d3-a8', 'vxlan-5001')],
      compute1: [vxlan('192.168.10.3', '192.168.10.2', '192.168.10.4'), bridge('brq4a8e1f73-2b', 'tap81a4c6e9-10', 'vxlan-5001')],
      compute2: [vxlan('192.168.10.4', '192.168.10.2', '192.168.10.3'), bridge('brq4a8e1f73-2b', 'tap3b7f02d8-5c', 'vxlan-5001')],
    },
    'And the public network, by the node’s second NIC': { network: bridge('brqe0c55d19-66', 'eth1', 'tap7be0a1c2-3d') },
    'Ports have the MTU of their network': {
      'qrouter-6d3e21b0': 'ip link set qr-2c9d5e01-44 mtu 1450',
      'qlbaas-91c47f5a': 'ip link set ns-5f10b7d3-a8 mtu 1450\nip route add default via 10.0.0.1',
      vm1: 'ip link set eth0 mtu 1450\nip route add default via 10.0.0.1',
      vm2: 'ip link set eth0 mtu 1450\nip route add default via 10.0.0.1',
    },
    'The L3 agent makes the router: it forwards, and has the floating address on its gateway port': {
      'qrouter-6d3e21b0': [
        'sysctl -w net.ipv4.ip_forward=1',
        'ip addr add 203.0.113.20/32 brd 203.0.113.20 dev qg-7be0a1c2-3d',
        feed('iptables-restore --noflush', [
          '*nat',
          ...['PREROUTING', 'OUTPUT', 'POSTROUTING', 'float-snat', 'snat'].map((chain) => `:neutron-l3-agent-${chain} - [0:0]`),
          ':neutron-postrouting-bottom - [0:0]',
          '-A PREROUTING -j neutron-l3-agent-PREROUTING',
          '-A OUTPUT -j neutron-l3-agent-OUTPUT',
          '-A POSTROUTING -j neutron-l3-agent-POSTROUTING',
          '-A POSTROUTING -j neutron-postrouting-bottom',
          '-A neutron-l3-agent-PREROUTING -d 203.0.113.20/32 -i qg-7be0a1c2-3d -j DNAT --to-destination 10.0.0.5',
          '-A neutron-l3-agent-OUTPUT -d 203.0.113.20/32 -j DNAT --to-destination 10.0.0.5',
          '-A neutron-l3-agent-POSTROUTING ! -o qg-7be0a1c2-3d -m conntrack ! --ctstate DNAT -j ACCEPT',
          '-A neutron-l3-agent-float-snat -s 10.0.0.5/32 -j SNAT --to-source 203.0.113.20 --random-fully',
          '-A neutron-l3-agent-snat -j neutron-l3-agent-float-snat',
          '-A neutron-l3-agent-snat -o qg-7be0a1c2-3d -j SNAT --to-source 203.0.113.10 --random-fully',
          '-A neutron-postrouting-bottom -m comment --comment "Perform source NAT on outgoing traffic." -j neutron-l3-agent-snat',
          'COMMIT',
        ]),
      ],
    },
    'Start who is asked: each says its name, and who called': { vm1: serves('vm1'), vm2: serves('vm2') },
    'The LBaaS agent starts haproxy in the load balancer’s namespace': {
      'qlbaas-91c47f5a': [feed('cat > /run/haproxy.conf', conf), haproxy],
    },
    'Give the client a program that counts who answers': { client: program('servers/seen-as', '/run/seen-as') },
  },
  walks,
  checks,
  faults: faults(haproxy),
});
