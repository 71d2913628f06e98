import { expect } from 'chai';
import { watch } from '../../src/observe/watch.ts';
import { plan } from '../../src/plan/plan.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { nic } from '../judge/sightings.ts';
import { needsNamespaces, stand, twoHosts } from '../stand.ts';

describe('watch', () => {
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('sees every frame at every interface, with its direction, once', async () => {
    await using lab = await stand(twoHosts());
    await lab.runtime.script('a', 'ping -c 1 -W 1 10.0.0.2');
    await lab.watch.drain();
    await lab.runtime.script('a', 'ping -c 100 -i 0.002 -W 1 10.0.0.2');
    const { seen, dropped } = await lab.watch.drain();
    expect(dropped).to.deep.equal([]);
    const echoes = seen.flatMap(({ at, direction, packet }) => {
      const { type, sequence } = packet().headers.find(({ protocol }) => protocol === 'icmp')?.fields ?? {};
      return type ? [`${sequence} ${type} ${at} ${direction}`] : [];
    });
    const expected = Array.from({ length: 100 }, (_, i) => [
      `${i + 1} echo request a:eth0 out`,
      `${i + 1} echo request b:eth0 in`,
      `${i + 1} echo reply b:eth0 out`,
      `${i + 1} echo reply a:eth0 in`,
    ]).flat();
    expect(echoes).to.have.members(expected);
  });

  it('gives each frame its number among those of its place, and a time that does not run backwards', async () => {
    await using lab = await stand(twoHosts());
    await lab.runtime.script('a', 'ping -c 20 -i 0.002 -W 1 10.0.0.2');
    const { seen } = await lab.watch.drain();
    for (const place of ['a', 'b']) {
      const own = seen.filter((each) => each.place === place);
      const first = own[0]!.order;
      expect(own.map(({ order }) => order)).to.deep.equal(own.map((_, i) => first + i));
      const times = own.map(({ time }) => time);
      expect(times).to.deep.equal([...times].sort((a, b) => Number(a - b)));
      expect(Math.abs(Number(times[0]! / 1_000_000_000n) - Date.now() / 1000)).to.be.below(3600);
    }
  });

  it('hands a frame over once, and all that came before it is asked', async () => {
    await using lab = await stand(twoHosts());
    for (let i = 0; i < 20; i++) {
      await lab.runtime.script('a', 'ping -c 1 -W 1 10.0.0.2');
      const { seen } = await lab.watch.drain();
      expect(seen.filter(({ packet }) => packet().headers.at(-1)?.protocol === 'icmp')).to.have.length(4);
    }
    expect(
      (await lab.watch.drain()).seen.filter(({ packet }) => packet().headers.at(-1)?.protocol === 'icmp'),
    ).to.deep.equal([]);
  });

  it('knows an interface that came later, and its name', async () => {
    await using lab = await stand(twoHosts());
    await lab.runtime.script(
      'a',
      `ip link add late type veth peer name later; ip addr add 10.7.0.1/24 dev late; ip link set late up; ip link set later up
      until ip link show late | grep -q 'state UP'; do sleep 0.01; done
      ping -c 1 -W 0.2 10.7.0.2`,
    );
    const { seen } = await lab.watch.drain();
    expect(new Set(seen.map(({ at }) => at)))
      .to.include('a:late')
      .and.include('a:later');
  });

  it('knows a veth pair that a command made', async () => {
    await using lab = await stand(twoHosts());
    expect(lab.watch.peerOf('b:far')).to.equal(undefined);
    const ran = await lab.runtime.script('b', 'ip link add far type veth peer name near');
    expect(ran.code).to.equal(0);
    await lab.watch.refresh(['b']);
    expect(lab.watch.peerOf('b:far')).to.equal('b:near');
    expect(lab.watch.peerOf('a:eth0')).to.equal('b:eth0');
    expect(lab.watch.wires().before('b:eth0', 'in')).to.deep.equal([{ at: 'a:eth0', direction: 'out' }]);
  });

  it('knows the MAC of a point, and after a refresh that it was changed', async () => {
    await using lab = await stand(twoHosts());
    expect(lab.watch.macOf('a:eth0')).to.match(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(lab.watch.macOf('a:eth9')).to.equal(undefined);
    expect(lab.watch.macOf('c:eth0')).to.equal(undefined);
    await lab.runtime.run('a', ['ip link set eth0 address 02:00:00:00:00:01']);
    await lab.watch.refresh();
    expect(lab.watch.macOf('a:eth0')).to.equal('02:00:00:00:00:01');
  });

  it('names where the kernel dropped frames, and there alone', async () => {
    await using lab = await stand({ ...twoHosts(), nodes: { a: 'host', b: 'host', c: 'host' } }, 1);
    await lab.watch.drain();
    await lab.runtime.script('a', 'ping -f -c 3000 -s 1400 -W 1 10.0.0.2');
    const { dropped } = await lab.watch.drain();
    expect(dropped).to.have.length.above(0);
    expect(dropped).to.not.include('c');
    expect((await lab.watch.drain()).dropped).to.deep.equal([]);
  });
});

describe('watch, of interfaces that have a master', () => {
  /** A runtime that has one interface, a slave of something. */
  const enslaved = (masterKind: string) =>
    ({
      has: () => true,
      interfaces: async (places: string[]) =>
        new Map(places.map((place) => [place, [nic('eth0', 2, { master: 9, masterKind })]])),
      listen: async () => ({ drain: async () => ({ frames: [], traces: [], drops: {} }) }),
    }) as unknown as Runtime;

  it('takes those of a bridge alone for ports, which take frames for anyone', async () => {
    const port = async (kind: string) =>
      (await watch(enslaved(kind), plan(twoHosts(), 'test'))).wires().isPort('a:eth0');
    expect(await port('bridge')).to.equal(true);
    expect(await port('vrf')).to.equal(false);
    expect(await port('bond')).to.equal(false);
  });
});
