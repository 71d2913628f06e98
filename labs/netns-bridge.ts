import { at, corrects, ether, fails, json, lab, lines, mac, send } from 'packetwalk';
import { claims } from './claims.ts';
import { macs, reply, request } from './kit/ping.ts';

const [client, server, bridge, port, host] = ['172.30.0.11', '172.30.0.12', '172.30.0.1', '172.31.0.1', '172.17.0.31'];
const [everybody, nobody] = ['172.30.0.255', '172.30.0.99'];
const [out, home] = [macs('client1:client1-veth', 'server1:server1-veth'), macs('server1:server1-veth', 'client1:client1-veth')];
const flooded = [ether({ src: mac('client1:client1-veth'), dst: 'ff:ff:ff:ff:ff:ff' }), ...request(client, everybody)];

const [flooding, ineffective] = [
  corrects(
    'NB-03',
    'To all other ports go broadcasts, multicasts and frames for a MAC that the bridge has not learned yet. A frame for a MAC that it knows leaves by that one port.',
  ),
  corrects(
    'NB-04',
    'The host still answers for a port’s address if it is asked over the bridge. What ends is the port as a way: what arrives there belongs to the bridge, so the subnet behind the port is asked by ARP in vain.',
  ),
];

export default lab({
  title: 'A bridge joins network namespaces and their host',
  about:
    'A bridge is a switch inside of the host; the outer end of each veth pair is a port of it. With an address of its own it is an interface of the host as well, and so the gateway of all who are behind its ports.',
  claims,
  nodes: { lan: 'switch', host: 'host', client1: 'pod on host', server1: 'pod on host', third: 'pod on host' },
  links: [
    `client1:client1-veth ${client}/24 -- host:client1-veth-br`,
    `server1:server1-veth ${server}/24 -- host:server1-veth-br`,
    'third:third-veth 172.30.0.13/24 -- host:third-veth-br',
    `host:eth0 ${host}/24 -- lan`,
  ],
  setup: {
    'Create the bridge, and make the outer end of each pair a port of it': {
      host: `
        ip link add bridge up type bridge
        ip link set client1-veth-br master bridge
        ip link set server1-veth-br master bridge
        ip link set third-veth-br master bridge`,
    },
    'Give the bridge an address: the host takes part in the subnet': { host: `ip addr add ${bridge}/24 dev bridge` },
    'Send what is elsewhere to that address; third is left without': {
      client1: `ip route add default via ${bridge}`,
      server1: `ip route add default via ${bridge}`,
    },
    'Join third to another subnet, by an address on its port: a mistake': {
      host: `ip addr add ${port}/24 dev third-veth-br`,
      third: 'ip addr add 172.31.0.2/24 dev third-veth',
    },
  },
  walks: {
    'client1 pings server1': {
      claims: ['NB-01', 'NB-02', flooding],
      send: send('client1', `ping -c 1 ${server}`),
      request: [
        at('client1:client1-veth', 'Both are in one subnet: the frame is for server1 itself', out, request(client, server)),
        at('host:client1-veth-br', 'It enters the bridge by a port', out, request(client, server)),
        at('host:server1-veth-br', 'It leaves by the port of that MAC, and not by third’s', out, request(client, server)),
        at('server1:server1-veth', 'MACs and TTL are as they were: it was not routed', out, request(client, server)),
      ],
      reply: [
        at('server1:server1-veth', 'The answer', home, reply(server, client)),
        at('host:server1-veth-br', 'Into the bridge', home, reply(server, client)),
        at('host:client1-veth-br', 'Out of the bridge', home, reply(server, client)),
        at('client1:client1-veth', 'The ping is answered', home, reply(server, client)),
      ],
    },
    'client1 pings everybody at once': {
      claims: [flooding],
      send: send('client1', `ping -b -c 1 -W 0.2 ${everybody}`),
      request: [
        at('client1:client1-veth', 'It is for every MAC, as an ARP request is', flooded),
        at('host:client1-veth-br', 'It enters the bridge', flooded),
        at('host:third-veth-br', 'It leaves by every other port', flooded),
        at('third:third-veth', 'So third gets it', flooded),
        at('host:server1-veth-br', 'By this one too', flooded),
        at('server1:server1-veth', 'So does server1', flooded),
        at('host:bridge', 'And the host itself', flooded),
      ],
      reply: [],
    },
    'server1 pings the bridge': {
      claims: ['NB-01'],
      send: send('server1', `ping -c 1 ${bridge}`),
      request: [
        at('server1:server1-veth', 'The bridge has an address in this subnet', request(server, bridge)),
        at('host:server1-veth-br', 'It enters by a port', request(server, bridge)),
        at('host:bridge', 'The bridge hands it to its host', request(server, bridge)),
      ],
      reply: [
        at('host:bridge', 'The host answers through the bridge', reply(bridge, server)),
        at('host:server1-veth-br', 'Out by the port of that MAC', reply(bridge, server)),
        at('server1:server1-veth', 'The ping is answered', reply(bridge, server)),
      ],
    },
    'client1 pings the host’s own address': {
      claims: ['NB-05'],
      send: send('client1', `ping -c 1 ${host}`),
      request: [
        at('client1:client1-veth', 'The default route leads to the bridge', macs('client1:client1-veth', 'host:bridge'), request(client, host)),
        at('host:client1-veth-br', 'It enters by a port', request(client, host)),
        at('host:bridge', 'It is the host’s address: eth0 need not see it', request(client, host)),
      ],
      reply: [
        at('host:bridge', 'The host knows the subnet by its bridge', reply(host, client)),
        at('host:client1-veth-br', 'Out by the port of that MAC', reply(host, client)),
        at('client1:client1-veth', 'TTL 64: nobody has routed it', reply(host, client)),
      ],
    },
    'client1 pings the address of third’s port': {
      claims: [ineffective],
      send: send('client1', `ping -c 1 ${port}`),
      request: [
        at('client1:client1-veth', 'It goes to the bridge, as to any gateway', request(client, port)),
        at('host:client1-veth-br', 'It enters by client1’s port', request(client, port)),
        at('host:bridge', 'The address is the host’s, on whichever device', request(client, port)),
      ],
      reply: [
        at('host:bridge', 'So the host answers, through the bridge', reply(port, client)),
        at('host:client1-veth-br', 'Out of the bridge', reply(port, client)),
        at('client1:client1-veth', 'The address is effective', reply(port, client)),
      ],
    },
    'third pings the address of its own port': {
      claims: [ineffective],
      send: send('third', `ping -c 1 -W 0.2 ${port}`),
      request: [
        at('third:third-veth', 'The address is at the other end of its own cable', request('172.31.0.2', port)),
        at('host:third-veth-br', 'What arrives at a port belongs to the bridge', request('172.31.0.2', port)),
        at('host:bridge', 'So it comes to the host by the bridge, not by the port', request('172.31.0.2', port)),
      ],
      reply: [],
    },
  },
  checks: {
    'The bridge has these ports, and they forward': {
      claim: 'NB-02',
      run: 'bridge -j link show',
      see: {
        host: json(['client1', 'server1', 'third'].map((name) => ({ ifname: `${name}-veth-br`, master: 'bridge', state: 'forwarding' }))),
      },
    },
    'The document’s four pings are answered': {
      claim: 'NB-01',
      run: `
        ip netns exec client1 ping ${server} -c 3 -i 0.01 -W 1
        ip netns exec server1 ping ${client} -c 3 -i 0.01 -W 1
        ip netns exec client1 ping ${bridge} -c 3 -i 0.01 -W 1
        ip netns exec server1 ping ${bridge} -c 3 -i 0.01 -W 1`,
      see: {
        host: lines(...[server, client, bridge, bridge].flatMap((to) => [`64 bytes from ${to}: icmp_seq=3 ttl=64`, '3 received, 0% packet loss'])),
      },
    },
    'traceroute counts one hop: a bridge is none': {
      claim: 'NB-02',
      run: `traceroute -n ${server}`,
      see: { client1: lines(`1 ${server}`) },
    },
    'The bridge has learned by which port it reaches whom': {
      claim: flooding,
      run: `
        ip netns exec client1 ping -c 1 ${server} >/dev/null
        bridge -j fdb show br bridge`,
      see: {
        host: json([
          { ifname: 'client1-veth-br', state: '' },
          { ifname: 'server1-veth-br', state: '' },
        ]),
      },
    },
    'Of 100 frames third gets none if the bridge knows the MAC, and all if not': {
      claim: flooding,
      run: `
        got() { ip netns exec third cat /sys/class/net/third-veth/statistics/rx_packets; }
        ip netns exec client1 ping -c 1 ${server}
        first=$(got)
        ip netns exec client1 ping -q -i 0.002 -c 100 ${server}
        second=$(got)
        ip -n client1 neigh add ${nobody} lladdr 02:00:00:00:00:99 dev client1-veth nud permanent
        ip netns exec client1 ping -q -i 0.002 -c 100 -W 0.1 ${nobody}
        third=$(got)
        ip -n client1 neigh del ${nobody} dev client1-veth
        [ $((second - first)) -lt 100 ] && echo 'known: not for third'
        [ $((third - second)) -ge 100 ] && echo 'unknown: third too'`,
      see: { host: lines('100 received', 'known: not for third', 'unknown: third too') },
    },
    'Without a default route the host’s address is unreachable': {
      claim: 'NB-05',
      run: `ping -c 1 ${host}`,
      see: { third: fails('Network is unreachable') },
    },
    'With one, via the bridge, it answers': {
      claim: 'NB-05',
      run: `ip route\nping -c 3 -i 0.01 -W 1 ${host}`,
      see: {
        client1: lines(`default via ${bridge} dev client1-veth`, '3 received, 0% packet loss'),
        server1: lines(`default via ${bridge} dev server1-veth`, '3 received, 0% packet loss'),
      },
    },
    'The host asks by ARP for who is behind the port’s address, in vain': {
      claim: ineffective,
      run: 'ping -c 1 -W 5 172.31.0.2',
      see: { host: fails('From 172.31.0.1 icmp_seq=1 Destination Host Unreachable') },
    },
  },
  faults: {
    'client1 has no default route': {
      claims: ['NB-05'],
      break: { client1: 'ip route del default' },
      walk: 'client1 pings the host’s own address',
      lostAt: 'client1:client1-veth',
      untouched: ['client1 pings server1', 'server1 pings the bridge'],
      hint: 'It does not even leave. Run `ip route get 172.17.0.31` on client1.',
      fix: { client1: `ip route add default via ${bridge}` },
    },
    'server1’s pair is no port of the bridge': {
      break: { host: 'ip link set server1-veth-br nomaster' },
      lostAt: 'host:server1-veth-br',
      hint: 'It enters the bridge, and leaves it nowhere. Run `bridge link` on host.',
      fix: { host: 'ip link set server1-veth-br master bridge' },
    },
    'The bridge has lost its address': {
      break: { host: `ip addr del ${bridge}/24 dev bridge`, client1: 'ip neigh flush dev client1-veth' },
      walk: 'client1 pings the host’s own address',
      lostAt: 'client1:client1-veth',
      untouched: ['client1 pings server1'],
      hint: 'client1 asks by ARP for its gateway. Who has that address? Run `ip addr` on host.',
      fix: { host: `ip addr add ${bridge}/24 dev bridge` },
    },
    'A firewall on host drops what it forwards, bridged frames too': {
      break: { host: 'iptables -A FORWARD -j DROP' },
      lostAt: 'host:server1-veth-br',
      untouched: ['server1 pings the bridge', 'client1 pings the host’s own address'],
      hint: 'Nothing is routed here, and still a rule counts it: see `iptables -nvL FORWARD` and `sysctl net.bridge.bridge-nf-call-iptables`.',
      fix: { host: 'iptables -D FORWARD -j DROP' },
    },
    'server1 has a MAC for the bridge that nobody has': {
      break: { server1: `ip neigh replace ${bridge} lladdr 02:00:00:00:00:99 dev server1-veth nud permanent` },
      walk: 'server1 pings the bridge',
      lostAt: 'host:bridge',
      untouched: ['client1 pings server1', 'client1 pings the host’s own address'],
      hint: 'The bridge hands it to everybody but itself. Compare `ip neigh` on server1 with `ip link show bridge` on host.',
      fix: { server1: `ip neigh del ${bridge} dev server1-veth` },
    },
  },
});
