import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { findings, setUp } from '../../src/prove/run.ts';
import {
  type Interfaces,
  interfacesOf,
  needsAddresses,
  notSettled,
  settled,
  unsettled,
} from '../../src/prove/settle.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import type { Interface } from '../../src/runtime/runtime.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../stand.ts';

const device = (name: string, more: Partial<Interface> = {}): Interface => ({
  index: 2,
  name,
  hardwareType: 1,
  address: '02:00:00:00:00:01',
  isOn: true,
  isUp: true,
  isRunning: true,
  hasCarrier: true,
  mtu: 1500,
  kind: 'veth',
  ...more,
});
const off = { isOn: false, isUp: false, isRunning: false, hasCarrier: false };
const noCarrier = { isUp: false, isRunning: false, hasCarrier: false };
const bridge = (more: Partial<Interface> = {}) => device('br0', { index: 9, kind: 'bridge', ...more });
const port = (more: Partial<Interface> = {}) =>
  device('veth', { master: 9, masterKind: 'bridge', portState: 3, ...more });

const wired = (a: Interface, b: Interface, tentative: Record<string, string[]> = {}) => ({
  interfaces: new Map([
    ['a', [a]],
    ['b', [b]],
  ]),
  tentative: new Map(Object.entries(tentative)),
  peerOf: (at: string) => ({ [`a:${a.name}`]: `b:${b.name}`, [`b:${b.name}`]: `a:${a.name}` })[at],
});
const alone = (...list: Interface[]) => ({
  interfaces: new Map([['a', list]]),
  tentative: new Map<string, string[]>(),
  peerOf: () => undefined,
});

