import { expect } from 'chai';
import { causes, link } from './loss.ts';
import { answered, asked, pingAt, type Segment, segment, waiting, wires } from './segment.ts';

const heard = asked('10.9.0.3', 'c1:eth0 out', 'h:v1 in', 'h:v2 out', 'c2:eth0 in', 'h:br in');
const c2Links = (more: Parameters<typeof link>[1] = {}) => [
  link('eth0', { mac: '02:00:00:00:00:c2', addresses: ['10.9.0.3/24'], ...more }),
];
const silent = (c2: Partial<NonNullable<Segment['c2']>>, more: Segment = {}) =>
  causes(waiting({ ...more, c2: { links: c2Links(), routes: '10.9.0.0/24 dev eth0', ...c2 } }, heard));

const arpTable = (hook: string, rule: string) =>
  `table arp filter {\n\tchain X {\n\t\ttype filter hook ${hook} priority filter; policy accept;\n\t\t${rule}\n\t}\n}`;

describe('A neighbour that does not answer', () => {
  it('is told of the queue that drops its answer, or the request, on a port', () => {
    const full = (device: string) =>
      `qdisc tbf 8034: dev ${device} root refcnt 3 rate 8Kbit burst 40b lat 0us\n Sent 0 bytes 0 pkt (dropped 2, overlimits 0 requeues 0)\n`;
    const [answer, ...more] = silent({ qdiscs: full('eth0') });
    expect(answer).to.include({ cause: 'queue drops', place: 'c2' });
    expect(more.map(({ cause }) => cause)).to.not.include('queue drops');
    const request = asked('10.9.0.3', 'c1:eth0 out', 'h:v1 in', 'h:br in');
    const h = { sysctls: {}, qdiscs: full('v2') };
    expect(causes(waiting({ h }, request))[0]).to.include({ cause: 'queue drops', place: 'h' });
  });

  it('is told of what it is set to, and how far the request came', () => {
    const [first] = silent({ sysctls: { 'net.ipv4.conf.all.arp_ignore': '8', 'net.ipv4.conf.eth0.arp_ignore': '0' } });
    expect(first).to.deep.include({
      cause: 'arp_ignore',
      place: 'c2',
      confidence: 'certain',
      fix: { place: 'c2', command: 'sysctl -w net.ipv4.conf.all.arp_ignore=0' },
    });
    expect(first?.sentence).to.equal(
      'c2 does not answer c1:eth0’s ARP request for 10.9.0.3: it answers no ARP at all (net.ipv4.conf.all.arp_ignore = 8); the request came to h:v1, c2:eth0 and h:br',
    );
  });

  it('is told of ARP that is off', () => {
    expect(silent({ links: c2Links({ flags: ['UP', 'LOWER_UP', 'NOARP'] }) })[0]).to.deep.include({
      cause: 'ARP off',
      fix: { place: 'c2', command: 'ip link set eth0 arp on' },
    });
  });

  it('is told of its arp_ignore only where that forbids this answer', () => {
    const one = { 'net.ipv4.conf.eth0.arp_ignore': '1' };
    expect(silent({ sysctls: one }).map(({ cause }) => cause)).to.deep.equal(['neighbour unanswered']);
    const links = [link('eth0', { mac: '02:00:00:00:00:c2' }), link('lo', { addresses: ['10.9.0.3/32'] })];
    const [first] = silent({ links, sysctls: one });
    expect(first?.sentence).to.include('10.9.0.3 is on lo (net.ipv4.conf.eth0.arp_ignore = 1)');
  });

  it('is told of the filters by the way back', () => {
    const routes = '10.9.0.0/24 dev other';
    expect(silent({ routes, sysctls: { 'net.ipv4.conf.all.arp_filter': '1' } })[0]?.cause).to.equal('arp_filter');
    expect(silent({ routes, sysctls: { 'net.ipv4.conf.all.rp_filter': '1' } })[0]?.cause).to.equal(
      'reverse path filter',
    );
    expect(silent({ routes })[0]?.cause).to.equal('neighbour unanswered');
  });

  it('is told of rules for ARP that are about it', () => {
    expect(silent({ ruleset: arpTable('input', 'arp daddr ip 10.9.0.3 drop') })[0]?.cause).to.equal('ARP filtered');
    expect(silent({ ruleset: arpTable('input', 'arp daddr ip 10.9.0.9 drop') })[0]?.cause).to.not.equal('ARP filtered');
    expect(silent({ ruleset: arpTable('output', 'arp operation request drop') })[0]?.cause).to.not.equal(
      'ARP filtered',
    );
  });

  it('is told of the asker’s own address, which it has, too', () => {
    const twice = [...c2Links(), link('lo', { addresses: ['10.9.0.2/32'] })];
    expect(silent({ links: twice })[0]).to.deep.include({
      cause: 'address twice',
      fix: { place: 'c2', command: 'ip address del 10.9.0.2/32 dev lo' },
    });
  });

  const other = (tpa: string, h: Segment['h']) =>
    causes(waiting({ h: { links: gateway, ...h } }, asked(tpa, 'c1:eth0 out', 'h:v1 in')));
  const gateway = [link('v1', { mac: '02:00:00:00:00:01' })];
  const on = { 'net.ipv4.conf.v1.proxy_arp': '1', 'net.ipv4.conf.v1.forwarding': '1' };

  it('is told why it stands for no other, where it should', () => {
    expect(other('169.254.1.1', { sysctls: on })[0]?.cause).to.equal('proxy ARP without a route');
    const refused = other('169.254.1.1', { sysctls: on, routes: 'unreachable default' });
    expect(refused[0]?.sentence).to.include('it has only unreachable default');
    const stays = { ...on, 'net.ipv4.conf.v1.forwarding': '0' };
    expect(other('169.254.1.1', { sysctls: stays, routes: 'default dev up' })[0]?.cause).to.equal(
      'proxy ARP without forwarding',
    );
    const off = { ...on, 'net.ipv4.conf.v1.proxy_arp': '0' };
    expect(other('169.254.1.1', { sysctls: off })[0]?.sentence).to.include('net.ipv4.conf.v1.proxy_arp = 0');
  });

  it('is nobody, where no place has the address', () => {
    const links = [link('v1', { mac: '02:00:00:00:00:01', addresses: ['10.9.0.1/24'] })];
    const told = other('10.9.0.77', { links, sysctls: { 'net.ipv4.conf.v1.forwarding': '1' } });
    expect(told.map(({ cause }) => cause)).to.deep.equal(['address that nobody has']);
  });

  it('has no cause here once it answered', () => {
    const frames = [...heard, ...answered('10.9.0.3', 'c2:eth0 out', 'h:v2 overheard', 'c1:eth0 in')];
    expect(causes(waiting({}, frames))).to.deep.equal([]);
  });
});

