import { expect } from 'chai';
import { causes, type Loss, link } from './loss.ts';
import { answered, asked, macs, pingAt, type Segment, segment, waiting, wires } from './segment.ts';

const request = asked('10.9.0.3', 'c1:eth0 out', 'h:v1 in', 'h:br in');

/** A ping that was last seen where it came into the bridge. */
const bridged = (parts: Segment, more: Partial<Loss> = {}) =>
  causes({ way: [pingAt('c1:eth0', 'out'), pingAt('h:v1', 'in')], now: segment(parts), wires, ...more });

const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

describe('A frame that a bridge stops', () => {
  it('is told of the bridge, how far it came, and the setting, when it is an ARP request', () => {
    const [first, ...more] = causes(waiting({ v2: { state: 'disabled' } }, request));
    expect(first).to.deep.include({
      cause: 'bridge port blocking',
      confidence: 'certain',
      place: 'h',
      fix: { place: 'h', command: 'bridge link set dev v2 state 3' },
    });
    expect(first?.sentence).to.equal(
      'h’s bridge br stops c1:eth0’s ARP request for 10.9.0.3: it sends nothing out by its port v2, which is in state disabled; it came to h:v1 and not to c2:eth0, which has that address',
    );
    expect(names(more)).to.deep.equal([]);
  });

  const broken: [string, Segment, string][] = [
    ['isolated ports', { v1: { isolated: true }, v2: { isolated: true } }, 'isolated on'],
    ['flooding off', { v2: { bcast_flood: false } }, 'bcast_flood off'],
    ['bridge down', { bridge: { flags: [] } }, 'down'],
    [
      'bridge port without carrier',
      { v2: { state: 'disabled' }, v2Link: { flags: ['UP', 'NO-CARRIER'] } },
      'NO-CARRIER',
    ],
  ];
  for (const [cause, parts, word] of broken)
    it(`is told as: ${cause}`, () => {
      const told = causes(waiting(parts, request)).find((each) => each.cause === cause);
      expect(told?.sentence).to.include(word);
      expect(told?.confidence).to.equal('certain');
    });

  it('is told of a port that left the bridge, with the line that puts it back', () => {
    const now = segment();
    const h = now.h!;
    const loose = link('v2', { mac: macs.v2 });
    const off = { ...now, h: { ...h, links: h.links.map((each) => (each.name === 'v2' ? loose : each)) } };
    const [first] = causes({ ...waiting({}, request), now: off });
    expect(first).to.deep.include({
      cause: 'port off the bridge',
      fix: { place: 'h', command: 'ip link set v2 master br' },
    });
  });

  it('is told of VLANs where the bridge filters them', () => {
    const vlans = [
      { device: 'v1', vid: 10, pvid: true, untagged: true },
      { device: 'v2', vid: 20, pvid: true, untagged: true },
    ];
    const [first] = causes(waiting({ bridge: { data: { vlan_filtering: 1 } }, h: { ...filtering(vlans) } }, request));
    expect(first?.cause).to.equal('VLAN filtering');
    expect(first?.sentence).to.include('the frame is in VLAN 10 (the PVID of v1), and v2 has only vlan-id 20 PVID');
  });

  it('is told of the hairpin mode where br_netfilter sends it back by its port', () => {
    const back = [pingAt('c1:eth0', 'out', macs.br), pingAt('h:v1', 'in', macs.br), pingAt('h:br', 'out', macs.c1)];
    const way = back.map((each, i) => (i < 2 ? each : { ...each, headers: toSelf(each.headers) }));
    const routes = '10.9.0.0/24 dev br proto kernel scope link src 10.9.0.1';
    const sysctls = { 'net.bridge.bridge-nf-call-iptables': '1', 'net.ipv4.conf.br.forwarding': '1' };
    const [first] = causes({ way, now: withHost({ routes, sysctls }), wires });
    expect(first).to.deep.include({
      cause: 'hairpin off',
      fix: { place: 'h', command: 'bridge link set dev v1 hairpin on' },
    });
  });

  it('is told of an entry that leads to another port, and of one MAC at two places', () => {
    const entry = `${macs.c2} dev v1 master br static`;
    const [first] = bridged({ h: hostWith({ fdb: entry }) });
    expect(first).to.include({ cause: 'wrong forwarding entry', confidence: 'certain' });
    expect(first?.sentence).to.include(entry);
    const twins = causes(
      waiting({ c2Link: { mac: macs.c1 }, h: hostWith({ fdb: `${macs.c1} dev v2 master br` }) }, [
        ...request,
        ...asked('10.9.0.3', 'h:v2 out', 'c2:eth0 in'),
        ...answered('10.9.0.3', 'c2:eth0 out', 'h:v2 overheard'),
      ]),
    );
    expect(twins[0]?.cause).to.equal('equal MACs');
    expect(twins[0]?.sentence).to.include('c1:eth0 and c2:eth0 have one MAC');
    expect(twins[0]?.sentence).to.include('the answer was seen at h:v2 and not at c1:eth0');
  });

  it('is told of a rule of the bridge family that is about it, and of no other', () => {
    const chain = (rule: string) =>
      `table bridge t {\n\tchain c {\n\t\ttype filter hook forward priority 0; policy accept;\n\t\t${rule}\n\t}\n}`;
    const tell = (rule: string) => names(bridged({ h: hostWith({ ruleset: chain(rule) }) }));
    expect(tell('ip daddr 10.9.0.3 drop')).to.include('bridge firewall');
    expect(tell('ip daddr 10.9.0.0/24 icmp type echo-request drop')).to.include('bridge firewall');
    expect(tell('ip daddr 10.9.0.4 drop')).to.not.include('bridge firewall');
    expect(tell('udp dport 53 drop')).to.not.include('bridge firewall');
    expect(tell('ether type arp drop')).to.not.include('bridge firewall');
  });

  it('has no cause of routing, though its bridge’s place has no route for it', () => {
    const told = bridged({
      h: hostWith({ sysctls: { 'net.ipv4.conf.br.forwarding': '0', 'net.ipv4.ip_forward': '0' } }),
    });
    expect(names(told)).to.not.include.members(['no route']);
    expect(names(told)).to.not.include.members(['forwarding off']);
  });

  it('has no cause of bridges where the bridge is well', () => {
    expect(names(bridged({}))).to.deep.equal([]);
    expect(names(causes(waiting({}, request)))).to.deep.equal(['neighbour unanswered']);
  });
});

