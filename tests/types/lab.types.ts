// What the compiler must refuse in a lab: `npx tsc -p .` fails here when a slip passes, or when a good lab does not.
import {
  at,
  corrects,
  daemon,
  ether,
  exactly,
  fails,
  icmp,
  ip,
  json,
  lab,
  lacks,
  lines,
  mac,
  none,
  oneOf,
  send,
  through,
  udp,
  until,
} from '../../src/index.ts';

const claims = { 'C-1': { document: 'A document', says: 'a reaches b' } } as const;
const nodes = { a: 'host', b: 'router', lan: 'switch', pod: 'pod on b' } as const;
const links = ['a:eth0 10.0.0.1/24 -- lan', 'b:eth0 -- lan', 'pod:eth0 10.1.0.2/24 -- b:veth'] as const;
const ping = [ip({ src: '10.0.0.1', ttl: 64 }), icmp({ type: 'echo request' })];
const walk = { send: send('a', 'ping -c 1 10.0.0.2'), request: [at('a:eth0', 'It leaves', ping)] };
const good = { title: 'x', nodes, links, setup: {}, walks: { walk }, claims };

lab({
  ...good,
  setup: { 'All is well': { a: 'true', lan: 'true', pod: 'true' } },
  walks: {
    walk: {
      claims: ['C-1', corrects('C-1', 'Not quite')],
      send: send('pod', 'ping -c 1 10.0.0.2'),
      request: [at('b:flannel.1', 'A name with a dot', ether({ src: mac('a:eth0'), dst: '02:00:00:00:00:01' }), ping)],
      reply: [],
    },
  },
  checks: {
    check: {
      claim: 'C-1',
      run: 'true',
      see: { a: [lines('x'), lacks('y')], pod: json([{ mtu: 1 }]), b: none({ a: null }) },
    },
    other: { claim: corrects('C-1', 'Not quite'), run: 'true', see: { a: fails('x'), b: exactly({ a: [1, true] }) } },
    matrix: { seenAs: 'its own address', pairs: [{ from: ['a', 'pod'], to: ['b'] }] },
  },
  faults: {
    fault: {
      break: { lan: 'true' },
      lostAt: 'reply a:eth0',
      untouched: 'all',
      hint: 'x',
      fix: { pod: 'true' },
      claims: ['C-1'],
    },
  },
});

// Directions, hooks of any family, and answers.
lab({
  ...good,
  walks: {
    walk: {
      send: send('a', 'ping -c 1 10.0.0.2'),
      request: [
        through('a', 'nat OUTPUT > A > B: dnat to 10.1.0.2:80', 'Another address'),
        at('a:eth0 out', 'It leaves', ping),
        at('b:eth0 in', 'It arrives', ping),
        through('b', 'inet filter input: policy drop', 'It ends here'),
      ],
      unanswered: true,
    },
  },
  faults: {
    lost: { break: { a: 'true' }, lostAt: 'b:eth0 in', hint: 'x', fix: {}, cold: true },
    differs: { break: { a: 'true' }, differsAt: 'reply b:eth0 out', hint: 'x', fix: {} },
    hook: { break: { a: 'true' }, differsAt: 'b inet filter input', hint: 'x', fix: {} },
    answer: { break: { a: 'true' }, lostAt: 'reply b nat PREROUTING', hint: 'x', fix: {} },
  },
});

// Nodes that are called like words.
lab({
  title: 'x',
  nodes: { reply: 'host', ip: 'host' },
  links: ['reply:eth0 -- ip:eth0'],
  setup: {},
  walks: {
    walk: {
      send: send('reply', 'ping -c 1 10.0.0.2'),
      request: [at('reply:eth0 out', 'x', ping), at('ip:eth0', 'x', ping)],
    },
  },
  faults: { fault: { break: {}, lostAt: 'reply ip:eth0 in', hint: 'x', fix: {} } },
});

// Nodes.
// @ts-expect-error: a kind that is none
lab({ ...good, nodes: { ...nodes, c: 'hots' } });
// @ts-expect-error: a pod on an unknown node
lab({ ...good, nodes: { a: 'host', b: 'router', lan: 'switch', pod: 'pod on bb' } });

// Cables.
// @ts-expect-error: an unknown node at the near end
lab({ ...good, links: ['aa:eth0 10.0.0.1/24 -- lan'] });
// @ts-expect-error: an unknown node at the far end
lab({ ...good, links: ['a:eth0 10.0.0.1/24 -- bb:eth0'] });
// @ts-expect-error: an unknown switch
lab({ ...good, links: ['a:eth0 10.0.0.1/24 -- land'] });
// @ts-expect-error: one end only
lab({ ...good, links: ['a:eth0 10.0.0.1/24'] });

