import { expect } from 'chai';
import { vethPeers, wiresOf } from '../../src/observe/wires.ts';
import type { Interface } from '../../src/runtime/runtime.ts';
import { nic } from '../judge/sightings.ts';

const veth = (name: string, index: number, peer: number, netnsid?: number) =>
  nic(name, index, { kind: 'veth', link: { index: peer, ...(netnsid !== undefined && { netnsid }) } });
const over = (name: string, index: number, kind: string, lower: number, more: Partial<Interface> = {}) =>
  nic(name, index, { kind, link: { index: lower, netnsid: 0 }, ...more });

const none = { nodes: [], links: [] };
const numbered = (ids: Record<string, string>) => (place: string, id: number) => ids[`${place} ${id}`];
const wires = (
  places: Record<string, Interface[]>,
  ids: Record<string, string> = {},
  cables = none as Parameters<typeof wiresOf>[2],
) => wiresOf(new Map(Object.entries(places)), numbered(ids), cables);
const from = (list: { at: string; direction: string }[]) => list.map(({ at, direction }) => `${at} ${direction}`);

describe('vethPeers', () => {
  it('are found by index and by the number of the namespace', () => {
    const places = new Map([
      ['node', [veth('vethA', 5, 2, 1), veth('vethB', 6, 2, 2)]],
      ['podA', [veth('eth0', 2, 5, 0)]],
      ['podB', [veth('eth0', 2, 6, 0)]],
    ]);
    const ids = numbered({ 'node 1': 'podA', 'node 2': 'podB', 'podA 0': 'node', 'podB 0': 'node' });
    expect([...vethPeers(places, ids)]).to.deep.equal([
      ['node:vethA', 'podA:eth0'],
      ['node:vethB', 'podB:eth0'],
      ['podA:eth0', 'node:vethA'],
      ['podB:eth0', 'node:vethB'],
    ]);
  });

  it('are found in the same namespace', () => {
    expect([...vethPeers(new Map([['a', [veth('x', 2, 3), veth('y', 3, 2)]]]), numbered({}))]).to.deep.equal([
      ['a:x', 'a:y'],
      ['a:y', 'a:x'],
    ]);
  });

  it('are none in a namespace that is no place of the lab, nor where no veth has that index', () => {
    const places = new Map([
      ['a', [veth('x', 2, 3, 7)]],
      ['b', [nic('eth0', 3)]],
    ]);
    expect([...vethPeers(places, numbered({}))]).to.deep.equal([]);
    expect([...vethPeers(places, numbered({ 'a 7': 'b' }))]).to.deep.equal([]);
  });
});

describe('wiresOf', () => {
  it('leads from the far end of a veth pair in another place; within a place its own sequence tells', () => {
    const { before } = wires(
      { node: [veth('vethA', 5, 2, 1)], pod: [veth('eth0', 2, 5, 0)], a: [veth('x', 2, 3), veth('y', 3, 2)] },
      { 'node 1': 'pod', 'pod 0': 'node' },
    );
    expect(from(before('pod:eth0', 'in'))).to.deep.equal(['node:vethA out']);
    expect(from(before('pod:eth0', 'out'))).to.deep.equal([]);
    expect(from(before('a:x', 'in'))).to.deep.equal([]);
  });

  it('leads from all that a switch joins by cables that no kernel knows', () => {
    const end = (place: string, device: string) => ({ place, interface: device });
    const { before } = wires(
      {},
      {},
      {
        nodes: [{ name: 'lan', kind: 'switch' }],
        links: ['a', 'b', 'c'].map((name) => ({ ends: [end(name, 'eth0'), end('lan', name)] })),
      },
    );
    expect(from(before('a:eth0', 'in'))).to.deep.equal(['b:eth0 out', 'c:eth0 out']);
  });

  describe('of a macvlan in a pod that stands on its host’s card', () => {
    const places = {
      node: [nic('eth0', 2)],
      podA: [over('eth0', 3, 'macvlan', 2, { address: '0a:00:00:00:00:0a' })],
      podB: [over('eth0', 3, 'macvlan', 2, { address: '0a:00:00:00:00:0b' })],
    };
    const { before, takes } = wires(places, { 'podA 0': 'node', 'podB 0': 'node' });

    it('leads from card and sibling in, and out of it to the card', () => {
      expect(from(before('podA:eth0', 'in'))).to.deep.equal(['podB:eth0 out', 'node:eth0 in']);
      expect(from(before('node:eth0', 'out'))).to.deep.equal(['podA:eth0 out', 'podB:eth0 out']);
    });

    it('has the card take frames for its MAC, and for no other', () => {
      expect(takes('node:eth0', '0a:00:00:00:00:0b')).to.equal(true);
      expect(takes('node:eth0', '0a:00:00:00:00:0c')).to.equal(false);
      expect(takes('node:eth0', undefined)).to.equal(false);
    });
  });

  it('does not take a tunnel for a device that hands frames on as they are', () => {
    const { before } = wires({ node: [nic('eth0', 2)], pod: [over('vx', 3, 'vxlan', 2)] }, { 'pod 0': 'node' });
    expect(from(before('node:eth0', 'out'))).to.deep.equal([]);
  });

  describe('of masters', () => {
    const part = (name: string, index: number, masterKind: string, master = 9) =>
      nic(name, index, { master, masterKind });

    it('knows ports and those of bridges, which take frames for anyone', () => {
      const { ports, isPort, takes } = wires({
        a: [
          part('p0', 2, 'bridge'),
          part('p1', 3, 'bridge'),
          nic('br0', 9, { kind: 'bridge' }),
          part('o0', 4, 'openvswitch', 8),
        ],
      });
      expect(ports('a', 'br0')).to.deep.equal(['p0', 'p1']);
      expect(ports('a', 'br1')).to.deep.equal([]);
      expect([isPort('a:p0'), isPort('a:o0'), isPort('a:br0')]).to.deep.equal([true, true, false]);
      expect([takes('a:p0', 'x'), takes('a:o0', 'x'), takes('a:br0', 'x')]).to.deep.equal([true, true, false]);
    });

    it('takes no frame for others at what belongs to a VRF', () => {
      const { isPort, takes } = wires({ a: [part('e0', 2, 'vrf'), nic('red', 9, { kind: 'vrf' })] });
      expect([isPort('a:e0'), takes('a:e0', 'x')]).to.deep.equal([false, false]);
    });

    it('takes at what belongs to a bond what is for the bond, or what its own master takes', () => {
      const bond = (more: Partial<Interface>) =>
        wires({ a: [part('e0', 2, 'bond'), nic('bond0', 9, { kind: 'bond', ...more })] });
      expect(bond({ address: 'b' }).takes('a:e0', 'b')).to.equal(true);
      expect(bond({ address: 'b' }).takes('a:e0', 'x')).to.equal(false);
      expect(bond({ master: 10, masterKind: 'bridge' }).takes('a:e0', 'x')).to.equal(true);
    });

    it('takes at a card what its VLAN, a port of a bridge, takes', () => {
      const vlan = nic('eth0.10', 3, { kind: 'vlan', link: { index: 2 }, master: 9, masterKind: 'bridge' });
      expect(wires({ a: [nic('eth0', 2), vlan] }).takes('a:eth0', 'x')).to.equal(true);
    });
  });
});