describe('A frame with a VLAN tag', () => {
  const tagged = (id: number) => {
    const last = pingAt('c2:eth0', 'in');
    const [frame, ...packet] = last.headers;
    const headers = [{ ...frame!, fields: { ...frame!.fields, vlan: 10 } }, ...packet];
    const eth0 = segment().c2!.links[0]!;
    const links = [eth0, link('eth0.v', { kind: 'vlan', link: 'eth0', data: { id } })];
    const parts = segment();
    return names(causes({ way: [{ ...last, headers }], now: { ...parts, c2: { ...parts.c2!, links } }, wires }));
  };

  it('is told where no VLAN interface takes it', () => {
    expect(tagged(20)).to.include('VLAN tag');
    expect(tagged(10)).to.not.include('VLAN tag');
  });
});

const hostLinks = segment().h!.links;
const hostWith = (parts: NonNullable<Segment['h']>): NonNullable<Segment['h']> => ({ links: hostLinks, ...parts });
const withHost = (parts: NonNullable<Segment['h']>) => segment({ h: hostWith(parts) });

const filtering = (vlans: NonNullable<NonNullable<Segment['h']>['vlans']>): NonNullable<Segment['h']> => ({
  links: hostLinks.map((each) => (each.kind === 'bridge' ? { ...each, data: { vlan_filtering: 1 } } : each)),
  vlans,
});

const toSelf = (headers: ReturnType<typeof pingAt>['headers']) =>
  headers.map((each) => (each.protocol === 'ip' ? { ...each, fields: { ...each.fields, dst: '10.9.0.2' } } : each));

describe('A frame that came to a port of a bridge', () => {
  const toBridge = [pingAt('c1:eth0', 'out', macs.br), pingAt('h:v1', 'in', macs.br)];

  it('is told of the port where the frame is for the bridge itself, and not as a wrong route', () => {
    const now = segment({ v1: { locked: true }, h: { routes: '10.9.0.0/24 dev br' } });
    const told = causes({ way: toBridge, now, wires, site: { next: { place: 'h', device: 'br' } } });
    expect(names(told)).to.deep.equal(['locked port']);
  });

  it('is told of the port that a broadcast is listed to leave by', () => {
    const all = [pingAt('c1:eth0', 'out', 'ff:ff:ff:ff:ff:ff'), pingAt('h:v1', 'in', 'ff:ff:ff:ff:ff:ff')];
    const next = { place: 'h', device: 'v2' };
    const [first] = causes({ way: all, now: segment({ v2: { state: 'disabled' } }), wires, site: { next } });
    expect(first).to.include({ cause: 'bridge port blocking', place: 'h' });
    expect(names(causes({ way: all, now: segment(), wires, site: { next } }))).to.not.include('bridge port blocking');
  });

  it('is not told that a bridge has no carrier, where a port of it is blocking', () => {
    const bridge = { flags: ['UP', 'NO-CARRIER'] };
    const told = causes({
      way: [pingAt('h:br', 'out', macs.c2)],
      now: segment({ v2: { state: 'disabled' }, bridge }),
      wires,
      site: { next: { place: 'h', device: 'br' } },
    });
    expect(names(told)).to.deep.equal(['bridge port blocking']);
  });

  it('is told of the port where the address that is asked for is the port’s own', () => {
    const now = segment({ v1: { locked: true } });
    const h = now.h!;
    const own = link('v1', { addresses: ['10.9.0.7/24'] }).addresses;
    const links = h.links.map((each) => (each.name === 'v1' ? { ...each, addresses: own } : each));
    const frames = asked('10.9.0.7', 'c1:eth0 out', 'h:v1 in');
    const told = causes({ ...waiting({}, frames), now: { ...now, h: { ...h, links } } });
    expect(told[0]).to.include({ cause: 'locked port', place: 'h' });
  });
});
