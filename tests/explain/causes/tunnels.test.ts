import { expect } from 'chai';
import type { LinkState } from '../../../src/explain/state/place-state.ts';
import {
  causes,
  inTunnel,
  type Loss,
  link,
  overGeneve,
  overGre,
  overIp,
  overVxlan,
  ping,
  sighting,
  state,
} from './loss.ts';

const OTHER = '02:00:00:00:00:02';

const device = (data: Record<string, unknown>, more: Partial<LinkState> = {}) =>
  link('flan', {
    kind: 'vxlan',
    mac: OTHER,
    data: { id: 1, port: 8472, local: '192.168.56.12', ...data },
    ...more,
    addresses: ['10.77.2.0/32'],
  });
const card = link('eth1', { mac: '0a:00:00:00:00:12', addresses: ['192.168.56.12/24'] });

const sender = (
  fdb = `${OTHER} dev flan dst 192.168.56.12 self permanent`,
  routes = '192.168.56.0/24 dev eth1 proto kernel scope link',
) =>
  state({
    links: [
      link('eth1', { addresses: ['192.168.56.11/24'] }),
      link('flan', { kind: 'vxlan', mac: '02:00:00:00:00:01', data: { id: 1, port: 8472, local: '192.168.56.11' } }),
    ],
    fdb,
    neighbours: `10.77.2.0 dev flan lladdr ${OTHER} PERMANENT`,
    routes: `10.77.2.0/24 via 10.77.2.0 dev flan onlink\n${routes}`,
  });

/** Unwrapped by nobody at m2, whose interfaces are given. */
const notUnwrapped = (links: LinkState[], headers = overVxlan(), next = 'flan') =>
  causes({
    way: [sighting('m1:flan', 'out', inTunnel()), sighting('m2:eth1', 'in', headers)],
    now: { m1: sender(), m2: state({ links: [card, ...links] }) },
    site: { next: { place: 'm2', device: next } },
  });

/** Handed to m1's tunnel device, and not seen after that. */
const notWrapped = (m1 = sender(), m2 = state({ links: [card, device({})] }), more: Partial<Loss> = {}) =>
  causes({
    way: [sighting('m1:flan', 'out', inTunnel())],
    now: { m1, m2 },
    site: { next: { place: 'm1', device: 'eth1' } },
    ...more,
  });

