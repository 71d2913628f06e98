import { at, corrects, daemon, fails, icmp, ip, lab, lines, send, tcp, udp } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import { ask, everyTable, fromItself, strayAnswer, toAnother, toItself } from './kit/netfilter.ts';
import { reply, request } from './kit/ping.ts';
import { call, listener } from './kit/processes.ts';

const [client, outer, inner, server] = ['10.0.1.2', '10.0.1.1', '10.0.2.1', '10.0.2.2'];
const toServer = `PREROUTING -d ${outer} -p tcp --dport 8080 -j DNAT --to-destination ${server}:80`;
const segment = (src: string, dst: string, ttl: number, flags: string) => [ip({ src, dst, ttl }), tcp({ flags })];
const unreachable = (ttl: number) => [ip({ src: server, dst: client, ttl }), icmp({ type: 'unreachable', code: 3 })];

export default lab({
  title: 'A packet passes netfilter’s hooks, and at each hook the tables in their order',
  about: 'A router between a client and a server. In every table it has a rule at every hook, so that the kernel’s trace names them all.',
  claims,
  nodes: { client: 'host', router: 'router', server: 'host' },
  links: [`client:eth0 ${client}/24 -- router:eth0 ${outer}/24`, `router:eth1 ${inner}/24 -- server:eth0 ${server}/24`],
  setup: {
    'Each side has the router as its way to the other': {
      client: `ip route add default via ${outer}`,
      server: [`ip route add default via ${inner}`, daemon('web', listener(80), { 'web listens': 'ss -ltn | grep -q :80' })],
    },
    ...everyTable('router', [toServer]),
  },
  walks: {
    'client pings server: to another': {
      claims: ['NF-02', 'NF-05'],
      send: send('client', `ping -c 1 ${server}`),
      request: [
        at('client:eth0', 'By way of the router', request(client, server)),
        at('router:eth0', 'It comes in', request(client, server)),
        ...toAnother('router', 'NEW'),
        at('router:eth1', 'It goes out', request(client, server, 63)),
        at('server:eth0', 'It arrives', request(client, server, 63)),
      ],
      reply: [
        at('server:eth0', 'The answer', reply(server, client)),
        at('router:eth1', 'The same hooks, now without nat: the connection is known', reply(server, client)),
        ...toAnother('router', 'ESTABLISHED'),
        at('router:eth0', 'It goes out', reply(server, client, 63)),
        at('client:eth0', 'The ping is answered', reply(server, client, 63)),
      ],
    },
    'client pings router: to the node itself': {
      claims: ['NF-01', 'NF-05'],
      send: send('client', `ping -c 1 ${outer}`),
      request: [
        at('client:eth0', 'The router is a neighbour', request(client, outer)),
        at('router:eth0', 'It comes in', request(client, outer)),
        ...toItself('router', 'NEW'),
      ],
      reply: [
        ...fromItself('router', 'ESTABLISHED'),
        at('router:eth0', 'It goes out', reply(outer, client)),
        at('client:eth0', 'The ping is answered', reply(outer, client)),
      ],
    },
    'router pings server: from the node itself': {
      claims: ['NF-03', 'NF-05'],
      send: send('router', `ping -c 1 ${server}`),
      request: [
        ...fromItself('router', 'NEW'),
        at('router:eth1', 'It goes out', request(inner, server)),
        at('server:eth0', 'It arrives', request(inner, server)),
      ],
      reply: [
        at('server:eth0', 'The answer', reply(server, inner)),
        at('router:eth1', 'It comes in', reply(server, inner)),
        ...toItself('router', 'ESTABLISHED'),
      ],
    },
    'client calls port 8080 of router, which is port 80 of server': {
      claims: ['NF-02', 'NF-04', 'NF-05'],
      send: send('client', call(outer, 8080)),
      request: [
        at('client:eth0', 'For an address of the router', segment(client, outer, 64, 'S')),
        at('router:eth0', 'It comes in', segment(client, outer, 64, 'S')),
        ...toAnother('router', 'NEW', `dnat to ${server}:80`),
        at('router:eth1', 'nat came before the routing: it was no longer for the router', segment(client, server, 63, 'S')),
        at('server:eth0', 'It arrives', segment(client, server, 63, 'S')),
      ],
      reply: [
        at('server:eth0', 'The second packet of the connection', segment(server, client, 64, 'SA')),
        at('router:eth1', 'No rule of nat is asked', segment(server, client, 64, 'SA')),
        ...toAnother('router', 'ESTABLISHED'),
        at('router:eth0', 'All the same the address was changed back', segment(outer, client, 63, 'SA')),
        at('client:eth0', 'It is what was called that answers', segment(outer, client, 63, 'SA')),
      ],
      end: [
        at('client:eth0', 'The last packet of the client', segment(client, outer, 64, 'FA')),
        at('router:eth0', 'Again no rule of nat is asked', segment(client, outer, 64, 'FA')),
        ...toAnother('router', 'ESTABLISHED'),
        at('router:eth1', 'It went where the first packet went', segment(client, server, 63, 'FA')),
        at('server:eth0', 'The end', segment(client, server, 63, 'FA')),
      ],
    },
    'client answers a call that nobody made': {
      claims: ['NF-04'],
      send: send('client', strayAnswer(client, server)),
      request: [
        at('client:eth0', 'The second segment of a handshake, without a first', segment(client, server, 64, 'SA')),
        at('router:eth0', 'It comes in', segment(client, server, 64, 'SA')),
        ...toAnother('router', 'INVALID'),
      ],
    },
    'client asks server at a port where nobody listens': {
      claims: ['NF-04'],
      send: send('client', ask(server, 9)),
      request: [
        at('client:eth0', 'A datagram', ip({ src: client, dst: server }), udp({ dst: 9 })),
        at('router:eth0', 'It comes in', ip({ src: client, dst: server }), udp({ dst: 9 })),
        ...toAnother('router', 'NEW'),
        at('router:eth1', 'It goes out', ip({ src: client, dst: server, ttl: 63 }), udp({ dst: 9 })),
        at('server:eth0', 'No socket wants it', ip({ src: client, dst: server, ttl: 63 }), udp({ dst: 9 })),
      ],
      reply: [
        at('server:eth0', 'The kernel says so, by ICMP', unreachable(64)),
        at('router:eth1', 'It is no part of that connection, which is UDP', unreachable(64)),
        ...toAnother('router', 'RELATED'),
        at('router:eth0', 'It goes out', unreachable(63)),
        at('client:eth0', 'The client reads: connection refused', unreachable(63)),
      ],
    },
  },
  checks: {
    'At each hook the tables’ chains stand in the order of their priorities': {
      claim: corrects('NF-05', 'There is a fifth table, security; and at INPUT nat comes after filter, not before it'),
      run: `nft -y list chains ip | awk '/^table/ { table = $3 } /hook/ { print $4, table, $6 + 0 }' | sort -k1,1 -k3,3n`,
      see: {
        router: lines(
          ...['forward mangle -150', 'forward filter 0', 'forward security 150'],
          ...['input mangle -150', 'input filter 0', 'input nat 100', 'input security 150'],
          ...['output raw -300', 'output mangle -150', 'output nat -100', 'output filter 0', 'output security 150'],
          ...['postrouting mangle -150', 'postrouting nat 100'],
          ...['prerouting raw -300', 'prerouting mangle -150', 'prerouting nat -100'],
        ),
      },
    },
    'An ICMP error about a tracked packet comes back to who sent the packet': {
      claim: 'NF-04',
      run: ask(server, 9),
      see: { client: fails('Connection refused') },
    },
    'It is RELATED: the rule for that state lets it in, and no other': {
      claim: 'NF-04',
      run: `iptables -Z INPUT\n${ask(server, 9)}\niptables -vS INPUT`,
      see: { router: lines('--ctstate NEW -c 0 0', '--ctstate ESTABLISHED -c 0 0', '--ctstate RELATED -c 1 62', '--ctstate INVALID -c 0 0') },
    },
  },
  faults: {
    'router does not forward': doesNotForward('router', {
      claims: ['NF-02', corrects('NF-01', 'ip_forward decides over FORWARD alone: what is for the node itself needs none')],
      lostAt: 'router mangle FORWARD',
      untouched: ['client pings router: to the node itself', 'router pings server: from the node itself'],
    }),
    'router knows no way to server: what comes in is lost between PREROUTING and FORWARD': {
      break: { router: `ip route add blackhole ${server}` },
      lostAt: 'router mangle FORWARD',
      untouched: ['client pings router: to the node itself'],
      hint: 'Which hook is the last? Between it and the next a packet is routed. Run `ip route get 10.0.2.2` on router.',
      fix: { router: `ip route del blackhole ${server}` },
    },
    'router knows no way to server: what it sends itself is lost before OUTPUT': {
      break: { router: `ip route add unreachable ${server}` },
      walk: 'router pings server: from the node itself',
      lostAt: 'router raw OUTPUT',
      untouched: ['client pings router: to the node itself'],
      hint: 'No hook sees it. What must a packet have before its first hook? Run `ip route get 10.0.2.2` on router.',
      fix: { router: `ip route del unreachable ${server}` },
    },
    'mangle drops at FORWARD, and filter is never asked': {
      break: { router: 'iptables -t mangle -I FORWARD -s 10.0.1.0/24 -j DROP' },
      lostAt: 'router mangle FORWARD',
      untouched: ['client pings router: to the node itself', 'router pings server: from the node itself'],
      hint: 'filter is the table for firewalls, but not the only one that can drop. Run `iptables -t mangle -S FORWARD` on router.',
      fix: { router: 'iptables -t mangle -D FORWARD -s 10.0.1.0/24 -j DROP' },
    },
    'The rule for NEW is gone from INPUT: the policy decides': {
      break: { router: 'iptables -D INPUT -m conntrack --ctstate NEW -j NEW' },
      walk: 'client pings router: to the node itself',
      lostAt: 'router filter INPUT',
      untouched: ['client pings server: to another'],
      hint: 'Run `iptables -S INPUT` on router. Which states does it let in? What is the policy for the others?',
      fix: { router: 'iptables -I INPUT -m conntrack --ctstate NEW -j NEW' },
    },
    'The rule for ESTABLISHED is gone from FORWARD: connections begin, and are never answered': {
      break: { router: 'iptables -D FORWARD -m conntrack --ctstate ESTABLISHED -j ESTABLISHED' },
      lostAt: 'reply router filter FORWARD',
      untouched: ['client pings router: to the node itself', 'router pings server: from the node itself'],
      hint: 'The request arrives. Run `iptables -S FORWARD` on router: which rule would let the answer back?',
      fix: { router: 'iptables -I FORWARD 2 -m conntrack --ctstate ESTABLISHED -j ESTABLISHED' },
    },
    'The rule for RELATED is gone from FORWARD: the client waits for what it is not told': {
      break: { router: 'iptables -D FORWARD -m conntrack --ctstate RELATED -j RELATED' },
      walk: 'client asks server at a port where nobody listens',
      lostAt: 'reply router filter FORWARD',
      untouched: ['client pings server: to another'],
      hint: 'An error is no answer of the connection that it is about. Run `iptables -S FORWARD` on router: who lets it in?',
      fix: { router: 'iptables -I FORWARD 3 -m conntrack --ctstate RELATED -j RELATED' },
    },
    'The rule for NEW is gone from OUTPUT: router answers, and asks nothing itself': {
      break: { router: 'iptables -D OUTPUT -m conntrack --ctstate NEW -j NEW' },
      walk: 'router pings server: from the node itself',
      lostAt: 'router filter OUTPUT',
      untouched: ['client pings router: to the node itself'],
      hint: 'ping says what a refused send looks like to a program. Run `iptables -S OUTPUT` on router.',
      fix: { router: 'iptables -I OUTPUT -m conntrack --ctstate NEW -j NEW' },
    },
    'raw exempts what server sends from connection tracking': {
      claims: [corrects('NF-04', 'There is a fifth state: what raw exempts from tracking is UNTRACKED, and no rule for the four fits')],
      break: { router: 'iptables -t raw -I PREROUTING -i eth1 -j CT --notrack' },
      lostAt: 'reply router filter FORWARD',
      untouched: ['client pings router: to the node itself'],
      hint: 'The answer has no state. Which of filter’s rules is for it? Who took it? Run `iptables -t raw -S PREROUTING` on router.',
      fix: { router: 'iptables -t raw -D PREROUTING -i eth1 -j CT --notrack' },
    },
    'Port 8080 is translated no more: the first packet is for router itself': {
      break: { router: `iptables -t nat -D ${toServer}` },
      walk: 'client calls port 8080 of router, which is port 80 of server',
      lostAt: 'router nat PREROUTING',
      untouched: ['client pings server: to another'],
      hint: 'It goes to INPUT, not to FORWARD. Run `iptables -t nat -S PREROUTING` on router.',
      fix: { router: `iptables -t nat -I ${toServer}` },
    },
  },
});
