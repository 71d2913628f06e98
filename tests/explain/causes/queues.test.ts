import { expect } from 'chai';
import type { Lookup } from '../../../src/explain/lookup.ts';
import { ether } from '../../../src/index.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const way: Lookup = {
  place: 'r',
  command: 'ip route get 10.77.2.5',
  output: '',
  ok: true,
  device: 'out',
  via: '10.0.0.2',
};

const lost = (
  { qdiscs = '', xfrm = [] as string[], daemons = [] as { name: string; runs: boolean }[] },
  more: Partial<Loss> = {},
) =>
  causes({
    way: [sighting('r:in', 'in', [ether({}), ...ping()])],
    now: {
      r: state({
        links: [link('in', { addresses: ['10.77.1.1/24'] }), link('out', { addresses: ['10.0.0.1/24'] })],
        routes: '10.77.2.0/24 via 10.0.0.2 dev out\n10.77.1.0/24 dev in',
        sysctls: { 'net.ipv4.conf.in.forwarding': '1' },
        qdiscs,
        xfrm,
        daemons,
      }),
    },
    lookups: [way],
    ...more,
  });

const tbf = (device: string, dropped: number) =>
  `qdisc tbf 8034: dev ${device} root refcnt 3 rate 8Kbit burst 40b lat 0us\n Sent 0 bytes 0 pkt (dropped ${dropped}, overlimits 0 requeues 0)\n backlog 0b 0p requeues 0\n`;