describe('A packet that comes to the end of its tunnel and is not unwrapped', () => {
  it('is told with the number that the device has and the one that it came with', () => {
    const [first] = notUnwrapped([device({ id: 2 })]);
    expect(first).to.include({ cause: 'tunnel id differs', place: 'm2', confidence: 'certain' });
    expect(first?.sentence).to.include('it has id 2, and m1’s flan wrapped the packet with VNI 1');
  });

  it('is told with the port where that is another one, and not the number', () => {
    const [first, ...others] = notUnwrapped([device({ port: 4789 })]);
    expect(first).to.include({ cause: 'tunnel port differs', place: 'm2' });
    expect(first?.sentence).to.include('dstport 4789').and.to.include('UDP port 8472');
    expect(others).to.deep.equal([]);
  });

  it('is told by the device that differs least', () => {
    const [first] = notUnwrapped([device({ id: 7, port: 4789 }, { name: 'other' }), device({ id: 2 })]);
    expect(first?.sentence).to.match(/^m2’s flan /);
  });

  it('is told where its place has no device of the kind, and where that is down', () => {
    expect(notUnwrapped([])[0]).to.include({ cause: 'tunnel device missing', place: 'm2' });
    const [down] = notUnwrapped([device({}, { flags: [], operstate: 'DOWN' })]);
    expect(down).to.include({ cause: 'tunnel device down' });
    expect(down?.fix).to.deep.equal({ place: 'm2', command: 'ip link set flan up' });
  });

  it('is told by the device that was made for it, and not by the one that comes with the module', () => {
    const [own, module] = [
      link('tun0', { kind: 'ipip', data: { local: '192.168.56.12', remote: '192.168.56.99' } }),
      link('tunl0', { kind: 'ipip', data: { local: 'any', remote: 'any' }, flags: [], operstate: 'DOWN' }),
    ];
    expect(notUnwrapped([module, own], overIp(), 'tun0')[0]).to.include({ cause: 'tunnel remote differs' });
    const down = { ...own, data: { ...own.data, remote: '192.168.56.11' }, flags: [], operstate: 'DOWN' };
    expect(notUnwrapped([module, down], overIp(), 'tun0')[0]?.sentence).to.match(/^m2’s tun0, .* is down/);
    expect(notUnwrapped([module], overIp(), 'tunl0')[0]?.sentence).to.match(/^m2’s tunl0, .* is down/);
  });

  it('is told with both MACs where the frame inside is for another', () => {
    const [first] = notUnwrapped([device({}, { mac: '3e:11:22:33:44:55' })]);
    expect(first).to.include({ cause: 'VTEP MAC differs' });
    expect(first?.sentence).to.include(OTHER).and.to.include('3e:11:22:33:44:55').and.to.include('10.77.2.0');
  });

  it('is told with the neighbour entry that it was taken from, where that is another one than it was', () => {
    const mac = '3e:11:22:33:44:55';
    const told = (change: object) =>
      causes({
        way: [sighting('m1:flan', 'out', inTunnel()), sighting('m2:eth1', 'in', overVxlan())],
        now: { m1: sender(), m2: state({ links: [card, device({}, { mac })] }) },
        site: { next: { place: 'm2', device: 'flan' } },
        changes: [
          { place: 'm1', what: 'neighbour', change: 'other', subject: '10.77.2.0', sentence: 'was', ...change },
        ],
      });
    const [first, ...others] = told({ before: mac, after: `lladdr ${OTHER}` });
    expect(first).to.deep.include({
      cause: 'wrong neighbour entry',
      place: 'm1',
      fix: { place: 'm1', command: `ip neigh replace 10.77.2.0 lladdr ${mac} dev flan nud permanent` },
    });
    expect(others.map(({ cause }) => cause)).not.to.include('VTEP MAC differs');
    expect(told({ before: mac, after: 'lladdr 02:00:00:00:00:77' })[0]?.cause).to.equal('VTEP MAC differs');
  });

  it('is told where the frame inside comes from the device’s own MAC', () => {
    const [first, ...others] = notUnwrapped([device({}, { mac: '02:00:00:00:00:01' })]);
    expect(first?.cause).to.equal('equal MACs');
    expect(others.map(({ cause }) => cause)).not.to.include('VTEP MAC differs');
  });

  it('is not told of a tunnel where the device takes it, nor where its outer packet is not for that place', () => {
    expect(notUnwrapped([device({})])).to.deep.equal([]);
    const passing = causes({
      way: [sighting('r:eth0', 'in', overVxlan(9))],
      now: {
        r: state({
          links: [link('eth0', { addresses: ['192.168.56.1/24'] })],
          routes: 'default dev eth0',
          sysctls: { 'net.ipv4.conf.eth0.forwarding': '1' },
        }),
      },
    });
    expect(passing).to.deep.equal([]);
  });

  it('does not mind the MAC where the device is a port of a bridge', () => {
    expect(notUnwrapped([device({}, { mac: '3e:11:22:33:44:55', master: 'br0', masterKind: 'bridge' })])).to.deep.equal(
      [],
    );
  });

  const gre = (data: Record<string, unknown>) =>
    link('g1', { kind: 'gre', data: { local: '192.168.56.12', remote: '192.168.56.11', ...data } });

  it('is told with the keys of GRE', () => {
    const [first] = notUnwrapped([gre({ ikey: '0.0.0.78' })], overGre(77), 'g1');
    expect(first).to.include({ cause: 'tunnel key differs' });
    expect(first?.sentence).to.include('it has key 78').and.to.include('key 77');
    expect(notUnwrapped([gre({ ikey: '0.0.0.77' })], overGre(77), 'g1')).to.deep.equal([]);
    expect(notUnwrapped([gre({})], overGre(77), 'g1')[0]?.sentence).to.include('it has no key');
  });

  it('is not told of the device that the kernel has by itself, unless somebody uses it', () => {
    const own = (name: string, kind: string, addresses: string[] = []) =>
      link(name, { kind, flags: [], operstate: 'DOWN', data: { local: 'any', remote: 'any' }, addresses });
    const other = gre({ ikey: '0.0.0.78', remote: '192.168.56.99' });
    const [first] = notUnwrapped([own('gre0', 'gre'), other], overGre(77), 'g1');
    expect(first?.sentence).to.include('m2’s g1');
    expect(notUnwrapped([own('gre0', 'gre')], overGre(), 'g1')[0]).to.include({ cause: 'tunnel device missing' });
    const used = own('tunl0', 'ipip', ['10.77.2.0/32']);
    expect(notUnwrapped([used], overIp(), 'tunl0')[0]).to.include({ cause: 'tunnel device down' });
  });

  it('is told with the ends of GRE, IP in IP and Geneve, where those differ', () => {
    expect(notUnwrapped([gre({ remote: '192.168.56.99' })], overGre(), 'g1')[0]).to.include({
      cause: 'tunnel remote differs',
    });
    expect(notUnwrapped([gre({ remote: 'any', local: 'any' })], overGre(), 'g1')).to.deep.equal([]);
    const ipip = link('i1', { kind: 'ipip', data: { local: '192.168.56.99', remote: '192.168.56.11' } });
    expect(notUnwrapped([ipip], overIp(), 'i1')[0]).to.include({ cause: 'tunnel local differs' });
    const geneve = link('gnv', { kind: 'geneve', mac: OTHER, data: { id: 1, port: 6081, remote: '192.168.56.99' } });
    expect(notUnwrapped([geneve], overGeneve(), 'gnv')[0]?.sentence).to.include('remote 192.168.56.99');
  });
});

