import { expect } from 'chai';
import { at, icmp, ip, type Lab, send, tcp, through, udp } from '../../../src/index.ts';
import type { HookResult, WalkResult } from '../../../src/judge/result.ts';
import { sendAll } from '../../../src/observe/send.ts';
import { whereText } from '../../../src/plan/hops.ts';
import { takeDrills, takeWalks } from '../../../src/prove/run.ts';
import { needsNamespaces, stand, twoHosts } from '../../stand.ts';

const failedAt = ({ hops, failedAt }: WalkResult) => {
  const hop = failedAt === null ? undefined : hops[failedAt];
  if (!hop) return null;
  const { part, ...rest } = hop;
  const where =
    rest.kind === 'hook'
      ? whereText({ kind: 'hook', place: rest.place, table: rest.table, chain: rest.chain })
      : `${rest.place}:${rest.device}`;
  return part === 'request' ? where : `${part} ${where}`;
};
const short = (walk: WalkResult) => ({
  verdict: walk.verdict,
  failedAt: failedAt(walk),
  strays: walk.strays,
});
const hookOf = ({ hops }: WalkResult, place: string, table: string, chain: string) =>
  hops.find(
    (hop): hop is HookResult =>
      hop.kind === 'hook' && hop.place === place && hop.table === table && hop.chain === chain,
  );

const called = (src: string, dst: string, ports: { src?: number; dst?: number }, flags: string) => [
  ip({ src, dst }),
  tcp({ ...ports, flags }),
];
const [A, V, B, R] = ['10.0.0.1', '10.9.9.9', '10.0.1.1', '10.0.1.254'];
const LISTENER = `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_ANY)) or die;
  listen(S, 8); while (accept(C, S)) { syswrite C, "hello"; close C }'`;

/** A router between two hosts, which translates what is for an address that nobody has, and everybody's own. */
const translating = (): Lab => ({
  title: 'A router translates',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- r:eth0 10.0.0.254/24', 'r:eth1 10.0.1.254/24 -- b:eth0 10.0.1.1/24'],
  setup: {
    'Start what listens, and translate': {
      a: 'ip route add default via 10.0.0.254',
      b: { daemon: 'web', run: LISTENER.replaceAll('\n', ' '), ready: { 'It listens': 'ss -ltn | grep :80' } },
      r: `
        iptables -t nat -N TO-B
        iptables -t nat -A PREROUTING -d 10.9.9.9 -m comment --comment "to b" -j TO-B
        iptables -t nat -A TO-B -p tcp -j DNAT --to-destination 10.0.1.1:80
        iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE`,
    },
  },
  walks: {
    'a calls b by another address': {
      send: send('a', `timeout 1 bash -c "cat < /dev/tcp/${V}/8080"`),
      request: [
        at('a:eth0', 'It leaves', called(A, V, { dst: 8080 }, 'S')),
        at('r:eth0', 'It arrives', called(A, V, { dst: 8080 }, 'S')),
        through('r', 'nat PREROUTING > TO-B: dnat to 10.0.1.1:80', 'It gets the address of b'),
        through('r', 'nat POSTROUTING: masquerade', 'And the sender that of r'),
        at('r:eth1', 'Both are other than they were', called(R, B, { dst: 80 }, 'S')),
        at('b:eth0', 'It arrives', called(R, B, { dst: 80 }, 'S')),
      ],
      reply: [
        at('b:eth0', 'It answers', called(B, R, { src: 80 }, 'SA')),
        at('r:eth1', 'To the router', called(B, R, { src: 80 }, 'SA')),
        at('r:eth0', 'Turned back', called(V, A, { src: 8080 }, 'SA')),
        at('a:eth0', 'It is what was called', called(V, A, { src: 8080 }, 'SA')),
      ],
      end: [
        at('a:eth0', 'It hangs up', called(A, V, { dst: 8080 }, 'FA')),
        at('r:eth0', 'Later segments pass no rule of nat', called(A, V, { dst: 8080 }, 'FA')),
        at('r:eth1', 'They are translated all the same', called(R, B, { dst: 80 }, 'FA')),
        at('b:eth0', 'The end', called(R, B, { dst: 80 }, 'FA')),
      ],
    },
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.1.1'),
      request: [
        at('a:eth0', 'It leaves', ip({ src: A, dst: B }), icmp({ type: 'echo request' })),
        at('r:eth0', 'It arrives', ip({ src: A, dst: B }), icmp({ type: 'echo request' })),
        through('r', 'nat PREROUTING: policy accept', 'No rule is for it'),
        through('r', 'nat POSTROUTING: masquerade', 'It gets the address of r'),
        at('r:eth1', 'It leaves', ip({ src: R, dst: B }), icmp({ type: 'echo request' })),
        at('b:eth0', 'It arrives', ip({ src: R, dst: B }), icmp({ type: 'echo request' })),
      ],
    },
  },
  faults: {
    'The chain is empty': {
      break: { r: 'iptables -t nat -F TO-B' },
      differsAt: 'r nat PREROUTING',
      untouched: ['a pings b'],
      hint: 'Which rule decides?',
      fix: { r: 'iptables -t nat -A TO-B -p tcp -j DNAT --to-destination 10.0.1.1:80' },
    },
    'The answer is dropped': {
      break: { r: 'iptables -A FORWARD -i eth1 -p tcp --tcp-flags SYN,ACK SYN,ACK -j DROP' },
      lostAt: 'reply r:eth0',
      untouched: 'all',
      hint: 'Where is it seen last?',
      fix: { r: 'iptables -F FORWARD' },
    },
  },
});

