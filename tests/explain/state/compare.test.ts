import { expect } from 'chai';
import { fdbIn } from '../../../src/explain/state/bridges.ts';
import { differencesOf } from '../../../src/explain/state/compare.ts';
import { neighboursIn, routesIn, rulesIn } from '../../../src/explain/state/ip-lines.ts';
import { withNamedMacs } from '../../../src/explain/state/mac-names.ts';
import { emptyState, type LinkState, type PlaceState } from '../../../src/explain/state/place-state.ts';
import { qdiscsIn } from '../../../src/explain/state/queues-and-sockets.ts';
import { readStates } from '../../../src/explain/state/read.ts';
import type { Live } from '../../../src/observe/sent.ts';
import { fresh, load, orSkip } from '../../labs/every-lab.ts';
import { needsNamespaces, stand, twoHosts } from '../../stand.ts';

const link = (name: string, more: Partial<LinkState> = {}): LinkState => ({
  index: 2,
  name,
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1500,
  operstate: 'UP',
  mac: '02:00:00:00:00:01',
  kind: 'veth',
  data: {},
  portData: {},
  addresses: [],
  ...more,
});

/** What is said to differ between two states of a place. */
const told = (then: Partial<PlaceState>, now: Partial<PlaceState>): string[] => {
  const states = (state: Partial<PlaceState>) => new Map([['w', { ...emptyState(), ...state }]]);
  return differencesOf(states(then), states(now)).map(({ sentence }) => sentence);
};

const address = (of: string) => ({ address: of, prefixLength: 24, scope: 'global' });