// Setup.
// @ts-expect-error: an unknown node
lab({ ...good, setup: { 'All is well': { aa: 'true' } } });
lab({ ...good, setup: { 'All is well': { a: ['true', daemon('etcd', 'etcd', { 'it answers': 'true' })] } } });
// @ts-expect-error: a daemon that says nothing of when it is ready
lab({ ...good, setup: { 'All is well': { a: [{ daemon: 'etcd', run: 'etcd' }] } } });

// Walks.
// @ts-expect-error: an unknown sender
lab({ ...good, walks: { walk: { ...walk, send: send('aa', 'ping') } } });
// @ts-expect-error: a hop at an unknown node
lab({ ...good, walks: { walk: { ...walk, request: [at('aa:eth0', 'It leaves', ping)] } } });
// @ts-expect-error: one such hop among others
lab({ ...good, walks: { walk: { ...walk, request: [at('a:eth0', 'x', ping), at('bb:eth0', 'x', ping)] } } });
// @ts-expect-error: a hop of the answer at an unknown node
lab({ ...good, walks: { walk: { ...walk, reply: [at('aa:eth0', 'It comes back', ping)] } } });
// @ts-expect-error: a hop without an interface
lab({ ...good, walks: { walk: { ...walk, request: [at('a', 'It leaves', ping)] } } });
// @ts-expect-error: the MAC of an unknown node's interface
lab({ ...good, walks: { walk: { ...walk, request: [at('a:eth0', 'x', ether({ src: mac('aa:eth0') }), ping)] } } });
// @ts-expect-error: the same, deeper in the stack
lab({ ...good, walks: { walk: { ...walk, request: [at('a:eth0', 'x', ping, [ether({ dst: mac('bb:eth0') })])] } } });
// @ts-expect-error: an unknown claim
lab({ ...good, walks: { walk: { ...walk, claims: ['C-2'] } } });
// @ts-expect-error: an unknown claim that is corrected
lab({ ...good, walks: { walk: { ...walk, claims: [corrects('C-2', 'Not quite')] } } });
// @ts-expect-error: a hop with a direction at an unknown node
lab({ ...good, walks: { walk: { ...walk, request: [at('aa:eth0 out', 'It leaves', ping)] } } });
// @ts-expect-error: a hook at an unknown node
lab({ ...good, walks: { walk: { ...walk, request: [through('aa', 'nat OUTPUT: accept', 'x')] } } });
// @ts-expect-error: a ping that is answered says nothing of it
lab({ ...good, walks: { walk: { ...walk, unanswered: false } } });
// @ts-expect-error: a misspelt field
lab({ ...good, walks: { walk: { ...walk, repli: [] } } });
// @ts-expect-error: no sender
lab({ ...good, walks: { walk: { request: walk.request } } });

// Headers.
// @ts-expect-error: an unknown field
ip({ tll: 64 });
// @ts-expect-error: a text where a number is meant
ip({ ttl: '64' });
// @ts-expect-error: a number where an address is meant
ip({ src: 10 });
// @ts-expect-error: a MAC's owner where an IP address is meant
ip({ src: mac('a:eth0') });
// @ts-expect-error: no such ICMP type
icmp({ type: 'echo requst' });
// @ts-expect-error: no such field
udp({ port: 53 });
// @ts-expect-error: a point without its interface
at('a:eth0', 'It leaves', ether({ src: mac('a') }));

// Checks.
// @ts-expect-error: seen at an unknown node
lab({ ...good, checks: { check: { run: 'true', see: { aa: lines('x') } } } });
// @ts-expect-error: an expectation that is none
lab({ ...good, checks: { check: { run: 'true', see: { a: 'x' } } } });
// @ts-expect-error: an unknown claim
lab({ ...good, checks: { check: { claim: 'C-2', run: 'true', see: { a: lines('x') } } } });
// @ts-expect-error: an unknown claim that is corrected
lab({ ...good, checks: { check: { claim: corrects('C-2', 'x'), run: 'true', see: { a: lines('x') } } } });
// @ts-expect-error: no command
lab({ ...good, checks: { check: { see: { a: lines('x') } } } });
// @ts-expect-error: what is no JSON
json([{ mtu: undefined }]);
// @ts-expect-error: a matrix from an unknown node
lab({ ...good, checks: { matrix: { seenAs: 'its own address', pairs: [{ from: ['aa'], to: ['b'] }] } } });
// @ts-expect-error: a matrix to an unknown node
lab({ ...good, checks: { matrix: { seenAs: 'its own address', pairs: [{ from: ['a'], to: ['bb'] }] } } });
// @ts-expect-error: a matrix that asks for nothing known
lab({ ...good, checks: { matrix: { seenAs: 'itself', pairs: [{ from: ['a'], to: ['b'] }] } } });

