import { expect } from 'chai';
import { ether } from '../../../src/index.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const macs = { src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' };
const tagged = [ether({ ...macs, vlan: 10 }), ...ping()];

const bridge = (vlan: { vid: number; untagged: boolean }) =>
  state({
    links: [
      link('vb', { kind: 'bridge', data: { vlan_filtering: 1 } }),
      link('pb', { master: 'vb', masterKind: 'bridge', portData: { state: 'forwarding' } }),
    ],
    vlans: [{ device: 'pb', pvid: vlan.untagged, ...vlan }],
  });
const host = state({ links: [link('eth0', { mac: macs.dst, addresses: ['10.77.2.5/24'] })] });
const way = [sighting('br:pb', 'out', tagged), sighting('b:eth0', 'in', tagged)];

describe('A frame that keeps its VLAN tag when it leaves a bridge', () => {
  const changes = [
    {
      place: 'br',
      what: 'vlan' as const,
      change: 'other' as const,
      subject: 'pb: vlan 10',
      device: 'pb',
      sentence: 'br: vlan pb 10 is tagged, was PVID Egress Untagged',
    },
  ];
  const now = { br: bridge({ vid: 10, untagged: false }), b: host };

  it('is told with the port that has the VLAN tagged, and that is blamed where it was changed', () => {
    const [first] = causes({ way, now });
    expect(first).to.include({ cause: 'VLAN tag', place: 'b' }).and.not.to.have.property('fix', undefined);
    expect(first?.sentence).to.include('br’s pb has VLAN 10 tagged');
    const [blamed] = causes({ way, now, changes });
    expect(blamed).to.deep.include({
      place: 'br',
      fix: { place: 'br', command: 'bridge vlan add dev pb vid 10 pvid untagged' },
    });
  });

  it('is told with the interface that the walk lists and that is not there', () => {
    const next = { place: 'b', device: 'eth0.10' };
    const told = causes({ way: way.slice(1), now: { b: host }, site: { next } });
    expect(told.find(({ cause }) => cause === 'VLAN tag')?.sentence).to.include('there is no eth0.10');
  });

  it('does not come from a port that takes the tag off, or that is no bridge’s', () => {
    for (const br of [bridge({ vid: 10, untagged: true }), bridge({ vid: 20, untagged: false }), state({})])
      expect(causes({ way, now: { br, b: host } })[0]?.sentence).not.to.include('pb has VLAN');
  });
});

describe('A frame that loses its VLAN tag when it leaves a bridge', () => {
  const plain = [ether(macs), ...ping()];
  const way = [sighting('br:pb', 'out', plain), sighting('b:eth0', 'in', plain)];
  const vlan = (id: number) =>
    link(`eth0.${id}`, { kind: 'vlan', link: 'eth0', mac: macs.dst, data: { id }, addresses: ['10.77.2.5/24'] });
  const b = state({ links: [link('eth0', { mac: macs.dst }), vlan(10)] });
  const next = { place: 'b', device: 'eth0.10' };

  it('is told with the port that has the VLAN untagged, and with what mends that', () => {
    const told = causes({ way, now: { br: bridge({ vid: 10, untagged: true }), b }, site: { next } });
    const first = told.find(({ cause }) => cause === 'VLAN tag');
    expect(first).to.deep.include({
      place: 'br',
      fix: { place: 'br', command: 'bridge vlan add dev pb vid 10' },
    });
    expect(first?.sentence).to.include('br’s pb has VLAN 10 untagged').and.to.include('b:eth0');
  });

  it('is no port’s doing that has the VLAN tagged, or another one', () => {
    for (const br of [bridge({ vid: 10, untagged: false }), bridge({ vid: 20, untagged: true })])
      expect(
        causes({ way, now: { br, b }, site: { next } })
          .map(({ sentence }) => sentence)
          .join(),
      ).not.to.include('untagged');
  });

  it('is no ARP flux: the VLAN’s interface has the MAC of the one that it is on', () => {
    const eth0 = link('eth0', { mac: macs.dst, addresses: ['10.88.0.5/24'] });
    const now = {
      a: state({ neighbours: `10.77.2.5 dev eth0 lladdr ${macs.dst} REACHABLE` }),
      br: bridge({ vid: 10, untagged: true }),
      b: state({ links: [eth0, vlan(10)], sysctls: { 'net.ipv4.conf.all.arp_ignore': '0' } }),
    };
    const told = causes({ way: [sighting('a:eth0', 'out', tagged), ...way], now, site: { next } });
    expect(told.map(({ cause }) => cause))
      .to.include('VLAN tag')
      .and.not.to.include('ARP flux');
  });
});
