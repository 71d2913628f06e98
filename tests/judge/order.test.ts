import { expect } from 'chai';
import { ether } from '../../src/index.ts';
import type { Observation, Sighting } from '../../src/judge/observation.ts';
import { partialOrder } from '../../src/judge/order.ts';
import { inOrder } from '../../src/judge/walk.ts';
import { journey, passage, points, ROUTER, type Step, wired } from './sightings.ts';

const wires = wired({
  switches: ['lan'],
  cables: [
    ['podA:eth0', 'master:vethA'],
    ['master:enp0s1', 'lan:master'],
    ['node1:enp0s1', 'lan:node1'],
    ['podB:eth0', 'node1:vethB'],
  ],
});

const path = journey([
  ['podA:eth0', 'out', 64],
  ['master:vethA', 'in', 64],
  ['master:cni0', 'in', 64],
  ['master:enp0s1', 'out', 63],
  ['node1:enp0s1', 'in', 63],
  ['node1:cni0', 'out', 62],
  ['node1:vethB', 'out', 62],
  ['podB:eth0', 'in', 62],
]);

/** The same sightings as machines whose clocks are wrong by so many seconds would show them, mixed up. */
const skewed = (sightings: Sighting[], seconds: Record<string, number>) =>
  sightings
    .map((each) => ({ ...each, time: each.time + BigInt(seconds[each.place] ?? 0) * 10n ** 9n }))
    .sort((a, b) => a.at.localeCompare(b.at));

const told = (observations: readonly Observation[]) => points(inOrder(observations, wires).observations);

describe('inOrder', () => {
  it('gives the path back, whatever order the sightings come in', () => {
    expect(told(skewed(path, {}))).to.deep.equal(points(path));
  });

  it('gives the path back across a cable when the clocks disagree', () => {
    expect(told(skewed(path, { podA: 60, podB: -60 }))).to.deep.equal(points(path));
  });

  it('gives the path back across a switch when the clocks disagree', () => {
    for (const seconds of [{ node1: -60 }, { node1: 60 }, { master: 60, podA: -5 }, { podA: 9, master: 6, node1: 3 }])
      expect(told(skewed(path, seconds))).to.deep.equal(points(path));
  });

  it('gives a path back that crosses the same cable again and again', () => {
    const loop = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'out', 63],
      ['podA:eth0', 'in', 63],
      ['podA:eth0', 'out', 62],
      ['master:vethA', 'in', 62],
      ['master:vethA', 'out', 61],
      ['podA:eth0', 'in', 61],
    ]);
    for (const seconds of [{}, { podA: 60 }, { master: 60 }])
      expect(told(skewed(loop, seconds))).to.deep.equal(points(loop));
  });

  it('tells what was captured first where no cable does, and that it cannot be told', () => {
    const apart = journey([
      ['a:eth0', 'out', 64],
      ['b:eth0', 'in', 64],
    ]);
    const { observations, reason } = inOrder([...apart].reverse(), wires);
    expect(points(observations)).to.deep.equal(points(apart));
    expect(reason).to.equal('the order of a:eth0 out, b:eth0 in cannot be told: nothing is known to lead to b:eth0 in');
  });

  it('knows that what ESP carried comes by the same interface once more, as often as it came sealed', () => {
    const sealed = [
      { protocol: 'esp', fields: { spi: 1, sequence: 1 } },
      { protocol: 'encrypted', fields: { length: 88 } },
    ];
    const [out, arrived, clear, again] = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'in', 63],
      ['master:vethA', 'in', 63],
    ]);
    const outer = [out!, arrived!].map((each) => ({ ...each, headers: [...each.headers.slice(0, 2), ...sealed] }));
    const once = inOrder([...outer, clear!], wires);
    expect(points(once.observations)).to.deep.equal(points([...outer, clear!]));
    expect(once.reason).to.equal(undefined);
    expect(inOrder([...outer, clear!, again!], wires).reason).to.match(
      /nothing that was seen to leave for master:vethA/,
    );
    expect(inOrder([out!, arrived!, clear!], wires).reason).to.match(/nothing that was seen to leave for master:vethA/);
  });

  it('loses and adds nothing, even if the sightings contradict each other', () => {
    const impossible = path.map((each, i) => ({ ...each, order: path.length - i }));
    expect(told(impossible).sort()).to.deep.equal(points(path).sort());
    expect(told([])).to.deep.equal([]);
  });

  it('says that the sightings contradict each other', () => {
    const circle = journey([
      ['podA:eth0', 'in', 63],
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'out', 63],
    ]);
    expect(told(circle).sort()).to.deep.equal(points(circle).sort());
    expect(inOrder(circle, wires).reason).to.match(/^what was seen contradicts itself/);
  });
});