describe('A place that does not ask its neighbour', () => {
  const entry = '10.9.0.3 dev eth0 FAILED';
  const c1 = (more: Partial<NonNullable<Segment['c1']>>): Segment => ({
    c1: {
      links: [link('eth0', { mac: '02:00:00:00:00:c1', addresses: ['10.9.0.2/24'] })],
      routes: '10.9.0.0/24 dev eth0',
      neighbours: entry,
      ...more,
    },
  });

  it('is told of its rules for ARP, or that it asks nobody', () => {
    const [first] = causes(waiting(c1({ ruleset: arpTable('output', 'drop') }), []));
    expect(first?.cause).to.equal('ARP filtered');
    const [mute] = causes(waiting(c1({ sysctls: { 'net.ipv4.neigh.eth0.mcast_solicit': '0' } }), []));
    expect(mute).to.include({ cause: 'no ARP requests', confidence: 'certain' });
  });

  it('is told of whom its answer is for, too', () => {
    const c2 = {
      links: [link('eth0', { mac: '02:00:00:00:00:c2', addresses: ['10.9.0.3/24'] })],
      routes: '10.9.0.0/24 dev eth0',
      neighbours: '10.9.0.2 dev eth0 FAILED',
      sysctls: { 'net.ipv4.neigh.eth0.mcast_solicit': '0' },
    };
    const [first] = causes({ way: [pingAt('c1:eth0', 'out'), pingAt('c2:eth0', 'in')], now: segment({ c2 }), wires });
    expect(first).to.include({ cause: 'no ARP requests', place: 'c2' });
  });
});
