import { expect } from 'chai';
import { at, daemon, icmp, ip, type Lab, send, tcp, through, udp } from '../../src/index.ts';
import type { WalkResult } from '../../src/judge/result.ts';
import { sendAll } from '../../src/observe/send.ts';
import { plan } from '../../src/plan/plan.ts';
import { roundTripOf, walk } from '../../src/prove/walk.ts';
import { answer, journey } from '../judge/sightings.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

const NAME = 'a pings b';

/** a — r — b, and c, that both a and r could go by as well. */
const withRouter = (change: (lab: Lab) => void = () => {}): Lab => {
  const lab: Lab = {
    title: 'Two hosts and a router between',
    nodes: { a: 'host', r: 'router', b: 'host', c: 'router' },
    links: [
      'a:eth0 10.0.0.1/24 -- r:eth0 10.0.0.254/24',
      'r:eth1 10.0.1.254/24 -- b:eth0 10.0.1.2/24',
      'r:eth2 10.0.2.254/24 -- c:eth0 10.0.2.3/24',
      'c:eth1 10.0.3.3/24 -- b:eth1 10.0.3.2/24',
    ],
    setup: {
      'Everybody knows the way': {
        a: 'ip route add default via 10.0.0.254',
        b: 'ip route add default via 10.0.1.254',
        c: 'ip route add 10.0.1.0/24 via 10.0.3.2\nip route add default via 10.0.2.254',
      },
    },
    walks: {
      [NAME]: {
        send: send('a', 'ping -c 1 10.0.1.2'),
        request: [
          at('a:eth0', 'It leaves', hop('request', 64)),
          at('r:eth0', 'To the router', hop('request', 64)),
          at('r:eth1', 'Routed', hop('request', 63)),
          at('b:eth0', 'It arrives', hop('request', 63)),
        ],
        reply: [
          at('b:eth0', 'The answer leaves', hop('reply', 64)),
          at('r:eth1', 'To the router', hop('reply', 64)),
          at('r:eth0', 'Routed', hop('reply', 63)),
          at('a:eth0', 'Home', hop('reply', 63)),
        ],
      },
    },
  };
  change(lab);
  return lab;
};
const hop = (kind: 'request' | 'reply', ttl: number) => [
  kind === 'request' ? ip({ src: '10.0.0.1', dst: '10.0.1.2', ttl }) : ip({ src: '10.0.1.2', dst: '10.0.0.1', ttl }),
  icmp({ type: `echo ${kind}` }),
];

/** Where a walk is not as listed, as a fault states it. */
const failedAt = ({ hops, failedAt }: WalkResult): string | null => {
  const hop = failedAt === null ? undefined : hops[failedAt];
  if (!hop) return null;
  const part = hop.part === 'request' ? '' : `${hop.part} `;
  return `${part}${hop.place}:${hop.kind === 'point' ? hop.device : hop.chain}`;
};
const strayAt = ({ strays }: WalkResult) =>
  strays.map((each) => (each.kind === 'point' ? `${each.place}:${each.device}` : each.chain));

const taken = async (lab: Stood, name = NAME) =>
  (await walk(lab, [lab.plan.walks.find((each) => each.name === name)!], { waitS: 0.3 }))[0]!;

/** Types something in a lab that stands, and expects it to work. */
async function type(lab: Stood, place: string, ...lines: string[]) {
  const ran = await lab.runtime.run(place, lines);
  expect(ran.code, `${place}# ${ran.command}: ${ran.stderr}`).to.equal(0);
  await lab.watch.refresh();
}

describe('roundTripOf', () => {
  const timed = (steps: Parameters<typeof journey>[0], ...timesMs: number[]) =>
    journey(steps).map((each, i) => ({ ...each, time: BigInt(timesMs[i]! * 1e6) }));
  const there = timed(
    [
      ['a:eth0', 'out', 64],
      ['b:eth0', 'in', 64],
    ],
    10,
    900,
  );
  const back = timed(answer(['b:eth0', 'out', 64], ['a:eth0', 'in', 64]), 901, 14);

  it('is the time from the request to its answer, by the clock of the sender’s place', () => {
    expect(roundTripOf([...there, ...back], 'a')).to.equal(4);
  });

  it('is not known without an answer, and does not wait for the connection’s end', () => {
    const end = timed([['a:eth0', 'out', 64]], 510).map((each) => ({ ...each, part: 'end' as const }));
    expect(roundTripOf([...there, ...end], 'a')).to.equal(undefined);
    expect(roundTripOf([...there, ...back, ...end], 'a')).to.equal(4);
  });
});

