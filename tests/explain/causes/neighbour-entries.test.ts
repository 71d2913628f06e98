import { expect } from 'chai';
import { rulesIn } from '../../../src/explain/state/ip-lines.ts';
import { ether, icmp6, ip6 } from '../../../src/index.ts';
import type { Passage } from '../../../src/judge/observation.ts';
import { causes, type Loss, link, sighting, state } from './loss.ts';
import { macs, pingAt, type Segment, segment, wires } from './segment.ts';

const STRANGE = '02:de:ad:00:00:01';
const c1 = (neighbours: string, more: NonNullable<Segment['c1']> = {}): NonNullable<Segment['c1']> => ({
  links: [link('eth0', { mac: macs.c1, addresses: ['10.9.0.2/24'] })],
  routes: '10.9.0.0/24 dev eth0',
  neighbours,
  ...more,
});
const to = (mac: string, parts: Segment, more: Partial<Loss> = {}) =>
  causes({ way: [pingAt('c1:eth0', 'out', mac), pingAt('h:v1', 'in', mac)], now: segment(parts), wires, ...more });
const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

describe('A frame to the wrong MAC', () => {
  it('is told by the entry that made it, and the MAC that is right', () => {
    const [first] = to(STRANGE, { c1: c1(`10.9.0.3 dev eth0 lladdr ${STRANGE} PERMANENT`) });
    expect(first).to.deep.include({
      cause: 'wrong neighbour entry',
      confidence: 'certain',
      place: 'c1',
      fix: { place: 'c1', command: `ip neigh replace 10.9.0.3 lladdr ${macs.c2} dev eth0 nud permanent` },
    });
    expect(first?.sentence).to.include(`10.9.0.3 dev eth0 lladdr ${STRANGE} PERMANENT`);
    const [learned] = to(STRANGE, { c1: c1(`10.9.0.3 dev eth0 lladdr ${STRANGE} STALE`) });
    expect(learned?.fix?.command).to.equal('ip neigh del 10.9.0.3 dev eth0');
  });

  it('is told of an address that two have, with the MACs of both', () => {
    const c1Entry = c1(`10.9.0.3 dev eth0 lladdr ${STRANGE} PERMANENT`);
    const also = { bridge: { addresses: ['10.9.0.3/24'] }, c1: c1Entry };
    const [both] = to(STRANGE, also);
    expect(both).to.deep.include({
      cause: 'wrong neighbour entry',
      sentence: `c1 sends it to a wrong MAC: its neighbour entry is 10.9.0.3 dev eth0 lladdr ${STRANGE} PERMANENT, and none of those that have 10.9.0.3 has that: h:br (${macs.br}) and c2:eth0 (${macs.c2})`,
      fix: { place: 'c1', command: 'ip neigh del 10.9.0.3 dev eth0' },
    });
    const learned = to(macs.br, { ...also, c1: c1(`10.9.0.3 dev eth0 lladdr ${macs.br} REACHABLE`) });
    expect(names(learned), 'it is that of one of them').to.not.include('wrong neighbour entry');
  });

  it('is told of an address that is elsewhere, too, by the one on the segment', () => {
    const x = state({ links: [link('eth0', { mac: '02:00:00:00:00:77', addresses: ['10.9.0.3/24'] })] });
    const c1Entry = c1(`10.9.0.3 dev eth0 lladdr ${STRANGE} PERMANENT`);
    const now = { x, ...segment({ c1: c1Entry }) };
    const way = [pingAt('c1:eth0', 'out', STRANGE), pingAt('h:v1', 'in', STRANGE)];
    const [first] = causes({ way, now, wires });
    expect(first).to.include({ cause: 'wrong neighbour entry', place: 'c1' });
    expect(first?.sentence).to.include('c2:eth0, which has 10.9.0.3, has MAC');
  });

  it('is told of a next hop of a route that has several', () => {
    const routes =
      '198.51.100.0/24 \n\tnexthop via 10.9.0.9 dev eth1 weight 1 \n\tnexthop via 10.9.0.3 dev eth0 weight 1';
    const sent = pingAt('c1:eth0', 'out', STRANGE);
    const headers = sent.headers.map((each) =>
      each.protocol === 'ip' ? { ...each, fields: { ...each.fields, dst: '198.51.100.7' } } : each,
    );
    const now = segment({ c1: c1(`10.9.0.3 dev eth0 lladdr ${STRANGE} PERMANENT`, { routes }) });
    const told = causes({ way: [{ ...sent, headers }], now, wires });
    expect(told.find(({ cause }) => cause === 'wrong neighbour entry')).to.include({ place: 'c1' });
  });

  it('is told in a VRF of a next hop that has its address on lo, if the MAC was another one when the lab was proven', () => {
    const OLD = '02:00:5e:00:00:02';
    const NEW = '02:00:5e:00:00:99';
    const inGreen = { master: 'green', masterKind: 'vrf' };
    const l1 = state({
      links: [link('green', { kind: 'vrf', data: { table: 10 } }), link('vlan4001', { mac: macs.c1, ...inGreen })],
      rules: rulesIn('1000: from all lookup [l3mdev-table]\n32766: from all lookup main\n'),
      routes: '10.9.0.3 via 10.0.0.2 dev vlan4001 table 10 onlink\ndefault via 192.0.2.254 dev ul',
      neighbours: `10.0.0.2 dev vlan4001 lladdr ${OLD} PERMANENT`,
    });
    const lo = link('lo', {
      flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
      mac: '00:00:00:00:00:00',
      addresses: ['10.0.0.2/32'],
    });
    const l2 = state({ links: [lo, link('vlan4001', { mac: NEW })] });
    const way = [pingAt('l1:vlan4001', 'out', OLD), pingAt('l2:vx4001', 'in', OLD)];
    const changes: Loss['changes'] = [
      {
        place: 'l2',
        what: 'link',
        change: 'other',
        subject: 'vlan4001: mac',
        before: OLD,
        after: NEW,
        device: 'vlan4001',
        sentence: `l2: link vlan4001: mac is ${NEW}, was ${OLD}`,
      },
    ];
    const told = causes({ way, now: { l1, l2 }, wires, changes });
    expect(told.find(({ cause }) => cause === 'wrong neighbour entry')).to.deep.include({
      place: 'l1',
      sentence: `l1 sends it to a wrong MAC: its neighbour entry is 10.0.0.2 dev vlan4001 lladdr ${OLD} PERMANENT, and l2:vlan4001, by which l2 has 10.0.0.2, has MAC ${NEW} (it had ${OLD} when the lab was proven)`,
      fix: { place: 'l1', command: `ip neigh replace 10.0.0.2 lladdr ${NEW} dev vlan4001 nud permanent` },
    });

    const unchanged = causes({ way, now: { l1, l2 }, wires }).find(({ cause }) => cause === 'wrong neighbour entry');
    expect(unchanged, 'which MAC is right is not known').to.include({ confidence: 'likely', place: 'l1' });
    expect(unchanged?.sentence).to.include(`no interface of l2, which has 10.0.0.2, has the MAC ${OLD}`);
    expect(unchanged?.fix).to.equal(null);
    const learned = {
      ...l1,
      neighbours: state({ neighbours: `10.0.0.2 dev vlan4001 lladdr ${OLD} STALE` }).neighbours,
    };
    expect(names(causes({ way, now: { l1: learned, l2 }, wires }))).not.to.include('wrong neighbour entry');
  });

  it('is not told where the entry is right', () => {
    const told = to(macs.c2, { c1: c1(`10.9.0.3 dev eth0 lladdr ${macs.c2} REACHABLE`) });
    expect(names(told)).to.not.include('wrong neighbour entry');
  });

  it('is told of the sender’s ARP that is off, and of nothing else', () => {
    const flags = ['UP', 'LOWER_UP', 'NOARP'];
    const links = [link('eth0', { mac: macs.c1, addresses: ['10.9.0.2/24'], flags })];
    const told = to(macs.c1, { c1: c1(`10.9.0.3 dev eth0 lladdr ${macs.c1} NOARP`, { links }) });
    expect(names(told)).to.deep.equal(['ARP off at the sender']);
  });
});

