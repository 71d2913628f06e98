import { at, fails, icmp, ip, json, lab, lacks, lines, none, type Shape, send } from 'packetwalk';
import { claims } from './claims.ts';
import { answered } from './kit/netns/checks.ts';
import { macs } from './kit/ping.ts';
import { program } from './kit/program.ts';

const [client, server] = ['10.0.0.11', '10.0.0.12'];
const request = (src: string, dst: string) => [ip({ src, dst, ttl: 64, length: 84 }), icmp({ type: 'echo request' })];
const reply = (src: string, dst: string) => [ip({ src, dst, ttl: 64, length: 84 }), icmp({ type: 'echo reply' })];
const [out, home] = [macs('client:veth-client', 'server:veth-server'), macs('server:veth-server', 'client:veth-client')];

// How the pair is made, and how each end is put to use.
const pair = `
  ip link add veth-client type veth peer name veth-server
  ip link set veth-client netns client
  ip link set veth-server netns server`;
const ends = {
  client: `ip addr add ${client}/24 dev veth-client\nip link set veth-client up`,
  server: `ip addr add ${server}/24 dev veth-server\nip link set veth-server up`,
};

const ofClientAlone = (owned: Shape) => ({ client: json([owned]), server: none(owned), host: none(owned) });

export default lab({
  title: 'A veth pair joins two network namespaces',
  about:
    'A network namespace is a network stack of its own. client and server are two of them, inside of host, which is a third. A veth pair is a cable: one end is moved into each.',
  notes: 'Some ten minutes. Whoever knows containers can be asked what docker does first: it is the first two steps.',
  claims,
  nodes: { host: 'host', client: 'pod on host', server: 'pod on host' },
  links: [],
  setup: {
    'Make a pair of devices, and move one end into each namespace': {
      do: { host: pair },
      notes: 'A pair may also be made where it belongs: ip link add veth-client netns client type veth peer name veth-server netns server.',
      ask: {
        question: 'How large a packet does an end take, if nobody says so?',
        answer: ['mtu 1500', '1500', '1500 bytes'],
        shownBy: send('client', 'ip link show veth-client'),
      },
    },
    'Give each end its address, and switch it on: the move has switched it off': ends,
    'Give client a link, a route, a neighbour, a rule and a socket that are its own': {
      client: [
        program('servers/witness', '/run/witness'),
        `
          ip link add own up type bridge
          ip route add 10.99.0.0/16 dev own
          ip neigh add 10.99.0.1 lladdr 02:00:00:00:00:01 dev own nud permanent
          iptables -A INPUT -s 10.99.0.0/16 -j DROP
          perl /run/witness 80 client >/dev/null 2>&1 &
          until ss -ltn | grep -q :80; do sleep 0.01; done`,
      ],
    },
  },
  walks: {
    'client pings server': {
      claims: ['NV-06'],
      send: send('client', `ping -c 1 ${server}`),
      ask: {
        question: 'Nobody routed. With which TTL does the answer come back?',
        answer: ['ttl=64', '64'],
        shownBy: send('client', `ping -c 1 ${server}`),
      },
      request: [
        at('client:veth-client', 'Both are in one subnet: the frame is for server itself', out, request(client, server)),
        at('server:veth-server', 'It leaves the other end as it entered: MACs, size and TTL', out, request(client, server)),
      ],
      reply: [
        at('server:veth-server', 'The answer enters where the question left', home, reply(server, client)),
        at('client:veth-client', 'And leaves where that entered', home, reply(server, client)),
      ],
    },
    'server pings client': {
      claims: ['NV-06'],
      send: send('server', `ping -c 1 ${client}`),
      request: [
        at('server:veth-server', 'A pair has no first end: the way back is the same', home, request(server, client)),
        at('client:veth-client', 'Nobody was between them: host has not seen it', home, request(server, client)),
      ],
      reply: [at('client:veth-client', 'The answer', out, reply(client, server)), at('server:veth-server', 'Unchanged', out, reply(client, server))],
    },
  },
  checks: {
    'A link of client is nobody else’s': { claim: 'NV-01', run: 'ip -j link', see: ofClientAlone({ ifname: 'own' }) },
    'A route of client is nobody else’s': { claim: 'NV-01', run: 'ip -j route', see: ofClientAlone({ dst: '10.99.0.0/16' }) },
    'A neighbour of client is nobody else’s': { claim: 'NV-01', run: 'ip -j neigh', see: ofClientAlone({ dst: '10.99.0.1' }) },
    'A netfilter rule of client is nobody else’s': {
      claim: 'NV-01',
      run: 'iptables -S',
      see: { client: lines('-A INPUT -s 10.99.0.0/16 -j DROP'), server: lacks('10.99.0.0'), host: lacks('10.99.0.0') },
    },
    'A socket of client is nobody else’s: there port 80 is free': {
      claim: 'NV-01',
      run: 'ss -ltn',
      see: { client: lines('0.0.0.0:80'), server: lacks(':80'), host: lacks(':80') },
    },
    'Who deletes one end of a pair deletes the other': {
      claim: 'NV-02',
      run: `
        ip link add left type veth peer name right
        ip link show right
        ip link del left
        ip link show right`,
      see: { host: fails('right@left', 'Device "right" does not exist') },
    },
    'An end that was moved into a namespace is visible only there': {
      claim: 'NV-03',
      run: 'ip -j link',
      see: {
        client: [json([{ ifname: 'veth-client' }]), none({ ifname: 'veth-server' })],
        server: [json([{ ifname: 'veth-server' }]), none({ ifname: 'veth-client' })],
        host: [none({ ifname: 'veth-client' }), none({ ifname: 'veth-server' })],
      },
    },
    'A move switches an end off and takes its address': {
      claim: 'NV-04',
      run: `
        state() { ip $1 -br addr show mover | sed 's/@[^ ]*//; s/ *$/./'; }
        ip link add mover type veth peer name stayer
        ip link set stayer up
        ip link set mover up
        ip addr add 10.98.0.1/24 dev mover
        state
        ip link set mover netns client
        state '-n client'
        ip link del stayer`,
      see: { host: lines('mover UP 10.98.0.1/24.', 'mover DOWN.') },
    },
    'Three pings of three are answered, both ways': {
      claim: 'NV-05',
      ...answered((from, to) => `ip netns exec ${from} ping ${to} -c 3 -i 0.01 -W 1`, ['client', server], ['server', client]),
    },
  },
  faults: {
    'Somebody deleted veth-server': {
      claims: ['NV-02'],
      break: { server: 'ip link del veth-server' },
      lostAt: 'client:veth-client',
      cause: 'interface missing',
      hint: 'It does not even leave client. Run `ip link` on client: what became of veth-client?',
      fix: { host: pair, ...ends },
    },
    'veth-client was moved out of client and back': {
      claims: ['NV-04'],
      break: { host: 'ip -n client link set veth-client netns server\nip -n server link set veth-client netns client' },
      lostAt: 'client:veth-client',
      cause: 'interface down',
      hint: 'It is where it was. Run `ip addr` on client: is it as it was?',
      fix: { client: ends.client },
    },
    'A rule of server’s own drops what it is asked': {
      claims: ['NV-01'],
      break: { server: 'iptables -A INPUT -p icmp --icmp-type echo-request -j DROP' },
      lostAt: 'reply server:veth-server',
      untouched: ['server pings client'],
      cause: 'firewall rule',
      hint: 'It arrives, and nobody answers. Compare `iptables -nvL INPUT` on client and on server.',
      notes: 'A capture on veth-server sees the request: it is taken before netfilter is asked.',
      fix: { server: 'iptables -D INPUT -p icmp --icmp-type echo-request -j DROP' },
    },
    'client has a MAC for server that nobody has': {
      break: { client: `ip neigh replace ${server} lladdr 02:00:00:00:00:12 dev veth-client nud permanent` },
      walk: 'server pings client',
      differsAt: 'reply client:veth-client',
      cause: 'wrong neighbour entry',
      hint: 'server throws away a frame that bears another MAC than its own. Run `ip neigh` on client.',
      fix: { client: `ip neigh del ${server} dev veth-client` },
    },
    'server is in another subnet': {
      break: {
        client: 'ip neigh flush dev veth-client',
        server: `ip addr del ${server}/24 dev veth-server\nip addr add 10.0.1.12/24 dev veth-server`,
      },
      lostAt: 'client:veth-client',
      cause: 'address that nobody has',
      hint: 'client asks by ARP who has server’s address, and nobody answers. Compare `ip addr` on both.',
      fix: { server: `ip addr del 10.0.1.12/24 dev veth-server\nip addr add ${server}/24 dev veth-server` },
    },
  },
});