describe('walk', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('passes when the packet goes where the lab says', async () => {
    await using lab = await stand(twoHosts());
    const result = await taken(lab);
    expect(result).to.deep.include({
      verdict: 'passed',
      outcome: 'answered',
      failedAt: null,
      strays: [],
      evidence: [],
    });
    expect(
      result.hops.map(
        (hop) =>
          hop.kind === 'point' &&
          `${hop.place}:${hop.device} ${hop.direction} ${(hop.seen ?? [])
            .slice(1)
            .map((each, i) => `${each.protocol} ${i ? each.fields.type : each.fields.ttl}`)
            .join(' / ')}`,
      ),
    ).to.deep.equal([
      'a:eth0 out ip 64 / icmp echo request',
      'b:eth0 in ip 64 / icmp echo request',
      'b:eth0 out ip 64 / icmp echo reply',
      'a:eth0 in ip 64 / icmp echo reply',
    ]);
  });

  it('passes again and again, whatever else is on the way', async () => {
    await using lab = await stand(withRouter());
    await Promise.all([
      lab.runtime.script('b', 'ping -c 60 -i 0.005 -W 1 10.0.0.1'),
      lab.runtime.script('r', 'ping -c 60 -i 0.005 -W 1 10.0.1.2'),
      (async () => {
        for (let i = 0; i < 20; i++) expect((await taken(lab)).verdict).to.equal('passed');
      })(),
    ]);
  });

  describe('finds a planted loss at the right hop', () => {
    const losses: [string, Record<string, string>, string, RegExp][] = [
      ['no route at the sender', { a: 'ip route del default' }, 'a:eth0', /Network is unreachable/],
      ['a black hole at the router', { r: 'ip route add blackhole 10.0.1.2' }, 'r:eth1', /^/],
      ['a router that does not forward', { r: 'sysctl -qw net.ipv4.ip_forward=0' }, 'r:eth1', /^/],
      ['a firewall at the router', { r: 'iptables -A FORWARD -p icmp -j DROP' }, 'r:eth1', /^/],
      [
        'a neighbour who is not there',
        { b: 'ip link set eth0 arp off', r: 'ip neigh flush dev eth1' },
        'r:eth1',
        /r:eth1 asked by ARP who has 10.0.1.2; nobody answered/,
      ],
      [
        'a far end that is down',
        { b: 'ip link set eth0 down', r: 'ip neigh replace 10.0.1.2 lladdr 02:00:00:00:00:01 dev eth1 nud permanent' },
        'r:eth1',
        /^/,
      ],
      ['a TTL that runs out', { a: 'sysctl -qw net.ipv4.ip_default_ttl=1' }, 'a:eth0', /ICMP: time exceeded/],
      [
        'a firewall at the receiver, which the packet reaches',
        { b: 'iptables -A INPUT -p icmp -j DROP' },
        'reply b:eth0',
        /^/,
      ],
      ['no way back', { b: 'ip route del default' }, 'reply b:eth0', /^/],
      [
        'a firewall on the way back',
        { r: 'iptables -A FORWARD -p icmp --icmp-type echo-reply -j DROP' },
        'reply r:eth0',
        /^/,
      ],
    ];
    for (const [what, commands, lostAt, evidence] of losses)
      it(`${what}: ${lostAt}`, async () => {
        await using lab = await stand(withRouter());
        for (const [place, line] of Object.entries(commands)) await type(lab, place, line);
        const result = await taken(lab);
        expect(result.verdict).to.equal('failed');
        expect(result.outcome).to.equal(what === 'a TTL that runs out' ? 'differs' : 'lost');
        expect(failedAt(result)).to.equal(lostAt);
        expect(result.evidence.join('\n')).to.match(evidence);
      });
  });

  it('says what its sender asked for in vain, though the packet was seen nowhere', async () => {
    await using lab = await stand(twoHosts());
    await type(lab, 'b', 'ip link set eth0 arp off');
    await type(lab, 'a', 'ip neigh flush all');
    const result = await taken(lab);
    expect(failedAt(result)).to.equal('a:eth0');
    expect(result.evidence).to.include('a:eth0 asked by ARP who has 10.0.0.2; nobody answered');
  });

  describe('of an answer that is not listed', () => {
    const asked = (more: Partial<Lab['walks'][string]>): Lab => {
      const { walks, ...lab } = twoHosts();
      const { reply: _, ...walk } = walks[NAME]!;
      return { ...lab, walks: { [NAME]: { ...walk, ...more } } };
    };
    const deaf = 'iptables -A INPUT -p icmp --icmp-type echo-request -j DROP';

    it('passes where the sender is told, and fails where it is not', async () => {
      await using lab = await stand(asked({}));
      expect(await taken(lab)).to.include({ verdict: 'passed', outcome: 'answered' });
      await type(lab, 'b', deaf);
      expect(await taken(lab)).to.include({ verdict: 'failed', outcome: 'unanswered', failedAt: null });
    });

    it('passes where a neighbour answers late, which the sender waits for', async () => {
      await using lab = await stand(asked({}));
      await type(lab, 'a', 'ip neigh flush all');
      await type(
        lab,
        'b',
        `nft add table arp late
         nft add chain arp late input '{ type filter hook input priority 0; policy drop; }'
         (sleep 1.5; nft delete table arp late) </dev/null >/dev/null 2>&1 &`,
      );
      expect(await taken(lab)).to.include({ verdict: 'passed', outcome: 'answered' });
    });

    it('passes where the walk says that the sender is not told, and fails where it is', async () => {
      await using lab = await stand(asked({ unanswered: true }));
      const answered = await taken(lab);
      expect(answered).to.include({ verdict: 'failed', outcome: 'answered' });
      expect(answered.evidence[0]).to.match(/^its sender was told .* `unanswered: true`$/);
      await type(lab, 'b', deaf);
      expect(await taken(lab)).to.include({ verdict: 'passed', outcome: 'arrived' });
    });

    it('fails for any where none may come', async () => {
      await using lab = await stand(asked({ reply: [] }));
      const result = await taken(lab);
      expect(result).to.include({ verdict: 'failed', outcome: 'elsewhere', failedAt: null });
      expect(strayAt(result)).to.have.members(['b:eth0', 'a:eth0']);
      await type(lab, 'b', deaf);
      expect(await taken(lab)).to.include({ verdict: 'passed', outcome: 'arrived' });
    });
  });

  describe('fails for a packet that is seen where no hop is listed', () => {
    it('when it takes another way, though it arrives', async () => {
      await using lab = await stand(withRouter());
      await type(lab, 'r', 'ip route add 10.0.1.2/32 via 10.0.2.3');
      await type(lab, 'r', 'ip neigh flush all');
      const result = await taken(lab);
      expect(result.verdict).to.equal('failed');
      expect(failedAt(result)).to.equal('r:eth1');
      expect(strayAt(result)).to.deep.equal(['r:eth2', 'c:eth0', 'c:eth1', 'b:eth1']);
    });

    it('when a copy of it goes elsewhere, though it arrives as it should', async () => {
      await using lab = await stand(withRouter());
      await type(lab, 'c', 'sysctl -qw net.ipv4.ip_forward=0');
      await type(lab, 'r', 'iptables -t mangle -A PREROUTING -d 10.0.1.2 -p icmp -j TEE --gateway 10.0.2.3');
      const result = await taken(lab);
      expect(result.hops.map(({ fate }) => fate)).to.deep.equal(result.hops.map(() => 'passed'));
      expect(result.failedAt).to.equal(null);
      expect(result.verdict).to.equal('failed');
      expect(strayAt(result)).to.deep.equal(['r:eth2', 'c:eth0']);
    });

    it('when it arrives twice', async () => {
      await using lab = await stand(withRouter());
      await type(lab, 'c', 'ip route add 10.0.1.2/32 via 10.0.2.254');
      await type(lab, 'r', 'iptables -t mangle -A PREROUTING -i eth0 -d 10.0.1.2 -p icmp -j TEE --gateway 10.0.2.3');
      const result = await taken(lab);
      expect(result.verdict).to.equal('failed');
      expect(strayAt(result)).to.include('b:eth0');
    });
  });

  describe('on a shared segment', () => {
    const segment = (): Lab => ({
      ...twoHosts(),
      nodes: { a: 'host', b: 'host', c: 'host', lan: 'switch' },
      links: ['a:eth0 10.0.0.1/24 -- lan', 'b:eth0 10.0.0.2/24 -- lan', 'c:eth0 10.0.0.3/24 -- lan'],
    });

    it('does not count the copies that a switch floods to others', async () => {
      await using lab = await stand(segment());
      const { stdout } = await lab.runtime.run('b', ['cat /sys/class/net/eth0/address || ip -br link show eth0']);
      expect(stdout).to.be.a('string');
      expect((await taken(lab)).verdict).to.equal('passed');
      await type(
        lab,
        'lan',
        'bridge link set dev a learning off',
        'bridge link set dev b learning off',
        'bridge fdb flush dev br0 2>/dev/null; ip link set br0 type bridge ageing_time 0',
      );
      const [sent] = await sendAll(lab, [{ send: send('a', 'ping -c 1 10.0.0.2') }]);
      expect(
        sent!.observations.some((each) => each.kind === 'sighting' && each.at === 'c:eth0' && each.otherHost),
      ).to.equal(true);
      expect((await taken(lab)).verdict).to.equal('passed');
    });

    it('says who overheard a packet that was lost', async () => {
      await using lab = await stand(segment());
      await type(lab, 'a', 'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent');
      const result = await taken(lab);
      expect(failedAt(result)).to.equal('b:eth0');
      expect(result.notes).to.include(
        'c:eth0 saw it pass, addressed to another MAC (02:00:00:00:00:99), and dropped it unread',
      );
    });
  });

  describe('of what is no ping', () => {
    const datagram = () => [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 9 })];
    const once = (): Lab => ({
      ...twoHosts(),
      walks: {
        [NAME]: {
          send: send('a', `bash -c 'echo hello > /dev/udp/10.0.0.2/9'`),
          request: [at('a:eth0', 'It leaves', datagram()), at('b:eth0', 'It arrives', datagram())],
        },
      },
    });

    it('follows a datagram, whose sender does not wait for it to arrive', async () => {
      await using lab = await stand(once());
      for (let i = 0; i < 20; i++) {
        await type(lab, 'a', 'ip neigh flush all');
        expect(await taken(lab)).to.include({ verdict: 'passed', failedAt: null });
      }
    });

    it('waits for the answer of a program that takes its time, though nobody waits who asked', async () => {
      const asks = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dst: 53 })];
      const told = [ip({ src: '10.0.0.2', dst: '10.0.0.1' }), udp({ src: 53 })];
      const lab: Lab = {
        ...twoHosts(),
        setup: {
          'A program is started for each call': {
            b: daemon('slow', 'socat UDP4-LISTEN:53,fork SYSTEM:"sleep 0.5; cat"', {
              'it listens': 'ss -lun | grep -q :53',
            }),
          },
        },
        walks: {
          'a asks b': {
            send: send('a', "bash -c 'echo who >/dev/udp/10.0.0.2/53'"),
            request: [at('a:eth0', 'It asks', asks), at('b:eth0', 'It is asked', asks)],
            reply: [at('b:eth0', 'It tells', told), at('a:eth0', 'It is told', told)],
          },
        },
      };
      await using lent = await stand(lab);
      const [result] = await walk(lent, lent.plan.walks);
      expect(result, result?.reason).to.include({ verdict: 'passed', failedAt: null });
    });

    it('follows a ping that is typed otherwise, and its answer', async () => {
      const lab = twoHosts();
      lab.walks[NAME]!.send = send('a', 'sh -c "exec ping -c 1 -W 1 10.0.0.2"');
      await using stood = await stand(lab);
      for (let i = 0; i < 3; i++)
        expect(await taken(stood)).to.include({ verdict: 'passed', outcome: 'answered', failedAt: null });
    });

    it('finds where it was lost', async () => {
      await using lab = await stand(once());
      await type(lab, 'a', 'iptables -A OUTPUT -p udp -j DROP');
      const result = await taken(lab);
      expect(result).to.include({ verdict: 'failed', outcome: 'lost' });
      expect(failedAt(result)).to.equal('a:eth0');
    });
  });

  it('is unknown when the command that sends is missing', async () => {
    const lab = twoHosts();
    lab.walks[NAME]!.send = send('a', 'no-such-sender 10.0.0.2');
    delete lab.walks[NAME]!.reply;
    await using stood = await stand(lab);
    const result = await taken(stood);
    expect(result.verdict).to.equal('unknown');
    expect(result.failedAt).to.equal(null);
    expect(result.reason).to.match(/^nothing was sent: .*no-such-sender/);
  });

  it('is unknown when the capture lost frames, be the packet seen or not', async () => {
    const hosts = twoHosts();
    // A plain ping would be sent once more, and a flood that is under way before it would be left out.
    const flood = 'ping -f -c 1000 -s 1400 -W 1 10.0.0.2';
    hosts.walks[NAME]!.send = send('a', `sh -c "${flood}; exec ping -c 1 -W 1 10.0.0.2"`);
    await using lab = await stand(hosts, 1);
    const result = await taken(lab);
    expect(result.verdict).to.equal('unknown');
    expect(result.failedAt).to.equal(null);
    expect(result.reason).to.match(/^the capture lost frames on (a|b|a, b): what was not seen proves nothing$/);
  });

  it('counts loss before the walk against nobody', async () => {
    await using lab = await stand(twoHosts(), 1);
    await lab.runtime.script('a', 'ping -f -c 4000 -s 1400 -W 1 10.0.0.2');
    await lab.watch.drain();
    const [sent] = await sendAll(lab, [{ send: send('a', 'true') }]);
    expect(sent!.dropped).to.deep.equal([]);
  });

  it('tells several packets sent at once apart', async () => {
    const lab = twoHosts();
    lab.walks['b pings a'] = {
      send: send('b', 'ping -c 1 10.0.0.1'),
      request: [
        at('b:eth0', 'It leaves', ip({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 'echo request' })),
        at('a:eth0', 'It arrives', ip({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 'echo request' })),
      ],
    };
    await using stood = await stand(plan(lab, 'test'));
    const results = await walk(stood, stood.plan.walks);
    expect(results.map(({ name, verdict }) => [name, verdict])).to.deep.equal([
      [NAME, 'passed'],
      ['b pings a', 'passed'],
    ]);
  });

  it('follows both fragments of a large ping, each on its own way', async () => {
    const lab = twoHosts();
    lab.walks[NAME] = {
      send: send('a', 'ping -c 1 -s 2000 10.0.0.2'),
      request: ['a:eth0', 'b:eth0'].flatMap((point) => [
        at(
          point as 'a:eth0',
          'The first',
          ip({ src: '10.0.0.1', dst: '10.0.0.2', offset: 0, mf: true }),
          icmp({ type: 'echo request' }),
        ),
        at(point as 'a:eth0', 'The second', ip({ src: '10.0.0.1', dst: '10.0.0.2', offset: 1480, mf: false })),
      ]),
      reply: ['b:eth0', 'a:eth0'].flatMap((point) => [
        at(
          point as 'a:eth0',
          'The first',
          ip({ src: '10.0.0.2', dst: '10.0.0.1', offset: 0, mf: true }),
          icmp({ type: 'echo reply' }),
        ),
        at(point as 'a:eth0', 'The second', ip({ src: '10.0.0.2', dst: '10.0.0.1', offset: 1480, mf: false })),
      ]),
    };
    await using stood = await stand(lab);
    for (const address of ['02:00:00:00:00:00', '02:00:00:00:00:08', '02:08:00:00:08:00']) {
      await type(stood, 'a', `ip link set eth0 address ${address}`);
      await type(stood, 'b', 'ip neigh flush all');
      const result = await taken(stood);
      expect(result, JSON.stringify(result.strays)).to.include({ verdict: 'passed', failedAt: null });
    }
  });
});

describe('a walk that ends where its packet is dropped', function () {
  this.timeout(20_000);
  before(function () {
    needsNamespaces(this);
  });

  it('is over once it is there, however long its sender would wait', async () => {
    const call = [ip({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ dst: 80, flags: 'S' })];
    await using lab = await stand({
      ...twoHosts(),
      setup: { 'b hears no calls': { b: 'iptables -A INPUT -p tcp --dport 80 -j DROP' } },
      walks: {
        'a calls b': {
          send: send('a', 'timeout 600 bash -c "cat < /dev/tcp/10.0.0.2/80"'),
          request: [
            at('a:eth0', 'It leaves', call),
            at('b:eth0', 'It arrives', call),
            through('b', 'filter INPUT: drop', 'And goes no farther'),
          ],
        },
      },
    });
    const [told] = await walk(lab, lab.plan.walks);
    expect(told).to.include({ verdict: 'passed', outcome: 'dropped' });
  });
});