describe('An address at two places', () => {
  it('is told with both, and where the packet went', () => {
    const now: Loss['now'] = {
      ...segment({ c1: c1(`10.9.0.3 dev eth0 lladdr ${macs.c2} REACHABLE`) }),
      c3: state({ links: [link('eth0', { mac: STRANGE, addresses: ['10.9.0.3/24'] })] }),
    };
    const [first] = causes({ way: [pingAt('c1:eth0', 'out'), pingAt('c2:eth0', 'in')], now, wires });
    expect(first).to.include({ cause: 'address twice', confidence: 'likely' });
    expect(first?.sentence).to.equal('c2:eth0 and c3:eth0 have one address, 10.9.0.3, and the packet went to c2');
  });

  it('is told of IPv6, and not the way back of who got the packet', () => {
    const of6 = (mac: string) => state({ links: [link('eth0', { mac, addresses: ['fd00::2/64'] })], routes6: [] });
    const packet = [ether({ src: macs.c1, dst: macs.c2 }), ip6({ src: 'fd00::1', dst: 'fd00::2' }), icmp6({})];
    const way = [sighting('c1:eth0', 'out', packet), sighting('c2:eth0', 'in', packet)];
    const [first, ...others] = causes({ way, now: { c2: of6(macs.c2), c3: of6(STRANGE) }, wires });
    expect(first?.sentence).to.equal('c2:eth0 and c3:eth0 have one address, fd00::2, and the packet went to c2');
    expect(names(others)).not.to.include('no IPv6 route');
  });

  it('is told where another has the next hop’s address, too, and handed the packet on', () => {
    const hop = (place: string) => ({
      kind: 'point',
      part: 'request',
      place,
      device: 'eth0',
      seen: null,
      expected: [],
    });
    const walk = { hops: [hop('c1'), hop('c2')], strays: [], outcome: 'differs', failedAt: 1 };
    const lost = (c1Entry: string, address = '10.9.0.3') =>
      causes({
        way: [pingAt('c1:eth0', 'out', macs.br), pingAt('h:br', 'in', macs.br), pingAt('c2:eth0', 'in')],
        now: segment({ bridge: { addresses: [`${address}/32`] }, c1: c1(c1Entry) }),
        wires,
        walk: walk as unknown as NonNullable<Loss['walk']>,
      });
    const told = lost(`10.9.0.3 dev eth0 lladdr ${macs.br} REACHABLE`);
    expect(told[0]).to.include({ cause: 'address twice', place: 'h' });
    expect(told[0]?.fix?.command).to.equal('ip address del 10.9.0.3/32 dev br');
    const meanwhile = lost(`10.9.0.3 dev eth0 lladdr ${macs.c2} REACHABLE`);
    expect(meanwhile[0], 'its neighbour table knows better by now').to.include({ cause: 'address twice', place: 'h' });
    const other = lost(`10.9.0.9 dev eth0 lladdr ${macs.br} REACHABLE`, '10.9.0.9');
    expect(names(other)).to.not.include('address twice');
  });

  it('is not told of one that has the same MAC and address elsewhere, and never had the packet', () => {
    const elsewhere = { x: state({ links: [link('eth0', { mac: macs.br, addresses: ['10.9.0.1/24'] })] }) };
    const hop = { kind: 'point', part: 'request', place: 'h', device: 'br', seen: null, expected: [] };
    const told = causes({
      way: [pingAt('c1:eth0', 'out', macs.br), pingAt('h:v1', 'in', macs.br), pingAt('h:br', 'in', macs.br)],
      now: { ...elsewhere, ...segment({ c1: c1(`10.9.0.1 dev eth0 lladdr ${macs.br} REACHABLE`) }) },
      wires,
      walk: { hops: [hop], strays: [], outcome: 'lost', failedAt: 0 } as unknown as NonNullable<Loss['walk']>,
    });
    expect(names(told)).to.not.include('address twice');
  });

  it('is not told of who is listed to have the packet, and of who bridges it as listed', () => {
    const hop = (at: string) => ({ kind: 'point', part: 'request', place: 'h', device: at, seen: null, expected: [] });
    const lost = (device: string) =>
      to(
        macs.br,
        { bridge: { addresses: ['10.9.0.3/32'] }, c1: c1(`10.9.0.3 dev eth0 lladdr ${macs.br} REACHABLE`) },
        {
          way: [pingAt('c1:eth0', 'out', macs.br), pingAt('h:v1', 'in', macs.br), pingAt('h:br', 'in', macs.br)],
          walk: { hops: [hop(device)], strays: [], outcome: 'lost', failedAt: 0 } as unknown as NonNullable<
            Loss['walk']
          >,
        },
      );
    expect(names(lost('br'))).to.not.include('address twice');
  });

  it('is ARP flux where both are of one place', () => {
    const links = [
      link('eth0', { mac: macs.c2, addresses: ['10.9.0.3/24'] }),
      link('eth1', { mac: STRANGE, addresses: ['10.9.0.4/24'] }),
    ];
    const sysctls = { 'net.ipv4.conf.all.arp_ignore': '0' };
    const parts = { c1: c1(`10.9.0.3 dev eth0 lladdr ${STRANGE} REACHABLE`) };
    const way = [pingAt('c1:eth0', 'out', STRANGE), pingAt('c2:eth1', 'in', STRANGE)];
    const tell = (more: object) =>
      names(causes({ way, now: segment({ ...parts, c2: { links, sysctls, ...more } }), wires }));
    expect(tell({})).to.include('ARP flux');
    expect(tell({ sysctls: { 'net.ipv4.conf.all.arp_ignore': '1' } })).to.not.include('ARP flux');
  });
});