describe('partialOrder', () => {
  const before = (all: Observation[], a: Observation, b: Observation, over = wires) =>
    partialOrder(all, over).before(a, b);

  it('puts a departure before the arrival of its bytes, and leaves free what no cause orders', () => {
    const flood = journey([
      ['a:eth0', 'out', 64],
      ['sw:p0', 'in', 64],
      ['sw:p1', 'out', 64],
      ['b:eth0', 'in', 64],
      ['sw:p2', 'out', 64],
      ['c:eth0', 'in', 64],
    ]);
    const over = wired({
      veths: [
        ['a:eth0', 'sw:p0'],
        ['sw:p1', 'b:eth0'],
        ['sw:p2', 'c:eth0'],
      ],
    });
    const [a, , p1, b, , c] = flood as [Sighting, Sighting, Sighting, Sighting, Sighting, Sighting];
    expect(before(flood, a, b, over) && before(flood, a, c, over) && before(flood, p1, c, over)).to.equal(true);
    expect(before(flood, b, c, over) || before(flood, c, b, over)).to.equal(false);
  });

  it('leads the k-th copy to the k-th copy', () => {
    const twice: Step[] = [
      ['podA:eth0', 'out', 64],
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'in', 64],
    ];
    const all = journey(twice);
    const [first, second, arrived, again] = all as [Sighting, Sighting, Sighting, Sighting];
    expect(before(all, first, arrived) && before(all, second, again)).to.equal(true);
    expect(before(all, second, arrived)).to.equal(false);
    expect(partialOrder(all, wires).unexplained.size).to.equal(0);
  });

  it('orders by a frame that was dropped unread what came before and after it', () => {
    const all = journey([
      ['r:eth0', 'out', 63],
      ['a:eth0', 'overheard', 63],
      ['a:veth0', 'out', 64],
      ['b:eth0', 'in', 64],
    ]);
    const over = wired({
      switches: ['lan'],
      cables: [
        ['r:eth0', 'lan:r'],
        ['a:eth0', 'lan:a'],
      ],
      veths: [['a:veth0', 'b:eth0']],
    });
    const order = partialOrder(all, over, (each) => each !== all[1]);
    expect(order.before(all[0]!, all[3]!)).to.equal(true);
    expect(points(order.sequence)).to.deep.equal(['r:eth0 out', 'a:veth0 out', 'b:eth0 in']);
    expect(order.roots).to.deep.equal([all[0]]);
    const unled = partialOrder(all.slice(1), over, (each) => each !== all[1]);
    expect(unled.roots).to.deep.equal([all[2]]);
  });

  it('cannot explain an arrival whose bytes nobody sent, nor one too many', () => {
    const [out, arrived] = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 63],
    ]) as [Sighting, Sighting];
    expect(partialOrder([out, arrived], wires).unexplained.get(arrived)).to.match(/^nothing that was seen to leave/);
    const more = journey([
      ['podA:eth0', 'out', 64],
      ['master:vethA', 'in', 64],
      ['master:vethA', 'in', 64],
    ]);
    expect([...partialOrder(more, wires).unexplained.keys()]).to.deep.equal([more[2]]);
  });

  describe('of hooks', () => {
    const router = journey([
      ['r:eth0', 'in', 64],
      ['r:eth1', 'out', 63],
    ]) as [Sighting, Sighting];
    const [came, went] = router;

    it('puts a hook after the frame of its input device and before that of its output device', () => {
      const prerouting = passage('r nat PREROUTING', 0, 64, { enters: 'eth0' });
      const postrouting = passage('r nat POSTROUTING', 1, 63, { leaves: 'eth1' });
      const all = [postrouting, prerouting, went, came];
      expect(points(partialOrder(all, wires).sequence)).to.deep.equal([
        'r:eth0 in',
        'r nat PREROUTING',
        'r nat POSTROUTING',
        'r:eth1 out',
      ]);
      expect(before(all, prerouting, came)).to.equal(false);
    });

    it('knows its frame at a bridge’s port, where the hook knows the bridge', () => {
      const ports = wired({
        devices: {
          'r:br0': { kind: 'bridge', index: 9 },
          'r:p0': { master: 9, masterKind: 'bridge' },
          'r:p1': { master: 9, masterKind: 'bridge' },
        },
      });
      const bridged = journey([
        ['r:p0', 'in', 64],
        ['r:p1', 'out', 64],
      ]) as [Sighting, Sighting];
      const forward = passage('r bridge filter forward', 0, 64, { enters: 'br0', leaves: 'br0' });
      const all = [...bridged, forward];
      expect(before(all, bridged[0], forward, ports) && before(all, forward, bridged[1], ports)).to.equal(true);
    });

    it('comes after a bridge’s own arrival where the packet is routed or delivered, and may come before it where not', () => {
      const ports = wired({
        devices: { 'r:br0': { kind: 'bridge', index: 9 }, 'r:p0': { master: 9, masterKind: 'bridge' } },
      });
      const frames = journey([
        ['r:p0', 'in', 64],
        ['r:br0', 'in', 64],
        ['r:eth1', 'out', 63],
      ]) as [Sighting, Sighting, Sighting];
      const hooks = [
        passage('r nat PREROUTING', 0, 64, { hook: 'prerouting', enters: 'br0' }),
        passage('r bridge filter input', 1, 64, { hook: 'input', enters: 'br0' }),
        passage('r filter INPUT', 2, 64, { hook: 'input', enters: 'br0' }),
        passage('r filter FORWARD', 3, 63, { hook: 'forward', enters: 'br0', leaves: 'eth1' }),
        passage('r nat POSTROUTING', 4, 63, { hook: 'postrouting', enters: 'br0', leaves: 'eth1' }),
      ];
      const isAfter = (frame: Sighting) => hooks.map((hook) => before([...frames, hook], frame, hook, ports));
      expect(isAfter(frames[0])).to.deep.equal([true, true, true, true, true]);
      expect(isAfter(frames[1])).to.deep.equal([false, false, true, true, true]);
      expect(hooks.map((hook) => before([...frames, hook], hook, frames[2], ports)).slice(3)).to.deep.equal([
        true,
        true,
      ]);
    });

    it('puts none of what a bridge flooded after the hook by which its own host took it', () => {
      const flooded = journey([
        ['r:p0', 'in', 64],
        ['r:br0', 'in', 64],
        ['r:p1', 'out', 64],
      ]) as [Sighting, Sighting, Sighting];
      const input = passage('r filter INPUT', 0, 64, { hook: 'input', enters: 'br0' });
      expect(before([...flooded, input], input, flooded[2])).to.equal(false);
    });

    it('tells a tunnel’s outer packet from the inner one by its header', () => {
      const around = [
        { protocol: 'ip', fields: { src: '192.168.0.1', dst: '192.168.0.2', ttl: 64, id: 7, protocol: 17 } },
      ];
      const wrapped = journey([
        ['r:eth0', 'in', 64],
        ['r:vx', 'out', 63],
        ['r:eth1', 'out', 63, { around }],
      ]) as [Sighting, Sighting, Sighting];
      const outer = { src: '192.168.0.1', dst: '192.168.0.2', ttl: 64, id: 7, protocol: 17 };
      const output = passage('r filter OUTPUT', 0, 64, { leaves: 'eth1', ip: outer });
      const all = [...wrapped, output];
      expect(before(all, wrapped[1], output) && before(all, output, wrapped[2])).to.equal(true);
    });

    it('leads a tunnel’s outer packet to none that another one carried', () => {
      const outer = (id: number) => ({ src: '192.168.0.1', dst: '192.168.0.2', ttl: 64, id, protocol: 17 });
      const around = (id: number) => [
        { protocol: 'ip', fields: outer(id) },
        ether({ src: '0a:00:00:00:00:01', dst: ROUTER }),
      ];
      const came = journey([
        ['r:eth0', 'in', 63, { around: around(7) }],
        ['r:eth0', 'in', 62, { around: around(8) }],
        ['r:vx', 'in', 63],
      ]) as [Sighting, Sighting, Sighting];
      const hook = { hook: 'prerouting', enters: 'eth0' };
      const passed = passage('r raw PREROUTING', 0, 64, { ...hook, ip: outer(7) });
      const dropped = passage('r raw PREROUTING', 1, 64, { ...hook, ip: outer(8), ending: { verdict: 'drop' } });
      const all = [...came, passed, dropped];
      expect(before(all, passed, came[2])).to.equal(true);
      expect(before(all, dropped, came[2])).to.equal(false);

      const went = journey([
        ['r:vx', 'out', 63],
        ['r:eth0', 'out', 63, { around: around(7) }],
        ['r:eth0', 'out', 62, { around: around(8) }],
      ]) as [Sighting, Sighting, Sighting];
      const output = passage('r filter OUTPUT', 0, 64, { leaves: 'eth0', ip: outer(8) });
      expect(before([...went, output], went[0], output)).to.equal(false);
    });

    it('goes with the frame of its own TTL where a packet comes by the same device twice', () => {
      const turned = journey([
        ['r:eth0', 'in', 64],
        ['r:eth0', 'out', 63],
        ['r:eth0', 'in', 63],
        ['r:eth1', 'out', 62],
      ]) as [Sighting, Sighting, Sighting, Sighting];
      const first = passage('r nat PREROUTING', 0, 64, { hook: 'prerouting', enters: 'eth0' });
      const second = passage('r nat PREROUTING', 1, 63, { hook: 'prerouting', enters: 'eth0' });
      const all = [...turned, first, second];
      expect(before(all, first, turned[1])).to.equal(true);
      expect(before(all, turned[2], second)).to.equal(true);
    });
  });
});
