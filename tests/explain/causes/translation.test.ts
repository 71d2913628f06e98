import { expect } from 'chai';
import { ether, icmp, ip, tcp } from '../../../src/index.ts';
import type { Passage } from '../../../src/judge/observation.ts';
import type { PointResult, WalkResult } from '../../../src/judge/result.ts';
import type { ExpectedHeader } from '../../../src/packet/index.ts';
import { causes, type Loss, link, sighting, state } from './loss.ts';

const call = (dst: string): ExpectedHeader[] => [
  ip({ src: '10.77.1.5', dst, ttl: 63, protocol: 6, length: 60 }),
  tcp({ dst: 8080 }),
];

const routes = '10.77.1.0/24 dev in\n10.88.0.0/24 dev out';
const node = state({
  links: [link('in', { addresses: ['10.77.1.1/24'] }), link('out', { addresses: ['10.88.0.1/24'] })],
  routes,
  sysctls: { 'net.ipv4.conf.in.forwarding': '1', 'net.ipv4.conf.out.forwarding': '1' },
});

const passage = (verdict: string, rule: string, to?: string): Passage =>
  ({
    kind: 'passage',
    part: 'request',
    place: 'n',
    family: 'ip',
    table: 'nat',
    chain: 'PREROUTING',
    hook: 'prerouting',
    chains: [],
    ending: { verdict, ...(to && { to }) },
    rule,
    ip: { src: '10.77.1.5', dst: '10.77.1.1', ttl: 63, id: 1, protocol: 6 },
    order: 0,
  }) as Passage;

/** A call to n's own address that came there, and that the walk lists with another destination next. */
const lost = (listed: string, passages: Passage[], more: Partial<Loss> = {}) => {
  const came = { kind: 'point', part: 'request', place: 'n', device: 'in', seen: [], expected: call('10.77.1.1') };
  const next = { kind: 'point', part: 'request', place: 'n', device: 'out', seen: null, expected: call(listed) };
  const walk = { hops: [came, next] as unknown as PointResult[], strays: [], outcome: 'lost', failedAt: 1 };
  return causes({
    way: [sighting('n:in', 'in', [ether({}), ...call('10.77.1.1')])],
    now: { n: node },
    site: { next: { place: 'n', device: 'out' } },
    walk: walk as Pick<WalkResult, 'hops' | 'strays' | 'outcome' | 'failedAt'>,
    askedFor: '10.77.1.1',
    passages,
    ...more,
  });
};

const accepted = passage('accept', 'ip daddr 10.77.1.1 accept');