describe('A packet that is lost in a queue, by a filter, or to IPsec', () => {
  it('is told with the queue of the way out that has dropped', () => {
    const [first] = lost({ qdiscs: tbf('out', 2) });
    expect(first).to.include({ cause: 'queue drops', place: 'r' });
    expect(first?.sentence).to.include('tbf rate 8Kbit burst 40b').and.to.include('dropped 2');
  });

  it('is not told of a queue that dropped nothing, nor of one of another way', () => {
    expect(lost({ qdiscs: tbf('out', 0) })).to.deep.equal([]);
    expect(lost({ qdiscs: tbf('in', 9) })).to.deep.equal([]);
  });

  it('is told of the backlog of a CPU that dropped meanwhile, and surely where the kernel says so', () => {
    const moved = [{ place: 'r', file: 'softnet_stat', name: 'cpu 0 dropped', by: 3 }];
    const [possible] = lost({}, { moved });
    expect(possible).to.include({ cause: 'receive backlog full', confidence: 'possible' });
    expect(possible?.sentence).to.include('softnet_stat dropped +3');
    const kernelDrops = [{ place: 'r', reason: 'CPU_BACKLOG', location: 'enqueue_to_backlog' }];
    const [certain] = lost({}, { moved, kernelDrops } as unknown as Partial<Loss>);
    expect(certain).to.include({ cause: 'receive backlog full', confidence: 'certain' });
  });

  it('is told of the queue that the kernel means, be it of another way', () => {
    const kernelDrops = [{ place: 'r', reason: 'QDISC_DROP', location: '__dev_queue_xmit' }];
    const told = lost({ qdiscs: tbf('in', 9) }, { kernelDrops } as unknown as Partial<Loss>);
    expect(told.map(({ cause }) => cause)).to.deep.equal(['queue drops']);
  });

  const filter = (dropped: number): Lookup => ({
    place: 'r',
    command: 'tc -s filter show dev in ingress',
    ok: true,
    output: `filter protocol ip pref 49152 u32 chain 0 fh 800::800 match 0a4d0205/ffffffff at 16 action order 1: gact action drop random type none Sent 84 bytes 1 pkt (dropped ${dropped}, overlimits 0 requeues 0)`,
  });

  it('is told with the filter whose action has dropped', () => {
    const [first] = lost({}, { lookups: [way, filter(1)] });
    expect(first).to.include({ cause: 'tc filter', place: 'r' });
    expect(first?.sentence).to.include('ingress of r’s in');
    expect(lost({}, { lookups: [way, filter(0)] })).to.deep.equal([]);
  });

  it('is told with the filter that drops it behind the last point that its walk lists, and not where it was seen elsewhere', () => {
    const ended = (outcome: 'unanswered' | 'elsewhere') =>
      lost({}, { lookups: [way, filter(1)], walk: { outcome, failedAt: null, hops: [], strays: [] } });
    expect(ended('unanswered').map(({ cause }) => cause)).to.deep.equal(['tc filter']);
    expect(ended('elsewhere').map(({ cause }) => cause)).not.to.include('tc filter');
  });

  it('is told with the filter that sends it elsewhere, if that had any packet', () => {
    const redirect = (packets: number): Lookup => ({
      ...filter(0),
      output: `filter protocol ip pref 1 matchall chain 0 handle 0x1 not_in_hw action order 1: mirred (Egress Redirect to device gt4) stolen index 2 ref 1 bind 1 Sent ${84 * packets} bytes ${packets} pkt (dropped 0, overlimits 0 requeues 0)`,
    });
    const [first] = lost({}, { lookups: [way, redirect(2)] });
    expect(first).to.include({ cause: 'tc filter', place: 'r' });
    expect(first?.sentence).to.include('ingress of r’s in sends it to gt4 instead (mirred redirect, 2 packets)');
    expect(lost({}, { lookups: [way, redirect(0)] })).to.deep.equal([]);
    const { output } = redirect(2);
    const mirrored = { ...filter(0), output: output.replace('Redirect', 'Mirror').replace('stolen', 'pipe') };
    expect(lost({}, { lookups: [way, mirrored] })).to.deep.equal([]);
  });

  it('is told of a filter whose counters could not be asked for, where the kernel says so', () => {
    const drop = {
      place: 'r',
      ifindex: 2,
      time: 0n,
      etherType: 0x0800,
      location: '__dev_queue_xmit',
      packet: Buffer.alloc(0),
    };
    const [first] = lost({}, { kernelDrops: [{ ...drop, reason: 'TC_EGRESS' }] });
    expect(first).to.include({ cause: 'tc filter', confidence: 'certain' });
    expect(first?.sentence).to.include('egress of r’s out');
  });

  it('is told with the filter alone where its kind is printed before it', () => {
    const { output } = filter(3);
    const printed = `filter protocol ip pref 49152 u32 chain 0 ${output}`;
    const [first] = lost({}, { lookups: [way, { ...filter(3), output: printed }] });
    expect(first?.sentence.match(/pref/g)).to.have.lengthOf(1);
  });

  it('is told with the queue that changed it', () => {
    const qdiscs =
      'qdisc netem 8001: dev out root refcnt 2 limit 1000 corrupt 100%\n Sent 84 bytes 1 pkt (dropped 0)\n';
    const out = [sighting('r:in', 'in', [ether({}), ...ping()]), sighting('r:out', 'out', [ether({}), ...ping()])];
    const [first] = lost({ qdiscs }, { way: out });
    expect(first).to.include({ cause: 'queue corrupts', place: 'r' });
    expect(first?.sentence).to.include('corrupt 100%');
    expect(lost({ qdiscs: qdiscs.replace('corrupt', 'duplicate') }, { way: out })).to.deep.equal([]);
    expect(
      lost({ qdiscs }).map(({ cause }) => cause),
      'it has not left by it',
    ).not.to.include('queue corrupts');
  });

  const policy = (src: string, action: string) =>
    `src ${src} dst 10.77.2.0/24 dir fwd${action ? ` action ${action}` : ''} priority 0 ptype main`;

  it('is told with the IPsec policy that blocks it, for certain where it is counted', () => {
    const xfrm = [policy('10.9.0.0/24', 'block'), policy('10.77.1.0/24', 'block')];
    expect(lost({ xfrm })[0]).to.include({ cause: 'IPsec policy', confidence: 'likely' });
    const moved = [{ place: 'r', file: 'xfrm_stat', name: 'XfrmFwdPolBlock', by: 1 }];
    const [first] = lost({ xfrm }, { moved });
    expect(first).to.include({ confidence: 'certain' });
    expect(first?.sentence).to.include('src 10.77.1.0/24').and.to.include('XfrmFwdPolBlock');
  });

  it('is not told of policies of other packets, nor of those that allow', () => {
    expect(lost({ xfrm: [policy('10.9.0.0/24', 'block'), policy('10.77.1.0/24', '')] })).to.deep.equal([]);
  });

  it('is told with the checksum that a counter is about, and not with a header’s where a TTL was spent', () => {
    const moved = (name: string) => [{ place: 'r', file: 'snmp', name, by: 1 }];
    expect(lost({}, { moved: moved('Udp InCsumErrors') })[0]).to.include({ cause: 'wrong checksum' });
    expect(lost({}, { moved: moved('Ip InHdrErrors') })[0]).to.include({ cause: 'bad IP header' });
    const spent = { way: [sighting('r:in', 'in', [ether({}), ...ping({ ttl: 1 })])], moved: moved('Ip InHdrErrors') };
    expect(lost({}, spent).map(({ cause }) => cause)).to.deep.equal(['TTL spent']);
  });

  it('is told with a daemon that has ended, and more surely where what it programs is gone', () => {
    const daemons = [{ name: 'bird', runs: false }];
    expect(lost({ daemons })[0]).to.include({ cause: 'daemon ended', confidence: 'possible' });
    expect(lost({ daemons: [{ name: 'bird', runs: true }] })).to.deep.equal([]);
    const gone = { place: 'r', change: 'gone' } as const;
    const changes = [
      { ...gone, what: 'daemon', subject: 'bird', before: 'bird', sentence: 'r: daemon bird has ended' } as const,
      {
        ...gone,
        what: 'route',
        subject: '10.77.3.0/24',
        before: '10.77.3.0/24 via 10.0.0.3',
        sentence: 'r: route 10.77.3.0/24 is gone',
      } as const,
    ];
    const [first] = lost({ daemons }, { changes });
    expect(first).to.include({ cause: 'daemon ended', confidence: 'likely' });
    expect(first?.sentence).to.include('10.77.3.0/24');
  });

  it('is told with what has changed where nothing else is known, and only there', () => {
    const changes = [
      {
        place: 'r',
        what: 'setting',
        change: 'other',
        subject: 'net.ipv4.x',
        before: '0',
        after: '1',
        sentence: 'r: setting net.ipv4.x is 1, was 0',
      } as const,
    ];
    expect(lost({}, { changes })[0]).to.include({ cause: 'changed since it was proven', confidence: 'possible' });
    expect(lost({ qdiscs: tbf('out', 2) }, { changes }).map(({ cause }) => cause)).to.deep.equal(['queue drops']);
  });
});
