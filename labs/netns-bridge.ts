import { at, corrects, fails, json, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { across, into, outOf, toAll } from './kit/bridge-walks.ts';
import { answered } from './kit/netns/checks.ts';
import { reply, request } from './kit/ping.ts';

const [client, server, bridge, port, host] = ['172.30.0.11', '172.30.0.12', '172.30.0.1', '172.31.0.1', '172.17.0.31'];
const behind = <const Name extends string>(name: Name) =>
  ({ inner: `${name}:${name}-veth`, outer: `host:${name}-veth-br`, bridge: 'host:bridge' }) as const;
const [client1, server1, third] = [behind('client1'), behind('server1'), behind('third')];
const byBridge = [`default via ${bridge} dev`, '3 received, 0% packet loss'];
const viaBridge = `ip route add default via ${bridge}`;

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
      host: ['ip link add bridge up type bridge', ...['client1', 'server1', 'third'].map((name) => `ip link set ${name}-veth-br master bridge`)],
    },
    'Give the bridge an address: the host takes part in the subnet': { host: `ip addr add ${bridge}/24 dev bridge` },
    'Send what is elsewhere to that address; third is left without': { client1: viaBridge, server1: viaBridge },
    'Join third to another subnet, by an address on its port: a mistake': {
      host: `ip addr add ${port}/24 dev third-veth-br`,
      third: 'ip addr add 172.31.0.2/24 dev third-veth',
    },
  },
  walks: {
    'client1 pings server1': {
      claims: ['NB-01', 'NB-02', flooding],
      send: send('client1', `ping -c 1 ${server}`),
      request: across(client1, server1, request(client, server)),
      reply: across(server1, client1, reply(server, client)),
    },
    'client1 pings everybody at once': {
      claims: [flooding],
      send: send('client1', 'ping -b -c 1 -W 0.2 172.30.0.255'),
      request: toAll(client1, [third, server1], request(client, '172.30.0.255')),
      reply: [],
    },
    'server1 pings the bridge': {
      claims: ['NB-01'],
      send: send('server1', `ping -c 1 ${bridge}`),
      request: outOf(server1, request(server, bridge), 'The bridge has an address, and hands it to its host'),
      reply: into(server1, reply(bridge, server), 'The host answers through the bridge'),
    },
    'client1 pings the host’s own address': {
      claims: ['NB-05'],
      send: send('client1', `ping -c 1 ${host}`),
      request: outOf(client1, request(client, host), 'It is the host’s address: eth0 need not see it'),
      reply: into(client1, reply(host, client), 'TTL 64: nobody routes it'),
    },
    'client1 pings the address of third’s port': {
      claims: [ineffective],
      send: send('client1', `ping -c 1 ${port}`),
      request: outOf(client1, request(client, port), 'The address is the host’s, on whichever device'),
      reply: into(client1, reply(port, client), 'So it is effective: the host answers, through the bridge'),
    },
    'third pings the address of its own port': {
      claims: [ineffective],
      send: send('third', `ping -c 1 -W 0.2 ${port}`),
      request: [
        at(third.inner, 'The frame is for the MAC that third has heard of: the bridge’s or the port’s', request('172.31.0.2', port)),
        at(third.outer, 'It enters bridge by a port', request('172.31.0.2', port)),
        at(third.bridge, 'What arrives at a port comes to the host by the bridge, not by the port', request('172.31.0.2', port)),
      ],
      reply: [],
    },
  },
  checks: {
    'The bridge has these ports, and they forward': {
      claim: 'NB-02',
      run: 'bridge -j link show',
      see: { host: json(['client1', 'server1', 'third'].map((name) => ({ ifname: `${name}-veth-br`, master: 'bridge', state: 'forwarding' }))) },
    },
    'The document’s four pings are answered': {
      claim: 'NB-01',
      ...answered(
        (from, to) => `ip netns exec ${from} ping ${to} -c 3 -i 0.01 -W 1`,
        ['client1', server],
        ['server1', client],
        ['client1', bridge],
        ['server1', bridge],
      ),
    },
    'traceroute counts one hop: a bridge is none': { claim: 'NB-02', run: `traceroute -n ${server}`, see: { client1: lines(`1 ${server}`) } },
    'The bridge has learned by which port it reaches whom': {
      claim: flooding,
      run: `ip netns exec client1 ping -c 1 ${server} >/dev/null\nbridge -j fdb show br bridge`,
      see: { host: json(['client1-veth-br', 'server1-veth-br'].map((ifname) => ({ ifname, state: '' }))) },
    },
    'Of 100 frames third gets none if the bridge knows the MAC, and all if not': {
      claim: flooding,
      run: `
        got() { ip netns exec third cat /sys/class/net/third-veth/statistics/rx_packets; }
        ip netns exec client1 ping -c 1 ${server}
        first=$(got)
        ip netns exec client1 ping -q -i 0.002 -c 100 ${server}
        second=$(got)
        ip -n client1 neigh add 172.30.0.99 lladdr 02:00:00:00:00:99 dev client1-veth nud permanent
        ip netns exec client1 ping -q -l 100 -c 100 -W 0.1 172.30.0.99
        third=$(got)
        ip -n client1 neigh del 172.30.0.99 dev client1-veth
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
      see: { client1: lines(...byBridge), server1: lines(...byBridge) },
    },
    'The host asks by ARP for who is behind the port’s address, in vain': {
      claim: ineffective,
      run: `
        # It asks three times, once a second (arp(7)): here every 50 ms
        sysctl -qw net.ipv4.neigh.third-veth-br.retrans_time_ms=50
        ping -c 1 -W 5 172.31.0.2
        answered=$?
        sysctl -qw net.ipv4.neigh.third-veth-br.retrans_time_ms=1000
        exit $answered`,
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
      cause: 'no route',
      hint: 'It does not even leave. Run `ip route get 172.17.0.31` on client1.',
      fix: { client1: viaBridge },
    },
    'server1’s pair is no port of the bridge': {
      break: { host: 'ip link set server1-veth-br nomaster' },
      lostAt: 'host:server1-veth-br',
      cause: 'port off the bridge',
      hint: 'It enters the bridge, and leaves it nowhere. Run `bridge link` on host.',
      fix: { host: 'ip link set server1-veth-br master bridge' },
    },
    'The bridge has lost its address': {
      break: { host: `ip addr del ${bridge}/24 dev bridge`, client1: 'ip neigh flush dev client1-veth' },
      walk: 'client1 pings the host’s own address',
      lostAt: 'client1:client1-veth',
      untouched: ['client1 pings server1'],
      cause: 'address that nobody has',
      hint: 'client1 asks by ARP for its gateway. Who has that address? Run `ip addr` on host.',
      fix: { host: `ip addr add ${bridge}/24 dev bridge` },
    },
    'A firewall on host drops what it forwards, bridged frames too': {
      break: { host: 'iptables -A FORWARD -j DROP' },
      lostAt: 'host:server1-veth-br',
      untouched: ['server1 pings the bridge', 'client1 pings the host’s own address'],
      cause: 'firewall rule',
      hint: 'Nothing is routed here, and still a rule counts it: see `iptables -nvL FORWARD` and `sysctl net.bridge.bridge-nf-call-iptables`.',
      fix: { host: 'iptables -D FORWARD -j DROP' },
    },
    'server1 has a MAC for the bridge that nobody has': {
      break: { server1: `ip neigh replace ${bridge} lladdr 02:00:00:00:00:99 dev server1-veth nud permanent` },
      walk: 'server1 pings the bridge',
      lostAt: 'host:bridge',
      untouched: ['client1 pings server1', 'client1 pings the host’s own address'],
      cause: 'wrong neighbour entry',
      hint: 'The bridge hands it to everybody but itself. Compare `ip neigh` on server1 with `ip link show bridge` on host.',
      fix: { server1: `ip neigh del ${bridge} dev server1-veth` },
    },
  },
});