describe('what differs between two states of a place', () => {
  it('are routes, by table, destination and metric', () => {
    const then = routesIn(
      '10.88.2.7 dev cali1 scope link\n10.1.0.0/24 via 10.0.0.1 dev eth0\ndefault via 10.0.0.1 dev eth0\n',
    );
    const now = routesIn('10.1.0.0/24 via 10.0.0.2 dev eth0\nblackhole default\n10.2.0.0/24 dev eth0 table 100\n');
    expect(told({ routes: then }, { routes: now })).to.deep.equal([
      'w: route 10.88.2.7 dev cali1 scope link is gone',
      'w: route 10.1.0.0/24 is via 10.0.0.2 dev eth0, was via 10.0.0.1 dev eth0',
      'w: route default is blackhole, was via 10.0.0.1 dev eth0',
      'w: route 10.2.0.0/24 dev eth0 table 100 is new',
    ]);
    const cut = routesIn('10.1.0.0/24 via 10.0.0.1 dev eth0 linkdown\n');
    expect(told({ routes: then.slice(1, 2) }, { routes: cut })).to.deep.equal([]);
  });

  it('are typed, with the device, as data', () => {
    const then = new Map([['w', { ...emptyState(), routes: routesIn('10.88.2.7 dev cali1 \n') }]]);
    expect(differencesOf(then, new Map([['w', emptyState()]]))).to.deep.equal([
      {
        place: 'w',
        what: 'route',
        change: 'gone',
        subject: '10.88.2.7',
        before: '10.88.2.7 dev cali1',
        device: 'cali1',
        sentence: 'w: route 10.88.2.7 dev cali1 is gone',
      },
    ]);
  });

  it('are rules by priority, and settings by name', () => {
    expect(
      told(
        { rules: rulesIn('100:\tfrom all fwmark 0x1 lookup 7\n'), sysctls: { 'net.ipv4.ip_forward': '1' } },
        { rules: rulesIn('100:\tfrom all fwmark 0x2 lookup 7\n'), sysctls: { 'net.ipv4.ip_forward': '0' } },
      ),
    ).to.deep.equal([
      'w: rule 100 is from all fwmark 0x2 lookup 7, was from all fwmark 0x1 lookup 7',
      'w: setting net.ipv4.ip_forward is 0, was 1',
    ]);
  });

  it('are neighbours and fdb entries that somebody set, and none that were learned', () => {
    const links = [link('vx', { mac: '02:00:00:00:00:07' })];
    const then = {
      links,
      neighbours: neighboursIn(
        '10.0.0.2 dev vx lladdr 0e:00:00:00:00:02 PERMANENT\n10.0.0.3 dev vx lladdr 0e:00:00:00:00:03 REACHABLE\n',
      ),
      fdb: fdbIn('0e:00:00:00:00:02 dev vx dst 10.9.0.2 self permanent\n0e:00:00:00:00:05 dev vx dst 10.9.0.5 self\n'),
    };
    const now = {
      links,
      neighbours: neighboursIn(
        '10.0.0.9 dev vx proxy\n10.0.0.3 dev vx FAILED\n224.0.0.22 dev vx lladdr 01:00:5e:00:00:16 NOARP\n',
      ),
      fdb: fdbIn(
        '0e:00:00:00:00:02 dev vx dst 10.9.0.99 self permanent\n33:33:00:00:00:01 dev vx self permanent\n02:00:00:00:00:07 dev vx master br0 permanent\n',
      ),
    };
    expect(told(then, now)).to.deep.equal([
      'w: neighbour 10.0.0.2 dev vx lladdr 0e:00:00:00:00:02 PERMANENT is gone',
      'w: fdb entry 0e:00:00:00:00:02 dev vx is dst 10.9.0.99 self permanent, was dst 10.9.0.2 self permanent',
      'w: neighbour 10.0.0.9 dev vx proxy is new',
    ]);
  });

  it('are what is set of a link, and not what the kernel counts or numbers', () => {
    const port = { masterKind: 'bridge', master: 'br0', portData: { hairpin: true, id: '0x8001', hold_timer: 1 } };
    const vxlan = { kind: 'vxlan', data: { id: 7, port: 8472, gc_timer: 3 } };
    const then = { links: [link('v1', port), link('vx', vxlan)] };
    const now = {
      links: [
        link('v1', { ...port, index: 9, portData: { hairpin: false, id: '0x8009', hold_timer: 4 } }),
        link('vx', {
          ...vxlan,
          mtu: 1400,
          flags: ['UP', 'NOARP'],
          data: { id: 8, port: 8472, gc_timer: 9 },
          mac: '02:00:00:00:00:02',
        }),
      ],
    };
    expect(told(then, now)).to.deep.equal([
      'w: link v1: bridge port hairpin is false, was true',
      'w: link vx: carrier is off, was on',
      'w: link vx: mtu is 1400, was 1500',
      'w: link vx: mac is 02:00:00:00:00:02, was 02:00:00:00:00:01',
      'w: link vx: noarp is on, was off',
      'w: link vx: vxlan id is 8, was 7',
    ]);
  });

  it('is a link that is gone, and its routes, but not all that belonged to it', () => {
    const then = {
      links: [link('eth0', { addresses: [address('10.0.0.1')] })],
      routes: routesIn(
        '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1\n10.1.0.0/24 via 10.0.0.2 dev eth0\n',
      ),
      sysctls: { 'net.ipv4.conf.eth0.rp_filter': '1', 'net.ipv4.neigh.eth0.ucast_solicit': '3' },
      neighbours: neighboursIn('10.0.0.2 dev eth0 lladdr 0e:00:00:00:00:02 PERMANENT\n'),
      qdiscs: qdiscsIn('qdisc tbf 1: dev eth0 root refcnt 2 rate 8Kbit\n'),
    };
    expect(told(then, {})).to.deep.equal([
      'w: link eth0 is gone',
      'w: route 10.1.0.0/24 via 10.0.0.2 dev eth0 is gone',
    ]);
  });

  it('is an address, without the kernel’s routes to it, and none that follows from a MAC', () => {
    const local = { address: 'fe80::1', prefixLength: 64, scope: 'link' };
    const kernel = '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1\n';
    expect(
      told(
        { links: [link('eth0', { addresses: [address('10.0.0.1'), local] })], routes: routesIn(kernel) },
        { links: [link('eth0', { addresses: [{ ...local, address: 'fe80::2' }] })] },
      ),
    ).to.deep.equal(['w: address 10.0.0.1/24 dev eth0 is gone']);
    const links = [link('eth0', { addresses: [address('10.0.0.1')] })];
    expect(told({ links, routes: routesIn(kernel) }, { links })).to.deep.equal([`w: route ${kernel.trim()} is gone`]);
  });

  it('are queueing disciplines, without counters and what tc draws by lot', () => {
    const qdiscs = (text: string) => ({ qdiscs: qdiscsIn(text) });
    const netem = (handle: string, rest: string) =>
      `qdisc netem ${handle} dev eth0 root refcnt 2 limit 1000 delay ${rest}\n`;
    expect(
      told(
        qdiscs(netem('8001:', '10ms seed 7')),
        qdiscs(`${netem('8003:', '10ms seed 9')} Sent 9 bytes 1 pkt (dropped 1)\n`),
      ),
    ).to.deep.equal([]);
    expect(told(qdiscs('qdisc noqueue 0: dev eth0 root refcnt 2\n'), qdiscs(netem('8001:', '10ms')))).to.deep.equal([
      'w: qdisc netem dev eth0 root limit 1000 delay 10ms is new',
    ]);
    expect(told(qdiscs(netem('8001:', '10ms')), qdiscs(netem('8001:', '20ms')))).to.deep.equal([
      'w: qdisc dev eth0 is netem root limit 1000 delay 20ms, was netem root limit 1000 delay 10ms',
    ]);
  });

  it('are policies and states of IPsec, without sequence numbers and those of sockets', () => {
    const state = (sequence: string) =>
      `src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1 reqid 1 mode tunnel anti-replay context: seq 0x0, oseq ${sequence}, bitmap 0x0 sel src 0.0.0.0/0 dst 0.0.0.0/0`;
    const policy = 'src 10.0.0.0/24 dst 10.1.0.0/24 dir out action block priority 0 ptype main';
    const socket = 'src 0.0.0.0/0 dst 0.0.0.0/0 socket in priority 0 ptype main';
    expect(told({ xfrm: [state('0x1')] }, { xfrm: [socket, state('0x9'), policy] })).to.deep.equal([
      `w: xfrm ${policy} is new`,
    ]);
  });

  it('are daemons that have ended, and VLANs of ports', () => {
    const vlan = { device: 'v1', vid: 10, pvid: true, untagged: true };
    expect(
      told(
        { daemons: [{ name: 'bird', runs: true }], vlans: [vlan] },
        { daemons: [{ name: 'bird', runs: false }], vlans: [{ ...vlan, untagged: false }] },
      ),
    ).to.deep.equal(['w: vlan 10 dev v1 is PVID tagged, was PVID untagged', 'w: daemon bird has ended']);
  });

  const chain = (name: string, ...rules: string[]) =>
    `\tchain ${name} {\n${rules.map((rule) => `\t\t${rule}\n`).join('')}\t}\n`;
  const base = (policy: string) => `type filter hook forward priority filter; policy ${policy};`;
  const table = (...parts: string[]) => `table ip filter {\n${parts.join('')}}\n`;

  it('are firewall rules line by line, by table and chain', () => {
    const then = table(
      chain('FORWARD', base('accept'), 'ip saddr 10.0.0.1 counter accept', 'counter jump OWN'),
      chain('OWN', 'accept'),
    );
    const now = table(
      chain('FORWARD', base('drop'), 'counter jump OWN'),
      chain('OWN', 'drop comment "{"'),
      chain('NEW', 'accept'),
    );
    expect(told({ ruleset: then }, { ruleset: now })).to.deep.equal([
      `w: firewall rule ip filter FORWARD is ${base('drop')}, was ${base('accept')}`,
      'w: firewall rule ip filter FORWARD: ip saddr 10.0.0.1 counter accept is gone',
      'w: firewall rule ip filter OWN is drop comment "{", was accept',
      'w: firewall rule ip filter NEW: accept is new',
    ]);
  });

  it('is the order of firewall rules, and no table or chain that decides nothing', () => {
    const then = table(chain('OWN', 'a', 'b', 'c'));
    expect(told({ ruleset: then }, { ruleset: table(chain('OWN', 'a', 'c', 'b')) })).to.deep.equal([
      'w: firewall rule ip filter OWN, line 2 is c, was b',
    ]);
    const idle = `table inet packetwalk {\n${chain('prerouting', 'meta nftrace set 1')}}\ntable ip x {\n${chain('in', base('accept'))}}\n`;
    expect(told({ ruleset: then }, { ruleset: `# Warning\n${then}${idle}` })).to.deep.equal([]);
  });

  it('are elements of sets, but for those that packets add', () => {
    const set = (more: string, elements: string) =>
      `\tset s {\n\t\ttype ipv4_addr\n${more}\t\telements = { ${elements} }\n\t}\n`;
    expect(
      told(
        { ruleset: table(set('', '10.0.0.1,\n\t\t\t     10.0.0.2')) },
        { ruleset: table(set('', '10.0.0.3, 10.0.0.2')) },
      ),
    ).to.deep.equal([
      'w: firewall rule set ip filter s: element 10.0.0.1 is gone',
      'w: firewall rule set ip filter s: element 10.0.0.3 is new',
    ]);
    const flags = '\t\tflags dynamic,timeout\n';
    expect(told({ ruleset: table(set(flags, '10.0.0.1')) }, { ruleset: table(set(flags, '10.0.0.2')) })).to.deep.equal(
      [],
    );
  });

  it('is nothing of a part, or of a place, that could not be asked at either time', () => {
    const routes = routesIn('10.0.0.0/24 dev eth0\n');
    expect(told({ routes }, { unread: ['routes'] })).to.deep.equal([]);
    expect(told({ unread: ['routes'] }, { routes })).to.deep.equal([]);
    expect(differencesOf(new Map(), new Map([['w', { ...emptyState(), routes }]]))).to.deep.equal([]);
  });

  it('is no MAC that the kernel drew by lot, where MACs are called by their interfaces', () => {
    const states = (own: string, other: string) =>
      new Map([
        ['a', { ...emptyState(), links: [link('eth0', { mac: own }), link('br0', { kind: 'bridge', mac: own })] }],
        [
          'b',
          {
            ...emptyState(),
            links: [link('eth0', { mac: other })],
            neighbours: neighboursIn(`10.0.0.1 dev eth0 lladdr ${own} PERMANENT\n`),
          },
        ],
      ]);
    const [then, now] = [
      states('02:00:00:00:00:0a', '02:00:00:00:00:0b'),
      states('02:00:00:00:00:1a', '02:00:00:00:00:1b'),
    ];
    expect(differencesOf(then, now)).to.have.length(4);
    expect(differencesOf(withNamedMacs(then), withNamedMacs(now))).to.deep.equal([]);
    const wrong = neighboursIn('10.0.0.1 dev eth0 lladdr 02:00:00:00:00:1b PERMANENT\n');
    now.set('b', { ...now.get('b')!, neighbours: wrong });
    expect(differencesOf(withNamedMacs(then), withNamedMacs(now)).map(({ sentence }) => sentence)).to.deep.equal([
      'b: neighbour 10.0.0.1 is dev eth0 lladdr b:eth0 PERMANENT, was dev eth0 lladdr a:eth0 PERMANENT',
    ]);
  });
});

