import { fails, json, lab, lacks, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { across } from './kit/bridge-walks.ts';
import { answered } from './kit/netns/checks.ts';
import { reply, request } from './kit/ping.ts';

const [one, two] = ['10.10.0.2', '10.10.0.3'];
const node1 = { inner: 'node1:vethA', outer: 'host:vethB', bridge: 'host:br0' } as const;
const node2 = { inner: 'node2:vethX', outer: 'host:vethY', bridge: 'host:br0' } as const;

const bridge = `
  ip link add br0 up type bridge
  ip link set vethB master br0
  ip link set vethY master br0`;

export default lab({
  title: 'A bridge without an address joins two network namespaces',
  about: 'A bridge switches frames, and needs no address for that. Its host just takes no part: it neither reaches node1 and node2 nor is reached.',
  claims,
  nodes: { host: 'host', node1: 'pod on host', node2: 'pod on host' },
  links: [`node1:vethA ${one}/24 -- host:vethB`, `node2:vethX ${two}/24 -- host:vethY`],
  setup: { 'Create a bridge, and make the outer end of each pair a port of it': { host: bridge } },
  walks: {
    'node1 pings node2': {
      claims: ['NB-06'],
      send: send('node1', `ping -c 1 ${two}`),
      request: across(node1, node2, request(one, two)),
      reply: across(node2, node1, reply(two, one)),
    },
    'node2 pings node1': {
      claims: ['NB-06'],
      send: send('node2', `ping -c 1 ${one}`),
      request: across(node2, node1, request(two, one)),
      reply: across(node1, node2, reply(one, two)),
    },
  },
  checks: {
    'br0 has no address': {
      claim: 'NB-06',
      run: 'ip addr show dev br0',
      see: { host: [lines('br0: <BROADCAST,MULTICAST,UP,LOWER_UP>'), lacks('inet')] },
    },
    'Its ports forward all the same': {
      claim: 'NB-06',
      run: 'bridge -j link show',
      see: { host: json(['vethB', 'vethY'].map((ifname) => ({ ifname, master: 'br0', state: 'forwarding' }))) },
    },
    'Three pings of three are answered, both ways': {
      claim: 'NB-06',
      ...answered((from, to) => `ip netns exec ${from} ping ${to} -c 3 -i 0.01 -W 1`, ['node2', one], ['node1', two]),
    },
    'The host itself has no way to node1': { run: `ping -c 1 ${one}`, see: { host: fails('Network is unreachable') } },
    'Of all this again, taken down as the document says, nothing is left': {
      claim: 'NB-07',
      run: `
        links() { ip -o link | cut -d: -f2; }
        before=$(links)
        ip link add br9 up type bridge
        for each in 3 4; do
          ip link add veth$each type veth peer name port$each
          ip link set port$each up master br9
          ip netns add node$each
          ip link set veth$each netns node$each
          ip -n node$each addr add 10.9.0.$each/24 dev veth$each
          ip -n node$each link set veth$each up
        done
        ip netns exec node3 ping -c 1 -W 5 10.9.0.4
        ip link set br9 down
        ip link delete br9
        ip netns delete node3
        ip netns delete node4
        # The kernel removes a namespace, and what is in it, a moment after its name.
        for moment in $(seq 100); do [ "$(links)" = "$before" ] && break; sleep 0.02; done
        [ "$(links)" = "$before" ] && echo 'as before'`,
      see: { host: lines('1 received', 'as before') },
    },
  },
  faults: {
    'vethY is no port of the bridge': {
      break: { host: 'ip link set vethY nomaster' },
      lostAt: 'host:vethY',
      cause: 'port off the bridge',
      hint: 'It enters the bridge, and leaves it nowhere. Run `bridge link` on host.',
      fix: { host: 'ip link set vethY master br0' },
    },
    'br0 is deleted': {
      break: { host: 'ip link del br0' },
      lostAt: 'host:vethB',
      cause: 'port off the bridge',
      hint: 'The pairs are still there. Now vethB is no port: it drops what bears another MAC. Run `ip link` on host.',
      fix: { host: bridge },
    },
    'vethX is switched off, as after its move': {
      break: { node2: 'ip link set vethX down' },
      lostAt: 'host:vethY',
      cause: 'interface down',
      hint: 'The port has no carrier. Run `ip link` on node2.',
      fix: { node2: 'ip link set vethX up' },
    },
    'vethB and vethY are ports of different bridges': {
      break: { host: 'ip link add br1 up type bridge\nip link set vethY master br1' },
      lostAt: 'host:vethY',
      cause: 'port off the bridge',
      hint: 'Each is a port that forwards. To whom? Run `bridge link` on host.',
      fix: { host: 'ip link set vethY master br0\nip link del br1' },
    },
    'A rule of the host drops node1’s answers': {
      break: { host: `iptables -A FORWARD -s ${one} -p icmp --icmp-type echo-reply -j DROP` },
      walk: 'node2 pings node1',
      lostAt: 'reply host:vethY',
      untouched: ['node1 pings node2'],
      cause: 'firewall rule',
      hint: 'A bridge asks iptables too, if net.bridge.bridge-nf-call-iptables is 1. Run `iptables -nvL FORWARD` on host.',
      fix: { host: `iptables -D FORWARD -s ${one} -p icmp --icmp-type echo-reply -j DROP` },
    },
  },
});
