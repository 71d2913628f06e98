import { expect } from 'chai';
import { at, icmp, ip, type Lab, send, tcp, through, udp } from '../../src/index.ts';
import { answers, markOf, passages, rulesOf, translation } from '../../src/observe/netfilter.ts';
import { decode } from '../../src/packet/index.ts';
import { takeDrills, takeWalks } from '../../src/prove/run.ts';
import type { Trace } from '../../src/runtime/runtime.ts';
import { needsNamespaces, stand } from '../stand.ts';

const attribute = (type: number, value: Buffer) => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + value.length, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
};
const text = (type: number, value: string) => attribute(type, Buffer.from(`${value}\0`));
const number = (type: number, value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return attribute(type, bytes);
};
const handle = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return attribute(3, bytes);
};
const verdict = (code: number, chain?: string) =>
  attribute(5, Buffer.concat([number(1, code), ...(chain ? [text(2, chain)] : [])]));

// nfnetlink: 16 bytes of nlmsghdr, then family (2 is IPv4), version and res_id.
const message = (...attributes: Buffer[]): Trace => ({
  place: 'r',
  message: Buffer.concat([Buffer.alloc(16), Buffer.from([2, 0, 0, 0]), ...attributes]),
});

// 10.0.0.1 > 10.9.9.9, ICMP echo request with id 7, sequence 1.
const network = attribute(8, Buffer.from('4500005400004000400100000a0000010a090909', 'hex'));
const transport = attribute(9, Buffer.from('0800000000070001', 'hex'));
const packet = [number(10, 5), network, transport];
const told = (id: number, chain: string, ...rest: Buffer[]) =>
  message(number(6, id), text(1, 'nat'), text(2, chain), ...rest);

const ACCEPT = 1;
const [CONTINUE, JUMP, RETURN] = [-1, -3, -5];
const [POLICY, RULE] = [1, 3];

describe('passages', () => {
  const rules = new Map([['ip nat 9', 'meta l4proto tcp dnat to 10.0.1.1:80']]);
  const went = (...traces: Trace[]) => passages(traces, () => rules).map((each) => each.went);

  it('are the chains that a packet enters, and the rule that decides', () => {
    const traces = [
      told(1, 'PREROUTING', ...packet, number(4, RULE), handle(3n), verdict(JUMP, 'KUBE-SERVICES')),
      told(1, 'KUBE-SERVICES', number(4, RULE), handle(8n), verdict(CONTINUE)),
      told(1, 'KUBE-SERVICES', number(4, RULE), handle(9n), verdict(ACCEPT)),
    ];
    expect(passages(traces, () => rules)).to.deep.equal([
      {
        place: 'r',
        hook: 'nat PREROUTING',
        went: 'nat PREROUTING > KUBE-SERVICES: meta l4proto tcp dnat to 10.0.1.1:80',
        mark: 'icmp 8 458753',
        tracked: ['src=10.0.0.1', 'id=7'],
        iif: 5,
      },
    ]);
  });

  it('end with the policy where no rule decides', () => {
    expect(went(told(1, 'POSTROUTING', ...packet, number(4, POLICY), number(16, 1)))).to.deep.equal([
      'nat POSTROUTING: policy accept',
    ]);
    expect(went(told(1, 'FORWARD', ...packet, number(4, POLICY), number(16, 0)))).to.deep.equal([
      'nat FORWARD: policy drop',
    ]);
  });

  it('say nothing of a rule that only returns: kernels differ in telling of it', () => {
    const traces = [
      told(1, 'FORWARD', ...packet, number(4, RULE), handle(3n), verdict(JUMP, 'A')),
      told(1, 'A', number(4, RULE), handle(7n), verdict(RETURN)),
      told(1, 'FORWARD', number(4, RULE), handle(9n), verdict(ACCEPT)),
    ];
    expect(went(...traces)).to.deep.equal(['nat FORWARD > A: meta l4proto tcp dnat to 10.0.1.1:80']);
  });

  it('name a rule that is gone by its handle', () => {
    const gone = told(1, 'PREROUTING', ...packet, number(4, RULE), handle(77n), verdict(ACCEPT));
    expect(went(gone)).to.deep.equal(['nat PREROUTING: the rule with handle 77']);
  });

  it('keep packets apart that pass at once', () => {
    const traces = [
      told(1, 'PREROUTING', ...packet, number(4, RULE), handle(3n), verdict(JUMP, 'A')),
      told(2, 'PREROUTING', ...packet, number(4, RULE), handle(3n), verdict(JUMP, 'B')),
      told(1, 'A', number(4, RULE), handle(9n), verdict(ACCEPT)),
      told(2, 'PREROUTING', number(4, POLICY), number(16, 1)),
    ];
    expect(went(...traces)).to.deep.equal([
      'nat PREROUTING > A: meta l4proto tcp dnat to 10.0.1.1:80',
      'nat PREROUTING > B: policy accept',
    ]);
  });

  it('leave out the table by which the kernel is asked to trace', () => {
    expect(went(message(number(6, 1), text(1, 'packetwalk'), text(2, 'prerouting'), ...packet))).to.deep.equal([]);
  });

  it('take any bytes', () => {
    const whole = told(1, 'PREROUTING', ...packet, number(4, RULE), handle(3n), verdict(JUMP, 'A')).message;
    for (let length = 0; length < whole.length; length++)
      expect(() => went({ place: 'r', message: whole.subarray(0, length) }), String(length)).not.to.throw();
  });
});