describe('A packet that is handed to a tunnel device and does not leave', () => {
  it('is told where nothing says to which end it goes', () => {
    const [first] = notWrapped(sender(''));
    expect(first).to.include({ cause: 'VTEP unknown', place: 'm1', confidence: 'certain' });
    expect(first?.fix?.command).to.equal(`bridge fdb append ${OTHER} dev flan dst 192.168.56.12 self permanent`);
  });

  it('is told to go to a MAC that its neighbour entry should not have, and not that its table lacks that one', () => {
    const other = device({}, { mac: '02:00:00:00:00:03' });
    const told = notWrapped(sender(''), state({ links: [card, other] }));
    expect(told.map(({ cause }) => cause)).to.deep.equal(['wrong neighbour entry']);
    expect(told[0]?.fix?.command).to.equal(
      'ip neigh replace 10.77.2.0 lladdr 02:00:00:00:00:03 dev flan nud permanent',
    );
  });

  it('is told where an entry for all others does not help either, and not where it does', () => {
    expect(notWrapped(sender('00:00:00:00:00:00 dev flan dst 192.168.56.12 self permanent'))).to.deep.equal([]);
  });

  it('is told where the entry leads to its own place', () => {
    const [first] = notWrapped(sender(`${OTHER} dev flan dst 192.168.56.11 self permanent`));
    expect(first).to.include({ cause: 'tunnel to itself', place: 'm1' });
    expect(first?.show[0]).to.deep.equal({ place: 'm1', command: 'ip route get 192.168.56.11' });
  });

  it('is told where the entry leads to an end that does not have the MAC inside', () => {
    const [first] = notWrapped(sender(`${OTHER} dev flan dst 192.168.56.77 self permanent`));
    expect(first).to.include({ cause: 'wrong VTEP', place: 'm1' });
    expect(first?.sentence).to.include('192.168.56.77').and.to.include('m2’s flan at 192.168.56.12');
  });

  it('is told where the outer packet has no route, or one into the tunnel itself', () => {
    const entry = `${OTHER} dev flan dst 192.168.56.12 self permanent`;
    expect(notWrapped(sender(entry, ''))[0]).to.include({ cause: 'no route for the tunnel' });
    expect(notWrapped(sender(entry, '192.168.56.0/24 dev flan'))[0]?.sentence).to.include('into flan again');
    expect(notWrapped(sender(entry, 'blackhole 192.168.56.0/24'))[0]?.sentence).to.include('blackhole 192.168.56.0/24');
  });

  it('is told with the route that the outer packet had, to be put back', () => {
    const entry = `${OTHER} dev flan dst 192.168.56.12 self permanent`;
    const before = '192.168.56.0/24 via 192.168.55.1 dev e0';
    const gone = { place: 'm1', what: 'route', change: 'gone', subject: '192.168.56.0/24', before } as const;
    const fixOf = (routes: string) =>
      notWrapped(sender(entry, routes), undefined, {
        changes: [{ ...gone, sentence: `m1: route ${before} is gone` }],
      })[0]?.fix;
    expect(fixOf('')).to.deep.equal({ place: 'm1', command: `ip route replace ${before}` });
    expect(notWrapped(sender(entry, ''))[0]?.fix).to.equal(null);
  });

  it('is told where the tunnel’s own address is not there', () => {
    const m1 = sender();
    m1.links[0]!.addresses = [];
    expect(notWrapped(m1).map(({ cause }) => cause)).to.include('tunnel source address missing');
  });

  it('is not told of where the tunnel is as it should be', () => {
    expect(notWrapped()).to.deep.equal([]);
  });
});