describe('A bridge and iptables', () => {
  const ruleset = 'table ip nat {\n\tchain PREROUTING {\n\t\tip daddr 10.96.5.5 counter dnat to 10.9.0.3\n\t}\n}';
  const hostLinks = segment().h!.links;

  it('which it does not call leaves what stays on the bridge untranslated', () => {
    const back = { ...pingAt('h:v2', 'in', macs.c1, macs.c2), part: 'reply' as const };
    const asked = pingAt('h:v1', 'in', macs.br);
    const there = {
      ...asked,
      headers: asked.headers.map((each) =>
        each.protocol === 'ip' ? { ...each, fields: { ...each.fields, dst: '10.96.5.5' } } : each,
      ),
    };
    const tell = (value: string) =>
      names(
        causes({
          way: [back],
          wayThere: [there, pingAt('h:v2', 'out')],
          now: segment({ h: { links: hostLinks, ruleset, sysctls: { 'net.bridge.bridge-nf-call-iptables': value } } }),
          wires,
          site: { part: 'reply' },
        }),
      );
    expect(tell('0')).to.include('bridged past iptables');
    expect(tell('1')).to.not.include('bridged past iptables');
  });

  it('which it does not call refuse nothing that stays on the bridge', () => {
    const tell = (value: string, verdict = 'reject', device = 'v1', seen: object | null = null) => {
      const at = { kind: 'point', part: 'request', place: 'h', device, fate: 'passed', expected: [] };
      const ending = { verdict };
      const hook = {
        ...{ kind: 'hook', part: 'request', place: 'h', family: 'ip', table: 'filter', chain: 'FORWARD', fate: 'lost' },
        ...{ expected: { chains: ['POLICY'], ending }, seen },
      };
      const walk = { hops: [at, hook], strays: [], outcome: 'lost', failedAt: 1 } as unknown as NonNullable<
        Loss['walk']
      >;
      const sysctls = { 'net.bridge.bridge-nf-call-iptables': value };
      const now = segment({ h: { links: hostLinks, sysctls } });
      const told = causes({ way: [pingAt('h:v1', 'in', macs.c2)], now, wires, walk });
      return told.find(({ cause }) => cause === 'bridged past iptables');
    };
    expect(tell('0')?.sentence).to.match(
      /^what stays on h’s bridge \S+ does not pass iptables \(net\.bridge\.bridge-nf-call-iptables = 0\), so its filter FORWARD never sees it, and refuses nothing$/,
    );
    expect(tell('0', 'drop')?.fix).to.deep.equal({
      place: 'h',
      command: 'sysctl -w net.bridge.bridge-nf-call-iptables=1',
    });
    expect(tell('1')).to.equal(undefined);
    expect(tell('0', 'accept')).to.equal(undefined);
    expect(tell('0', 'reject', 'eth0')).to.equal(undefined);
    expect(tell('0', 'reject', 'v1', { chains: [], ending: { verdict: 'accept' } })).to.equal(undefined);
  });

  it('which it calls may drop what no route has led there, and so it is said', () => {
    const passage: Passage = {
      kind: 'passage',
      part: 'request',
      place: 'h',
      family: 'ip',
      table: 'filter',
      chain: 'FORWARD',
      chains: [],
      ending: { verdict: 'drop', policy: true },
      ip: { src: '10.9.0.2', dst: '10.9.0.3', ttl: 64, id: 1, protocol: 1 },
      order: 1,
    };
    const sysctls = { 'net.bridge.bridge-nf-call-iptables': '1' };
    const [first] = to(macs.c2, { h: { links: hostLinks, sysctls } }, { passages: [passage] });
    expect(first?.sentence).to.include('policy drop');
    expect(first?.sentence).to.include('net.bridge.bridge-nf-call-iptables = 1');
  });
});