describe('rulesOf', () => {
  it('finds rules by family, table and handle, without counters and comments', () => {
    const ruleset = `table ip nat { # handle 1
\tchain PREROUTING { # handle 1
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tip daddr 10.9.9.9  counter packets 3 bytes 180 jump KUBE-X # handle 3
\t}
\tchain KUBE-X { # handle 2
\t\tmeta l4proto tcp /* a: b */ counter packets 0 bytes 0 dnat to 10.0.1.1:80 # handle 4
\t}
}
table inet filter { # handle 2
\tchain input { # handle 1
\t\tct state invalid drop comment "what is not of a connection" # handle 4
\t}
}`;
    expect([...rulesOf(ruleset)]).to.deep.equal([
      ['ip nat 3', 'ip daddr 10.9.9.9 jump KUBE-X'],
      ['ip nat 4', 'meta l4proto tcp dnat to 10.0.1.1:80'],
      ['inet filter 4', 'ct state invalid drop'],
    ]);
  });
});

describe('markOf', () => {
  it('is what a trace of the same packet has', () => {
    const echo = Buffer.from('4500001c00004000400100000a0000010a0909090800000000070001', 'hex');
    expect(markOf(decode(echo, 'raw'))).to.equal('icmp 8 458753');
    const syn = `450000280000400040060000${'0a0000010a090909'}${'c350005000000001000000025002faf000000000'}`;
    expect(markOf(decode(Buffer.from(syn, 'hex'), 'raw'))).to.equal('tcp 1 2 2');
  });
});

describe('answers', () => {
  it('knows an echo reply, and the segment that answers the first one', () => {
    expect(answers('icmp 0 458753', 'icmp 8 458753')).to.equal(true);
    expect(answers('icmp 0 458754', 'icmp 8 458753')).to.equal(false);
    expect(answers('icmp 8 458753', 'icmp 8 458753')).to.equal(false);
    const [S, SA, RA, A] = [2, 18, 20, 16];
    expect([SA, RA, A, S].map((flags) => answers(`tcp 77 0 ${flags}`, `tcp 4294967295 0 ${S}`))).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    expect(answers(`tcp 77 5 ${SA}`, `tcp 5 0 ${S}`)).to.equal(false);
    expect(answers('udp 9 00', 'udp 9 00')).to.equal(false);
  });
});

