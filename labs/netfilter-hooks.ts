import { at, corrects, daemon, fails, lab, lines, send } from 'packetwalk';
import { claims } from './claims.ts';
import { doesNotForward } from './kit/faults.ts';
import { withoutRule, withoutState, withoutWay, withRule } from './kit/netfilter/faults.ts';
import { ask, everyTable, fromItself, tablesInOrder, toItself } from './kit/netfilter/ruleset.ts';
import { answersNobody, asksNobody, callsTranslatedPort, pingsServer } from './kit/netfilter/walks.ts';
import { reply, request } from './kit/ping.ts';
import { listener } from './kit/processes.ts';

const [client, outer, inner, server] = ['10.0.1.2', '10.0.1.1', '10.0.2.1', '10.0.2.2'];
const toServer = `PREROUTING -d ${outer} -p tcp --dport 8080 -j DNAT --to-destination ${server}:80`;

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
    'server refuses every call: by itself it sends a caller one ICMP error a second': { server: 'sysctl -w net.ipv4.icmp_ratelimit=0' },
    ...everyTable('router', [toServer]),
  },
  walks: {
    'client pings server: to another': { claims: ['NF-02', 'NF-05'], ...pingsServer(client, server) },
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
      ...callsTranslatedPort(client, [outer, 8080], [server, 80]),
    },
    'client answers a call that nobody made': { claims: ['NF-04'], ...answersNobody(client, server) },
    'client asks server at a port where nobody listens': { claims: ['NF-04'], ...asksNobody(client, server, 9) },
  },
  checks: {
    'At each hook the tables’ chains stand in the order of their priorities': {
      claim: corrects('NF-05', 'There is a fifth table, security; and at INPUT nat comes after filter, not before it'),
      ...tablesInOrder('router'),
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
      ...withoutWay('router', 'blackhole', server),
      lostAt: 'router mangle FORWARD',
      untouched: ['client pings router: to the node itself'],
      cause: 'blackhole route',
      hint: 'Which hook is the last? Between it and the next a packet is routed. Run `ip route get 10.0.2.2` on router.',
    },
    'router knows no way to server: what it sends itself is lost before OUTPUT': {
      ...withoutWay('router', 'unreachable', server),
      walk: 'router pings server: from the node itself',
      lostAt: 'router raw OUTPUT',
      untouched: ['client pings router: to the node itself'],
      cause: 'unreachable route',
      hint: 'No hook sees it. What must a packet have before its first hook? Run `ip route get 10.0.2.2` on router.',
    },
    'mangle drops at FORWARD, and filter is never asked': {
      ...withRule('router', 'mangle', 'FORWARD -s 10.0.1.0/24 -j DROP'),
      lostAt: 'router mangle FORWARD',
      untouched: ['client pings router: to the node itself', 'router pings server: from the node itself'],
      cause: 'firewall rule',
      hint: 'filter is the table for firewalls, but not the only one that can drop. Run `iptables -t mangle -S FORWARD` on router.',
    },
    'The rule for NEW is gone from INPUT: the policy decides': {
      ...withoutState('router', 'INPUT', 'NEW'),
      walk: 'client pings router: to the node itself',
      lostAt: 'router filter INPUT',
      untouched: ['client pings server: to another'],
      cause: 'firewall policy',
      hint: 'Run `iptables -S INPUT` on router. Which states does it let in? What is the policy for the others?',
    },
    'The rule for ESTABLISHED is gone from FORWARD: connections begin, and are never answered': {
      ...withoutState('router', 'FORWARD', 'ESTABLISHED'),
      lostAt: 'reply router filter FORWARD',
      untouched: ['client pings router: to the node itself', 'router pings server: from the node itself'],
      cause: 'firewall policy',
      hint: 'The request arrives. Run `iptables -S FORWARD` on router: which rule would let the answer back?',
    },
    'The rule for RELATED is gone from FORWARD: the client waits for what it is not told': {
      ...withoutState('router', 'FORWARD', 'RELATED'),
      walk: 'client asks server at a port where nobody listens',
      lostAt: 'reply router filter FORWARD',
      untouched: ['client pings server: to another'],
      cause: 'firewall policy',
      hint: 'An error is no answer of the connection that it is about. Run `iptables -S FORWARD` on router: who lets it in?',
    },
    'The rule for NEW is gone from OUTPUT: router answers, and asks nothing itself': {
      ...withoutState('router', 'OUTPUT', 'NEW'),
      walk: 'router pings server: from the node itself',
      lostAt: 'router filter OUTPUT',
      untouched: ['client pings router: to the node itself'],
      cause: 'firewall policy',
      hint: 'ping says what a refused send looks like to a program. Run `iptables -S OUTPUT` on router.',
    },
    'raw exempts what server sends from connection tracking': {
      claims: [corrects('NF-04', 'There is a fifth state: what raw exempts from tracking is UNTRACKED, and no rule for the four fits')],
      ...withRule('router', 'raw', 'PREROUTING -i eth1 -j CT --notrack'),
      lostAt: 'reply router filter FORWARD',
      untouched: ['client pings router: to the node itself'],
      cause: 'firewall policy',
      hint: 'The answer has no state. Which of filter’s rules is for it? Who took it? Run `iptables -t raw -S PREROUTING` on router.',
    },
    'Port 8080 is translated no more: the first packet is for router itself': {
      ...withoutRule('router', 'nat', toServer),
      walk: 'client calls port 8080 of router, which is port 80 of server',
      differsAt: 'router nat PREROUTING',
      untouched: ['client pings server: to another'],
      cause: 'destination not translated',
      hint: 'It goes to INPUT, not to FORWARD. Run `iptables -t nat -S PREROUTING` on router.',
    },
  },
});