const statesOf = ({ runtime, plan }: Pick<Live, 'runtime' | 'plan'>) =>
  readStates(
    runtime,
    plan,
    [...plan.nodes, ...plan.pods].map(({ name }) => name),
    { timeoutMs: 20_000 },
  );

describe('what differs between labs that stand', () => {
  before(function () {
    needsNamespaces(this);
  });

  // Pods of cni-bridge are added side by side: the order of their rules is another one each time.
  for (const name of [
    'netns-bridge',
    'docker-networks',
    'netfilter-hooks',
    'flannel-vxlan',
    'flannel-udp',
    'calico-bgp',
  ])
    it(`is nothing where ${name} is stood up twice, MACs aside`, async function () {
      const plan = await load(name);
      const all: Map<string, PlaceState>[] = [];
      for (let i = 0; i < 2; i++) {
        await using lab = await orSkip(this, fresh(plan, 'netns'));
        all.push(await statesOf(lab));
      }
      const [then, now] = all.map((states) => withNamedMacs(states)) as [
        Map<string, PlaceState>,
        Map<string, PlaceState>,
      ];
      expect([...then.values(), ...now.values()].flatMap(({ unasked }) => unasked)).to.deep.equal([]);
      expect(differencesOf(then, now).map(({ sentence }) => sentence)).to.deep.equal([]);
    });

  it('is a MAC, where one is changed in a lab that stands', async () => {
    await using lab = await stand(twoHosts());
    const then = await statesOf(lab);
    await lab.runtime.script('b', 'ip link set eth0 address 02:00:00:00:00:77');
    const found = differencesOf(then, await statesOf(lab));
    expect(found.map(({ place, subject, after }) => ({ place, subject, after }))).to.deep.equal([
      { place: 'b', subject: 'eth0: mac', after: '02:00:00:00:00:77' },
    ]);
  });
});
