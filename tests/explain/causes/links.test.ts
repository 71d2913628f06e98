import { expect } from 'chai';
import type { Lookup } from '../../../src/explain/lookup.ts';
import { linksIn } from '../../../src/explain/state/links.ts';
import type { LinkState } from '../../../src/explain/state/place-state.ts';
import { ether } from '../../../src/index.ts';
import type { Link } from '../../../src/plan/cables.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const end = (place: string, device: string, address: string) => ({ place, interface: device, address });
const links = [{ ends: [end('r', 'out', '10.0.0.1/24'), end('w', 'back', '10.0.0.2/24')] }] as unknown as Link[];
const plan = { nodes: [], pods: [], links };
const unreachable: Lookup = {
  place: 'r',
  command: 'ip route get 10.77.2.5',
  output: 'RTNETLINK answers: Network is unreachable',
  ok: false,
};
const forwards = { 'net.ipv4.conf.in.forwarding': '1' };
const down = { flags: [], operstate: 'DOWN' };
const without = { flags: ['UP', 'NO-CARRIER'], operstate: 'LOWERLAYERDOWN' };

/** Lost at r, which has these interfaces out; at the other end of the cable is w. */
const lost = (
  out: LinkState[],
  back: LinkState[] = [link('back', { addresses: ['10.0.0.2/24'] })],
  more: Partial<Loss> = {},
) =>
  causes({
    way: [sighting('r:in', 'in', [ether({}), ...ping()])],
    plan,
    now: {
      r: state({ links: [link('in', { addresses: ['10.77.1.1/24'] }), ...out], sysctls: forwards }),
      w: state({ links: back }),
    },
    site: { next: { place: 'r', device: 'out' } },
    lookups: [unreachable],
    ...more,
  });

const names = (told: ReturnType<typeof lost>) => told.map(({ cause }) => cause);

describe('A packet whose way on is switched off', () => {
  it('is told of the interface, and not of the routes that went with it', () => {
    const told = lost([link('out', { ...down, addresses: ['10.0.0.1/24'] })]);
    expect(names(told)).to.deep.equal(['interface down']);
    expect(told[0]).to.deep.include({
      place: 'r',
      confidence: 'certain',
      fix: { place: 'r', command: 'ip link set out up' },
    });
  });

  it('is told of the other end of the cable where that is down', () => {
    const [first] = lost(
      [link('out', { ...without, addresses: ['10.0.0.1/24'] })],
      [link('back', { ...down, addresses: ['10.0.0.2/24'] })],
    );
    expect(first).to.include({ cause: 'interface down', place: 'w' });
    expect(first?.sentence).to.include('r’s out');
  });

  it('is told of the other end of a pair that is no cable of the lab’s, by what leads there', () => {
    const before = (at: string) => (at === 'r:out' ? [{ at: 'w:back', direction: 'out' as const }] : []);
    const wires = { before, takes: () => false, ports: () => [], isPort: () => false };
    const out = [link('out', { ...without, addresses: ['10.0.0.1/24'] })];
    const back = [link('back', { ...down, addresses: ['10.0.0.2/24'] })];
    const told = lost(out, back, { wires, plan: { nodes: [], pods: [], links: [] } });
    expect(told[0]).to.include({ cause: 'interface down', place: 'w' });
    expect(names(told)).to.not.include('carrier down');
  });

  it('is told of a cable that carries nothing where the other end is up, or gone', () => {
    const out = link('out', { ...without, addresses: ['10.0.0.1/24'] });
    expect(lost([out])[0]).to.include({ cause: 'carrier down', place: 'r' });
    expect(lost([out], [link('other', { addresses: ['10.0.0.2/24'] })])[0]?.sentence).to.include(
      'w, at the other end, has no back',
    );
  });

  it('is told of an interface that is not there', () => {
    const told = lost([]);
    expect(told[0]).to.include({ cause: 'interface missing', place: 'r' });
    expect(names(told)).not.to.include('no route');
  });

  it('is told of an address that the lab gives and nobody has', () => {
    const told = lost([link('out')]);
    expect(told[0]).to.include({ cause: 'address missing', place: 'r' });
    expect(told[0]?.fix?.command).to.equal('ip address add 10.0.0.1/24 dev out');
  });

  it('is told of an address that is gone with the route, where a hook is listed next', () => {
    const change = (what: 'address' | 'route', before: string) =>
      ({
        place: 'r',
        what,
        change: 'gone',
        subject: before,
        before,
        device: 'out',
        sentence: `r: ${what} ${before} is gone`,
      }) as const;
    const changes = [change('address', '10.0.0.1/24 dev out'), change('route', 'default via 10.0.0.2 dev out')];
    const site = { next: { place: 'r', chain: 'POSTROUTING' } };
    const told = lost([link('out')], undefined, { changes, site, plan: { nodes: [], pods: [], links: [] } });
    expect(names(told)).to.deep.equal(['address missing']);
  });

  it('is told of the next hop’s address, where that is missing', () => {
    const out = link('out', { addresses: ['10.0.0.1/24'] });
    const lookups = [{ ...unreachable, ok: true, output: '', device: 'out', via: '10.0.0.2' }];
    const [first] = lost([out], [link('back')], { lookups });
    expect(first).to.include({ cause: 'address missing', place: 'w' });
    expect(first?.sentence).to.include('by which r sends it');
  });

  it('is not told of interfaces that are down elsewhere', () => {
    const lookups = [{ ...unreachable, ok: true, output: '', device: 'out' }];
    const told = lost([link('out', { addresses: ['10.0.0.1/24'] }), link('spare', down)], undefined, { lookups });
    expect(names(told).filter((each) => /interface|carrier|address/.test(each))).to.deep.equal([]);
  });
});

describe('A frame that an XDP program takes', () => {
  const printed = (xdp: object) =>
    linksIn(JSON.stringify([{ ifindex: 2, ifname: 'ea', flags: ['UP', 'LOWER_UP'], mtu: 1500, ...xdp }]));
  const told = (xdp: object) =>
    causes({
      way: [sighting('a:eth0', 'out', [ether({}), ...ping()])],
      site: { kind: 'on a wire', peer: { place: 'r', device: 'ea' } },
      now: { r: state({ links: printed(xdp) }) },
    }).filter(({ cause }) => cause === 'XDP program');

  it('is told with the program, and the line that takes it off as it was attached', () => {
    const [first] = told({ xdp: { mode: 2, prog: { id: 5752, name: 'prog', tag: 'b11459a0e11ca14c' } } });
    expect(first).to.include({ place: 'r', confidence: 'likely' });
    expect(first?.sentence).to.contain('r’s ea has an XDP program (xdpgeneric, prog)');
    expect(first?.fix).to.deep.equal({ place: 'r', command: 'ip link set dev ea xdpgeneric off' });
    expect(told({ xdp: { mode: 1, prog: { id: 7 } } })[0]?.fix?.command).to.equal('ip link set dev ea xdpdrv off');
    expect(told({})).to.deep.equal([]);
  });
});