describe('A packet for a place itself, which hands it on to another', () => {
  it('is told with the rule that let it pass untranslated, and not as one that nobody listens for', () => {
    const [first, ...more] = lost('10.88.0.5', [accepted]);
    expect(first).to.include({ cause: 'destination not translated', place: 'n' });
    expect(first?.sentence).to.include('should become 10.88.0.5').and.to.include('ip daddr 10.77.1.1 accept');
    expect(more.map(({ cause }) => cause)).to.not.include('no socket');
  });

  it('is told with the devices whose filters of tc might have translated it', () => {
    const qdiscs = state({
      qdiscs: 'qdisc clsact ffff: dev in parent ffff:fff1\nqdisc noqueue 0: dev out root',
    }).qdiscs;
    const [first] = lost('10.88.0.5', [], { now: { n: { ...node, qdiscs } } });
    expect(first?.sentence).to.include('nor do its filters of tc (at in)');
    expect(first?.show).to.deep.include({
      place: 'n',
      command: 'tc filter show dev in ingress; tc filter show dev in egress 2>/dev/null',
    });
    expect(lost('10.88.0.5', [])[0]?.sentence).not.to.include('tc');
  });

  it('does not hold against it that the kernel found no socket: that follows', () => {
    const kernelDrops = [{ place: 'n', reason: 'NO_SOCKET', location: 'tcp_v4_rcv', etherType: 0x0800 }];
    const [first] = lost('10.88.0.5', [accepted], { kernelDrops } as unknown as Partial<Loss>);
    expect(first).to.include({ cause: 'destination not translated' });
    expect(first?.contradicts).to.deep.equal([]);
  });

  it('is not told of one that is listed to stay', () => {
    expect(lost('10.77.1.1', [accepted]).map(({ cause }) => cause)).to.deep.equal(['no socket']);
  });

  it('is told of a translation that is not listed, and not only that there is no route to its outcome', () => {
    const rule = 'ip daddr 10.77.1.1 dnat to 198.51.100.9';
    const [first, ...more] = lost('10.77.1.1', [passage('dnat', rule, '198.51.100.9')]);
    expect(first).to.include({ cause: 'destination translated', place: 'n', confidence: 'certain' });
    expect(first?.sentence).to.include('from 10.77.1.1 to 198.51.100.9').and.to.include(rule);
    expect(more.map(({ cause }) => cause)).to.not.include('no route');
  });

  it('is not told of a translation for what wraps the packet, which has another destination', () => {
    const outer = { ...accepted, ip: { ...accepted.ip, dst: '192.168.56.11' } };
    expect(lost('10.77.1.1', [outer]).map(({ cause }) => cause)).to.not.include('destination translated');
  });

  it('is told of a translation where it then took another way, and not that the next place has no route', () => {
    const way = ['n:in', 'n:out'].map((at, i) =>
      sighting(at, i ? 'out' : 'in', [ether({}), ...call(i ? '198.51.100.9' : '10.77.1.1')]),
    );
    const turn = { place: 'n', before: way[0]! };
    const [first] = lost('10.77.1.1', [], { way, site: { kind: 'elsewhere', turn } });
    expect(first).to.include({ cause: 'destination translated', place: 'n' });
  });

  it('knows a connection that is older than the rules by the identifier of the echo request', () => {
    const echo = [ip({ src: '10.77.1.5', dst: '10.88.0.9', ttl: 63 }), icmp({ type: 'echo request', id: 7 })];
    const line = (id: number) =>
      `icmp 1 29 src=10.77.1.5 dst=10.88.0.9 type=8 code=0 id=${id} src=10.88.0.5 dst=10.77.1.5 type=0 code=0 id=${id} mark=0 use=1`;
    const told = (id: number) =>
      causes({
        way: [sighting('n:in', 'in', [ether({}), ...echo])],
        now: { n: node },
        connections: new Map([['n', [line(id)]]]),
      }).map(({ cause }) => cause);
    expect(told(7)).to.include('stale connection');
    expect(told(8)).to.not.include('stale connection');
  });

  it('is not told by a connection of another port, which is not its own', () => {
    const from = (sport: number): ExpectedHeader[] => [
      ip({ src: '10.77.1.5', dst: '10.77.1.1', ttl: 63, protocol: 6 }),
      tcp({ src: sport, dst: 8080 }),
    ];
    const entry =
      'tcp 6 119 TIME_WAIT src=10.77.1.5 dst=10.77.1.1 sport=4001 dport=8080 src=10.88.0.5 dst=10.77.1.5 sport=80 dport=4001';
    const told = (sport: number) =>
      lost('10.88.0.5', [accepted], {
        way: [sighting('n:in', 'in', [ether({}), ...from(sport)])],
        connections: new Map([['n', [entry]]]),
      })[0]?.cause;
    expect(told(4001)).to.equal('stale connection');
    expect(told(4002)).to.equal('destination not translated');
  });

  it('is not told by a connection that a rule, a map in a rule or IPVS still makes', () => {
    const entry =
      'tcp 6 119 SYN_SENT src=10.77.1.5 dst=10.77.1.1 sport=4001 dport=8080 src=10.88.0.5 dst=10.77.1.5 sport=80 dport=4001';
    const told = (ruleset: string, real: string[] = []) =>
      lost('10.88.0.5', [], {
        now: { n: { ...node, ruleset } },
        connections: new Map([['n', [entry]]]),
        virtualServers: new Map([['n', [{ protocol: 'tcp' as const, address: '10.77.1.1', port: 8080, real }]]]),
      }).map(({ cause }) => cause);
    expect(told('', ['10.88.0.50:80'])).to.include('stale connection');
    expect(told('', ['10.88.0.5:80'])).to.not.include('stale connection');
    expect(told('ip daddr 10.77.1.1 dnat to 10.88.0.50:80')).to.include('stale connection');
    expect(told('ip daddr 10.77.1.1 dnat to 10.88.0.5:80')).to.not.include('stale connection');
    const map = 'dnat ip to numgen random mod 2 map { 0 : 10.88.0.4 . 80, 1 : 10.88.0.5 . 80 }';
    expect(told(map)).to.not.include('stale connection');
  });

  it('is told with the rule for its address that is gone, and not as one that a wrong route leads elsewhere', () => {
    const seen = call('10.77.1.1');
    const before = sighting('n:in', 'in', [ether({}), ...seen]);
    const now = sighting('n:out', 'out', [ether({}), ...seen]);
    const hop = { kind: 'point', part: 'request', place: 'n', device: 'out', seen, expected: call('10.88.0.5') };
    const told = (gone: string) =>
      causes({
        way: [before, now],
        now: { n: node },
        site: { kind: 'changed', changed: { hop, now, before } } as unknown as NonNullable<Loss['site']>,
        changes: [
          { place: 'n', what: 'firewall rule', subject: 'nat', before: gone, sentence: `${gone} is gone` },
        ] as unknown as NonNullable<Loss['changes']>,
      });
    const [first, ...more] = told('ip nat SERVICES: ip daddr 10.77.1.1 tcp dport 8080 jump SVC');
    expect(first).to.include({ cause: 'destination not translated', confidence: 'certain' });
    expect(more.map(({ cause }) => cause)).to.not.include('wrong route');
    expect(told('ip nat SERVICES: ip daddr 10.77.1.11 tcp dport 8080 jump SVC')[0]).to.include({
      confidence: 'likely',
    });
  });
});