describe('unsettled', () => {
  it('is nothing where both ends of a wire agree', () => {
    expect(unsettled(wired(device('e'), device('f')))).to.deep.equal([]);
    expect(unsettled(wired(device('e', off), device('f', noCarrier)))).to.deep.equal([]);
    expect(unsettled(wired(device('e', off), device('f', off)))).to.deep.equal([]);
  });

  it('names each end that has not come up though both are on', () => {
    expect(unsettled(wired(device('e'), device('f', { isUp: false })))).to.deep.equal(['b:f is up']);
    expect(unsettled(wired(device('e', noCarrier), device('f', noCarrier)))).to.deep.equal(['a:e is up', 'b:f is up']);
  });

  it('names the end that has not gone down though the other is off, if it is a veth', () => {
    expect(unsettled(wired(device('e', off), device('f')))).to.deep.equal(['b:f is down']);
    expect(unsettled(wired(device('e', off), device('f', { hasCarrier: false })))).to.deep.equal(['b:f is down']);
    const card = device('e', off);
    delete card.kind;
    expect(unsettled(wired(card, device('f')))).to.deep.equal([]);
  });

  it('names a veth whose carrier the kernel has not acted upon, wherever its other end is', () => {
    expect(unsettled(alone(device('e', { isUp: false })))).to.deep.equal(['a:e is up']);
    expect(unsettled(alone(device('e', { hasCarrier: false })))).to.deep.equal(['a:e is down']);
    expect(unsettled(alone(device('e', noCarrier)))).to.deep.equal([]);
  });

  it('waits for a bridge to be told of its port’s carrier', () => {
    const tap = { kind: 'tun' };
    expect(unsettled(alone(bridge(), port(tap)))).to.deep.equal([]);
    expect(unsettled(alone(bridge(noCarrier), port({ ...tap, portState: 0, isUp: false })))).to.deep.equal([
      'a:veth is enabled as a port of br0',
    ]);
    expect(unsettled(alone(bridge(), port(noCarrier)))).to.deep.equal(['a:veth is disabled as a port of br0']);
    expect(unsettled(alone(bridge(noCarrier), port({ ...noCarrier, portState: 0 })))).to.deep.equal([]);
  });

  it('takes a port that spanning tree keeps from forwarding, or somebody disabled, for settled', () => {
    for (const portState of [0, 1, 2, 4])
      expect(unsettled(alone(bridge(noCarrier), port({ portState })))).to.deep.equal([]);
  });

  it('waits for a bridge to have a carrier where a port of it forwards, and for the kernel to act upon it', () => {
    expect(unsettled(alone(bridge(noCarrier), port()))).to.deep.equal(['a:br0 has a carrier']);
    expect(unsettled(alone(bridge({ isUp: false, isRunning: false }), port()))).to.deep.equal(['a:br0 is up']);
    expect(unsettled(alone(bridge({ hasCarrier: false })))).to.deep.equal(['a:br0 is down']);
    expect(unsettled(alone(bridge(noCarrier), port({ master: 8 })))).to.deep.equal([]);
  });

  it('takes a bridge that never had a port, or of which the kernel does not say whether it is up, for settled', () => {
    expect(unsettled(alone(bridge({ isUp: false })))).to.deep.equal([]);
    expect(unsettled(alone(bridge({ isUp: false }), port()))).to.deep.equal([]);
  });

  it('expects nothing of the ports of a bridge that is off, or of another master', () => {
    expect(unsettled(alone(bridge(off), port(noCarrier)))).to.deep.equal([]);
    expect(unsettled(alone(port({ ...noCarrier, masterKind: 'bond' })))).to.deep.equal([]);
  });

  it('waits for a bond to look at its ports’ carriers, and for the kernel to act upon what it found', () => {
    const bond = (more: Partial<Interface> = {}) => device('bond0', { index: 9, kind: 'bond', miimon: 50, ...more });
    const card = (miiStatus: number, more: Partial<Interface> = {}) =>
      device('e1', { master: 9, masterKind: 'bond', miiStatus, ...more });
    expect(unsettled(alone(bond(), card(0)))).to.deep.equal([]);
    for (const failing of [0, 1])
      expect(unsettled(alone(bond(), card(failing, off)))).to.deep.equal(['a:bond0 knows the carrier of e1']);
    for (const back of [2, 3])
      expect(unsettled(alone(bond(noCarrier), card(back)))).to.deep.equal(['a:bond0 knows the carrier of e1']);
    expect(unsettled(alone(bond(), card(2, off)))).to.deep.equal(['a:bond0 has no carrier']);
    expect(unsettled(alone(bond({ hasCarrier: false }), card(2, off)))).to.deep.equal(['a:bond0 is down']);
    expect(unsettled(alone(bond({ isRunning: false }), card(0)))).to.deep.equal(['a:bond0 is up']);
    expect(unsettled(alone(bond(noCarrier), card(2, off)))).to.deep.equal([]);
  });

  it('expects nothing of a bond that never looks, or is off', () => {
    const card = device('e1', { master: 9, masterKind: 'bond', miiStatus: 0, ...off });
    expect(unsettled(alone(device('bond0', { index: 9, kind: 'bond', miimon: 0 }), card))).to.deep.equal([]);
    expect(unsettled(alone(device('bond0', { index: 9, kind: 'bond', miimon: 50, ...off }), card))).to.deep.equal([]);
  });

  it('waits for a stacked device to follow the carrier of the one below, in the same namespace', () => {
    const vlan = (more: Partial<Interface> = {}) =>
      device('v', { index: 3, kind: 'vlan', link: { index: 2 }, ...more });
    expect(unsettled(alone(device('e'), vlan()))).to.deep.equal([]);
    expect(unsettled(alone(device('e', noCarrier), vlan()))).to.deep.equal(['a:v has no carrier of e']);
    expect(unsettled(alone(device('e'), vlan(noCarrier)))).to.deep.equal(['a:v has the carrier of e']);
    expect(unsettled(alone(device('e'), vlan({ ...noCarrier, link: { index: 2, netnsid: 0 } })))).to.deep.equal([]);
    expect(unsettled(alone(device('e', off), vlan(off)))).to.deep.equal([]);
  });

  it('waits for IPv6 addresses, where a device can find out whether somebody has them', () => {
    const addresses = { a: ['e'], b: ['f'] };
    expect(unsettled(wired(device('e'), device('f'), addresses))).to.deep.equal([
      'the IPv6 addresses of a:e can be used',
      'the IPv6 addresses of b:f can be used',
    ]);
    expect(unsettled(wired(device('e', noCarrier), device('f', off), addresses))).to.deep.equal([]);
  });
});

/** Interfaces that change a little each time they are read. */
function changing(...moments: [Interface, Interface][]) {
  const [[a, b] = []] = moments;
  const read: string[][] = [];
  let now = new Map<string, Interface[]>();
  const known: Interfaces = {
    async refresh(places = []) {
      read.push(places);
      const [a, b] = moments.length > 1 ? moments.shift()! : moments[0]!;
      now = new Map([
        ['a', [a]],
        ['b', [b]],
      ]);
    },
    interfacesOf: (place) => now.get(place) ?? [],
    peerOf: wired(a!, b!).peerOf,
  };
  return { known, read, runtime: { tentative: async () => new Map<string, string[]>() } };
}