describe('A packet that is wrapped otherwise than its walk lists', () => {
  /** m1 hands it to its tunnel device, and wraps it as `borne`, where `listed` is listed. */
  const wrapped = (
    name: string,
    kind: string,
    borne: ReturnType<typeof overGre>,
    listed: ReturnType<typeof overGre>,
    wayOfPacket?: Loss['way'],
  ) => {
    const way = [sighting(`m1:${name}`, 'out', inTunnel()), sighting('m1:eth1', 'out', borne, 1)];
    const hop = { kind: 'point', part: 'request', place: 'm1', device: 'eth1', seen: borne, expected: listed };
    return causes({
      way: wayOfPacket ?? way,
      now: { m1: state({ links: [link('eth1', { addresses: ['192.168.56.11/24'] }), link(name, { kind })] }) },
      site: { changed: { hop, now: way[1], before: way[0] } } as unknown as NonNullable<Loss['site']>,
    });
  };

  it('is told with the key or the id that it bears, and the one that is listed', () => {
    const [first] = wrapped('gt4', 'gre', overGre(5), overGre(4));
    expect(first).to.deep.include({
      cause: 'tunnel key differs',
      confidence: 'certain',
      place: 'm1',
      sentence: 'm1’s gt4 wraps it with key 5, where key 4 is listed',
      show: [{ place: 'm1', command: 'ip -d link show dev gt4' }],
    });
    expect(wrapped('gt4', 'gre', overGre(), overGre(4))[0]?.sentence).to.include('with no key');
    expect(wrapped('flan', 'vxlan', overVxlan(2), overVxlan(1))[0]).to.include({ cause: 'tunnel id differs' });
    expect(wrapped('gnv', 'geneve', overGeneve(2), overGeneve(1))[0]?.sentence).to.include('id 2, where id 1');
  });

  it('is told of a copy, which is no part of the way of the packet that it is of', () => {
    const copy = wrapped('gt4', 'gre', overGre(5), overGre(4), [sighting('m1:eth0', 'in', ping())]);
    expect(copy[0]).to.include({ cause: 'tunnel key differs', place: 'm1' });
  });

  it('is not told where they are as listed, and where none is listed', () => {
    const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);
    expect(names(wrapped('gt4', 'gre', overGre(4), overGre(4)))).not.to.include('tunnel key differs');
    expect(names(wrapped('gt4', 'gre', overGre(4), overGre()))).not.to.include('tunnel key differs');
  });
});

describe('A packet that a tunnel without a remote takes', () => {
  const handedTo = (routes: string, more: Partial<Loss> = {}) =>
    causes({
      way: [sighting('m1:tunl0', 'out', ping())],
      now: {
        m1: state({
          links: [
            link('eth1', { addresses: ['192.168.56.11/24'] }),
            link('tunl0', { kind: 'ipip', data: { local: 'any', remote: 'any' }, addresses: ['10.77.1.0/32'] }),
          ],
          routes,
        }),
      },
      ...more,
    });
  const card = '192.168.56.0/24 dev eth1 proto kernel scope link';

  it('is wrapped for the next hop, to which there is no route', () => {
    const [first] = handedTo('10.77.2.0/24 via 192.168.57.12 dev tunl0 onlink');
    expect(first).to.include({ cause: 'no route for the tunnel', place: 'm1' });
    expect(first?.sentence).to.contain('wraps it for 192.168.57.12, and has no route to 192.168.57.12');
  });

  it('has no cause of the tunnel where the next hop is on a card’s network', () => {
    const told = handedTo(`10.77.2.0/24 via 192.168.56.12 dev tunl0 onlink\n${card}`);
    expect(told.map(({ cause }) => cause)).not.to.include('tunnel without remote');
  });

  it('is wrapped for whom it is for, where the route names no next hop', () => {
    const [first] = handedTo(`10.77.2.0/24 dev tunl0 scope link\n${card}`);
    expect(first).to.include({ cause: 'tunnel without remote', place: 'm1' });
    expect(first?.sentence).to.contain('names no next hop: 10.77.2.0/24 dev tunl0 scope link: it wraps for 10.77.2.5');
  });
});