// Faults.
const fault = { break: { a: 'true' }, lostAt: 'a:eth0', hint: 'x', fix: { a: 'true' } } as const;
lab({ ...good, faults: { fault } });
// @ts-expect-error: broken at an unknown node
lab({ ...good, faults: { fault: { ...fault, break: { aa: 'true' } } } });
// @ts-expect-error: mended at an unknown node
lab({ ...good, faults: { fault: { ...fault, fix: { aa: 'true' } } } });
// @ts-expect-error: lost at an unknown node
lab({ ...good, faults: { fault: { ...fault, lostAt: 'aa:eth0' } } });
// @ts-expect-error: the answer lost at an unknown node
lab({ ...good, faults: { fault: { ...fault, lostAt: 'reply aa:eth0' } } });
// @ts-expect-error: lost at a hook of an unknown node
lab({ ...good, faults: { fault: { ...fault, lostAt: 'aa nat PREROUTING' } } });
// @ts-expect-error: differs at an unknown node
lab({ ...good, faults: { fault: { break: fault.break, differsAt: 'aa:eth0 in', hint: 'x', fix: fault.fix } } });
// @ts-expect-error: a fault that is not about cold neighbours says nothing of them
lab({ ...good, faults: { fault: { ...fault, cold: false } } });
// @ts-expect-error: lost at a node, not at an interface
lab({ ...good, faults: { fault: { ...fault, lostAt: 'a' } } });
// @ts-expect-error: an unknown claim
lab({ ...good, faults: { fault: { ...fault, claims: ['C-2'] } } });
// @ts-expect-error: no fix
lab({ ...good, faults: { fault: { break: fault.break, lostAt: fault.lostAt, hint: 'x' } } });
// @ts-expect-error: spares neither all nor any
lab({ ...good, faults: { fault: { ...fault, untouched: 'walk' } } });

// Claims.
// @ts-expect-error: a claim where none is declared
lab({ title: 'x', nodes, links, setup: {}, walks: { walk: { ...walk, claims: ['C-1'] } } });

// Ways of which one is taken, later packets, and what is waited for.
const ways = (near: 'a:eth0', far: 'b:veth') =>
  oneOf({ near: [at(near, 'x', ping)], far: [at(far, 'x', ping), through('b', 'nat PREROUTING', 'x')] });
const follows = { 'It goes on': [at('pod:eth0', 'x', ping), ways('a:eth0', 'b:veth')] };
lab({
  ...good,
  needs: { programs: ['wg', { command: 'cilium', packages: { apt: 'cilium' } }], devices: ['netkit'] },
  setup: { 'It waits': { a: [until('It is so', 'true', '10 s')] } },
  walks: { walk: { ...walk, request: [ways('a:eth0', 'b:veth')], later: follows } },
  checks: { 'It is so': { run: 'true', see: { a: lines('x') }, within: '10 s', changes: true } },
  faults: { fault: { ...fault, lostAt: 'later 1 pod:eth0' } },
});
// @ts-expect-error: a way by an unknown node
lab({ ...good, walks: { walk: { ...walk, request: [oneOf({ x: [at('aa:eth0', 'x', ping)], y: [] })] } } });
// @ts-expect-error: a choice within a way
lab({ ...good, walks: { walk: { ...walk, request: [oneOf({ x: [ways('a:eth0', 'b:veth')], y: [] })] } } });
// @ts-expect-error: a later packet at an unknown node
lab({ ...good, walks: { walk: { ...walk, later: { x: [at('aa:eth0', 'x', ping)] } } } });
// @ts-expect-error: a later packet lost at an unknown node
lab({ ...good, faults: { fault: { ...fault, lostAt: 'later 1 aa:eth0' } } });
// @ts-expect-error: a wait without a time
lab({ ...good, setup: { 'It waits': { a: [{ until: 'It is so', run: 'true' }] } } });
// @ts-expect-error: a time without its unit
until('It is so', 'true', '10');
// @ts-expect-error: a check that alters nothing says nothing of it
lab({ ...good, checks: { x: { run: 'true', see: { a: lines('x') }, changes: false } } });
// @ts-expect-error: a need that is none
lab({ ...good, needs: { program: ['wg'] } });