describe('settled', () => {
  it('reads again and again until all holds, with the places at the other ends of wires', async () => {
    const pending: [Interface, Interface] = [device('e', off), device('f', { hasCarrier: false })];
    const { known, read, runtime } = changing(pending, pending, pending, [device('e', off), device('f', noCarrier)]);
    expect(await settled(runtime, known, ['a'])).to.deep.equal([]);
    expect(read).to.deep.equal([['a'], ['b'], ['a', 'b'], ['a', 'b']]);
  });

  it('does not read first what was just read', async () => {
    const pending: [Interface, Interface] = [device('e', off), device('f', { hasCarrier: false })];
    const { known, read, runtime } = changing(pending, [device('e', off), device('f', noCarrier)]);
    await known.refresh(['a', 'b']);
    expect(await settled(runtime, known, ['a', 'b'], { isJustRead: true })).to.deep.equal([]);
    expect(read).to.deep.equal([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('waits for addresses, unless they are not asked for', async () => {
    const { known } = changing([device('e'), device('f')]);
    const tentative = [['e'], []];
    const runtime = { tentative: async () => new Map([['a', tentative.shift() ?? []]]) };
    expect(await settled(runtime, known, ['a'], { awaited: 'wires' })).to.deep.equal([]);
    expect(tentative).to.have.length(2);
    expect(await settled(runtime, known, ['a'])).to.deep.equal([]);
    expect(tentative).to.have.length(0);
  });

  it('says what did not come to hold in time', async () => {
    const { known, runtime } = changing([device('e', off), device('f')]);
    const left = await settled(runtime, known, ['a'], { patienceMs: 0 });
    expect(left).to.deep.equal(['b:f is down']);
    expect(notSettled([...left, 'c:g is up'], 5000)).to.equal(
      'within 5 s it did not come to be so that b:f is down, that c:g is up',
    );
  });
});

describe('a step that may need the addresses given before it', () => {
  const needs = (...lines: string[]) => needsAddresses({ commands: [{ place: 'a', lines }] });

  it('is one that starts a program, or names an address as its own', () => {
    for (const line of [
      'ping -c 1 fd00::2',
      'ip route add fd00:1::/64 via fd00::2 src fd00::1',
      'ip netns exec pod ping -c 1 fd00::2',
      'ip link set eth0 up; daemon',
      'sysctl -w $(cat settings)',
    ])
      expect(needs('ip link set eth0 up', line), line).to.equal(true);
  });

  it('is none that gives more addresses, routes and devices', () => {
    const lines = [
      'ip addr add fd00::1/64 dev eth0 nodad',
      'ip -6 route add default via fd00::2',
      'ip link add vxlan1 up type vxlan id 1 local fd00::1 dev eth0 dstport 8472 nolearning',
      'bridge fdb append 02:00:00:00:00:01 dev vxlan1 dst fd00::2 self permanent',
      'sysctl -w net.ipv6.conf.all.forwarding=1',
    ];
    expect(needs(...lines)).to.equal(false);
    expect(needsAddresses({})).to.equal(false);
  });
});

describe('settled, on this kernel', () => {
  let lab: Stood;

  beforeEach(function () {
    needsNamespaces(this);
  });
  afterEach(() => lab?.[Symbol.asyncDispose]());

  it('waits until a bridge knows that a port has lost its carrier, and has it again', async () => {
    const bridged = twoHosts();
    bridged.nodes = { a: 'host', b: 'host', c: 'router' };
    bridged.links = ['c:port1 -- a:eth0 10.0.0.1/24', 'c:port2 -- b:eth0 10.0.0.2/24'];
    bridged.setup = {
      'c joins them': {
        c: 'ip link add br0 up type bridge\nip link set port1 master br0\nip link set port2 master br0',
      },
    };
    lab = await stand(bridged);
    const known = interfacesOf(lab.runtime, lab.plan);
    const states = async (line: string) => {
      const { code, stderr } = await lab.runtime.run('a', [line]);
      expect(code, stderr).to.equal(0);
      expect(await settled(lab.runtime, known, ['a'])).to.deep.equal([]);
      return known.interfacesOf('c').flatMap(({ portState }) => portState ?? []);
    };
    for (let round = 0; round < 3; round++) {
      expect(await states('ip link set eth0 down')).to.deep.equal([0, 3]);
      expect(await states('ip link set eth0 up')).to.deep.equal([3, 3]);
    }
  });

  it('has all addresses of a lab ready once that is set up, though a step in between did not wait for them', async () => {
    const ipv6 = twoHosts();
    ipv6.nodes = { a: 'host', b: 'host', c: 'host' };
    ipv6.setup = {
      'Switch IPv6 on': { a: 'sysctl -w net.ipv6.conf.all.disable_ipv6=0\nip addr add fd00::1/64 dev eth0' },
      'Give a node that is far from it a route': { c: 'ip link set lo up\nip route add 10.9.0.0/16 dev lo' },
    };
    const planned = plan(ipv6, 'test');
    await using runtime = await startNetns(planned);
    const found = findings();
    expect(await setUp(planned, runtime, found, () => {}), JSON.stringify(found.steps.at(-1))).to.equal(true);
    expect((await runtime.tentative(['a'])).get('a')).to.deep.equal([]);
  });
});