describe('A walk through netfilter', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('lists hooks between the interfaces, and follows a connection to its end; drills are lost at a hook', async () => {
    await using lab = await stand(translating());
    await takeWalks(lab, Object.keys(translating().walks), lab.found, () => {});
    expect(lab.found.walks.map(short)).to.deep.equal(Array(2).fill({ verdict: 'passed', failedAt: null, strays: [] }));
    const [first] = lab.found.walks;
    const hook = hookOf(first!, 'r', 'nat', 'PREROUTING');
    expect(hook?.seen).to.deep.equal({
      chains: ['TO-B'],
      ending: { verdict: 'dnat', to: '10.0.1.1:80' },
      rule: 'meta l4proto tcp dnat to 10.0.1.1:80',
    });
    expect(hook?.translation).to.match(/^tcp .* src=10.0.0.1 dst=10.9.9.9 .* src=10.0.1.1 dst=10.0.1.254/);
    expect(first!.hops.filter(({ part }) => part === 'end')).to.have.lengthOf(4);
    await takeDrills(lab, Object.keys(translating().faults!), lab.found, () => {});
    expect(lab.found.drills.map(({ verdict, reason }) => reason ?? verdict)).to.deep.equal(['passed', 'passed']);
  });

  it('fails at the hook where another rule decides, and where a hook is passed that is not listed', async () => {
    await using lab = await stand(translating());
    await lab.runtime.run('r', [
      'iptables -t nat -I POSTROUTING -p icmp -j ACCEPT',
      'iptables -A FORWARD -m ttl --ttl-eq 63 -j ACCEPT',
    ]);
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    const [walk] = lab.found.walks;
    expect(failedAt(walk!)).to.equal('r nat POSTROUTING');
    const hook = hookOf(walk!, 'r', 'nat', 'POSTROUTING');
    expect(hook?.seen?.rule).to.equal('meta l4proto icmp accept');
    expect(hook?.difference).to.contain('it ended with accept (meta l4proto icmp accept), not masquerade');
    expect(walk!.strays).to.deep.include({
      kind: 'hook',
      part: 'request',
      place: 'r',
      family: 'ip',
      table: 'filter',
      chain: 'FORWARD',
      seen: { chains: [], ending: { verdict: 'accept' }, rule: 'ip ttl 63 accept' },
    });
  });

  it('does not take the policy for a rule', async () => {
    const listed = translating();
    listed.walks['a pings b']!.request[2] = through('r', 'nat PREROUTING: accept', 'A rule is for it');
    await using lab = await stand(listed);
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    expect(failedAt(lab.found.walks[0]!)).to.equal('r nat PREROUTING');
  });

  it('may end at a hook, which knows an interface that the packet never gets to', async () => {
    const asked = [ip({ src: A, dst: B }), udp({ dst: 9 })];
    const dropping: Lab = {
      ...translating(),
      walks: {
        'a asks b': {
          send: send('a', `bash -c "echo hello > /dev/udp/${B}/9"`),
          request: [
            at('a:eth0', 'It leaves', asked),
            at('r:eth0', 'It arrives', asked),
            through('r', 'filter FORWARD: drop', 'Its way ends'),
          ],
        },
      },
      faults: {},
    };
    await using lab = await stand(dropping);
    await lab.runtime.run('r', ['iptables -A FORWARD -i eth0 -o eth1 -p udp -j DROP']);
    await takeWalks(lab, Object.keys(dropping.walks), lab.found, () => {});
    expect(lab.found.walks.map(({ verdict, hops }) => hops.at(-1)?.difference ?? verdict)).to.deep.equal(['passed']);
  });

  it('follows what never gets to an interface: the node’s own packet or answer, dropped at OUTPUT', async () => {
    const near = '10.0.0.254';
    const asked = (src: string, dst: string) => [ip({ src, dst }), icmp({ type: 'echo request' })];
    const answered = (src: string, dst: string) => [ip({ src, dst }), icmp({ type: 'echo reply' })];
    const out = [
      through('r', 'raw OUTPUT: accept', 'The first table'),
      through('r', 'filter OUTPUT: accept', 'And the one that may drop it'),
    ];
    const own: Lab = {
      ...translating(),
      walks: {
        'r pings b': {
          send: send('r', `ping -c 1 ${B}`),
          request: [...out, at('r:eth1', 'It leaves', asked(R, B)), at('b:eth0', 'It arrives', asked(R, B))],
        },
        'a pings r': {
          send: send('a', `ping -c 1 ${near}`),
          request: [at('a:eth0', 'It leaves', asked(A, near)), at('r:eth0', 'It arrives', asked(A, near))],
          reply: [...out, at('r:eth0', 'It leaves', answered(near, A)), at('a:eth0', 'It arrives', answered(near, A))],
        },
        'a calls r, where nobody listens': {
          send: send('a', `timeout 0.3 bash -c "cat < /dev/tcp/${near}/81"`),
          request: [
            at('a:eth0', 'It leaves', called(A, near, { dst: 81 }, 'S')),
            at('r:eth0', 'It arrives', called(A, near, { dst: 81 }, 'S')),
          ],
          reply: [
            ...out,
            at('r:eth0', 'It leaves', called(near, A, { src: 81 }, 'RA')),
            at('a:eth0', 'It arrives', called(near, A, { src: 81 }, 'RA')),
          ],
        },
      },
      faults: {},
    };
    await using lab = await stand(own);
    await lab.runtime.run('r', ['iptables -t raw -A OUTPUT -j ACCEPT', 'iptables -A OUTPUT -j DROP']);
    await takeWalks(lab, Object.keys(own.walks), lab.found, () => {});
    expect(lab.found.walks.map(failedAt)).to.deep.equal([
      'r filter OUTPUT',
      'reply r filter OUTPUT',
      'reply r filter OUTPUT',
    ]);
    expect(lab.found.walks.flatMap(({ strays }) => strays)).to.deep.equal([]);
  });

  it('takes the ICMP error about a packet for its answer where it gets no other', async () => {
    const asked = [ip({ src: A, dst: B }), udp({ dst: 9 })];
    const refused = [ip({ src: B, dst: A }), icmp({ type: 'unreachable', code: 3 })];
    const related: Lab = {
      ...translating(),
      walks: {
        'a asks b, where nobody listens': {
          send: send('a', `timeout 1 bash -c "exec 3<>/dev/udp/${B}/9; echo hello >&3; cat <&3"`),
          request: [
            at('a:eth0', 'It leaves', asked),
            at('r:eth0', 'It arrives', asked),
            through('r', 'nat POSTROUTING: masquerade', 'It gets the address of r'),
            at('r:eth1', 'Translated', ip({ src: R, dst: B }), udp({ dst: 9 })),
            at('b:eth0', 'It arrives', ip({ src: R, dst: B }), udp({ dst: 9 })),
          ],
          reply: [
            at('b:eth0', 'The error', ip({ src: B, dst: R }), icmp({ type: 'unreachable', code: 3 })),
            at('r:eth1', 'To the router', ip({ src: B, dst: R }), icmp({ type: 'unreachable', code: 3 })),
            through('r', 'filter FORWARD > RELATED: accept', 'It is about a connection that is tracked'),
            at('r:eth0', 'Turned back', refused),
            at('a:eth0', 'The sender is told', refused),
          ],
        },
      },
      faults: {},
    };
    await using lab = await stand(related);
    await lab.runtime.run('r', [
      'iptables -N RELATED',
      'iptables -A RELATED -j ACCEPT',
      'iptables -A FORWARD -m conntrack --ctstate RELATED -j RELATED',
    ]);
    await takeWalks(lab, Object.keys(related.walks), lab.found, () => {});
    expect(lab.found.walks.map(short)).to.deep.equal([{ verdict: 'passed', failedAt: null, strays: [] }]);
  });

  it('lists the hooks of a packet that is bridged: those of IP, by br_netfilter', async () => {
    const [one, two] = ['10.0.0.1', '10.0.0.2'];
    const asks = [ip({ src: one, dst: two, ttl: 64 }), icmp({ type: 'echo request' })];
    await using lab = await stand({
      title: 'A bridge joins two pods',
      nodes: { node: 'host', a: 'pod on node', b: 'pod on node' },
      links: [`a:eth0 ${one}/24 -- node:va`, `b:eth0 ${two}/24 -- node:vb`],
      setup: {
        'Bridge them, and count what passes': {
          node: `
            ip link add br0 up type bridge
            ip link set va master br0
            ip link set vb master br0
            iptables -A FORWARD -p icmp -j ACCEPT`,
        },
      },
      walks: {
        'a pings b': {
          send: send('a', `ping -c 1 ${two}`),
          request: [
            at('a:eth0', 'It leaves', asks),
            at('node:va', 'It enters the bridge', asks),
            through('node', 'filter FORWARD: accept', 'Though nothing is routed'),
            at('node:vb', 'It leaves the bridge', asks),
            at('b:eth0', 'It arrives', asks),
          ],
        },
      },
    });
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    expect(lab.found.walks[0]!.hops.map(({ difference, fate }) => difference ?? fate)).to.deep.equal(
      Array(5).fill('passed'),
    );
    expect(lab.found.walks[0]!.strays).to.deep.equal([]);
  });

  it('traces a packet again where no walk lists a hook', async () => {
    await using lab = await stand(twoHosts());
    await lab.runtime.run('b', ['iptables -A INPUT -p icmp -m ttl --ttl-eq 64 -j DROP']);
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    expect(lab.found.walks.map(failedAt)).to.deep.equal(['reply b:eth0']);
    for (const hooked of [['b'], ['a', 'b']]) {
      const [sent] = await sendAll(lab, [{ send: send('a', 'ping -c 1 10.0.0.2') }], { hooked });
      const passed = sent!.observations.flatMap((each) => (each.kind === 'passage' ? [each] : []));
      expect(passed.map(({ place, chain, ending, rule }) => [place, chain, ending?.verdict, rule])).to.deep.equal([
        ['b', 'INPUT', 'drop', 'meta l4proto icmp ip ttl 64 drop'],
      ]);
    }
  });

  it('leaves no table behind that traces', async () => {
    await using lab = await stand(translating());
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    expect((await lab.runtime.script('r', 'nft list tables')).stdout).not.to.contain('packetwalk');
  });
});