describe('translation', () => {
  const lines = [
    'icmp     1 29 src=10.0.0.1 dst=10.0.1.1 type=8 code=0 id=31 src=10.0.1.1 dst=10.0.1.254 type=0 code=0 id=31 mark=0 use=1',
    'tcp      6 119 TIME_WAIT src=10.0.0.1 dst=10.9.9.9 sport=57220 dport=8080 src=10.0.1.1 dst=10.0.1.254 sport=80 dport=57220',
  ];
  const passage = { place: 'r', hook: 'nat POSTROUTING', mark: '', tracked: ['src=10.0.0.1', 'sport=57220'] };

  it('is the line of the packet’s own connection, where a rule translates', () => {
    const masqueraded = { ...passage, went: 'nat POSTROUTING: masquerade' };
    expect(translation(masqueraded, lines)).to.match(/^tcp 6 119 TIME_WAIT/);
    expect(translation({ ...passage, went: 'nat POSTROUTING: policy accept' }, lines)).to.equal(undefined);
    expect(translation({ ...passage, went: 'nat POSTROUTING > cali-fip-snat: policy accept' }, lines)).to.equal(
      undefined,
    );
    expect(translation(masqueraded, [])).to.equal(undefined);
  });
});

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
      lostAt: 'r nat PREROUTING',
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
    expect(lab.found.walks.map(({ verdict, lostAt, unexpected }) => ({ verdict, lostAt, unexpected }))).to.deep.equal(
      Array(2).fill({ verdict: 'passed', lostAt: null, unexpected: [] }),
    );
    const [first] = lab.found.walks;
    const hook = first!.hops.find(({ at }) => at === 'r nat PREROUTING')!;
    expect(hook.seen).to.deep.equal(['nat PREROUTING > TO-B: meta l4proto tcp dnat to 10.0.1.1:80']);
    expect(hook.translation).to.match(/^tcp .* src=10.0.0.1 dst=10.9.9.9 .* src=10.0.1.1 dst=10.0.1.254/);
    expect(first!.hops.filter(({ end }) => end)).to.have.lengthOf(4);
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
    expect(walk!.lostAt).to.equal('r nat POSTROUTING');
    const hook = walk!.hops.find(({ at }) => at === 'r nat POSTROUTING')!;
    expect(hook.seen).to.deep.equal(['nat POSTROUTING: meta l4proto icmp accept']);
    expect(hook.difference).to.equal('it went another way');
    expect(walk!.unexpected).to.deep.include({ at: 'r filter FORWARD', seen: ['filter FORWARD: ip ttl 63 accept'] });
  });

  it('does not take the policy for a rule', async () => {
    const listed = translating();
    listed.walks['a pings b']!.request[2] = through('r', 'nat PREROUTING: accept', 'A rule is for it');
    await using lab = await stand(listed);
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    expect(lab.found.walks[0]!.lostAt).to.equal('r nat PREROUTING');
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
    expect(lab.found.walks.map(({ lostAt }) => lostAt)).to.deep.equal([
      'r filter OUTPUT',
      'reply r filter OUTPUT',
      'reply r filter OUTPUT',
    ]);
    expect(lab.found.walks.flatMap(({ unexpected }) => unexpected)).to.deep.equal([]);
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
    expect(lab.found.walks.map(({ verdict, lostAt, unexpected }) => ({ verdict, lostAt, unexpected }))).to.deep.equal([
      { verdict: 'passed', lostAt: null, unexpected: [] },
    ]);
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
    expect(lab.found.walks[0]!.hops.map(({ difference, verdict }) => difference ?? verdict)).to.deep.equal(
      Array(5).fill('passed'),
    );
    expect(lab.found.walks[0]!.unexpected).to.deep.equal([]);
  });

  it('leaves no table behind that traces', async () => {
    await using lab = await stand(translating());
    await takeWalks(lab, ['a pings b'], lab.found, () => {});
    expect((await lab.runtime.script('r', 'nft list tables')).stdout).not.to.contain('packetwalk');
  });
});
