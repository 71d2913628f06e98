import { expect } from 'chai';
import type { Difference } from '../../../src/explain/state/compare.ts';
import { ether, ip } from '../../../src/index.ts';
import type { Sighting } from '../../../src/judge/observation.ts';
import type { HopResult, Stray } from '../../../src/judge/result.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const table = (path: string, rule: string) => `table ${path.split(' ').slice(0, 2).join(' ')} {
  chain ${path.split(' ')[2]} {
    type filter hook prerouting priority 0; policy accept;
    ${rule}
  }
}`;

const router = (ruleset: string) =>
  state({
    links: [link('ea', { addresses: ['10.77.1.1/24'] }), link('eb', { addresses: ['10.77.2.1/24'] })],
    routes: '10.77.2.0/24 dev eb\n10.77.1.0/24 dev ea',
    sysctls: { 'net.ipv4.conf.ea.forwarding': '1' },
    ruleset,
  });

const came = sighting('r:ea', 'in', [ether({}), ...ping({ ttl: 64 })]);
const left = (ttl: number) => sighting('r:eb', 'out', [ether({}), ...ping({ ttl })], 1);

const hop = (seen: Sighting, fate: HopResult['fate'] = 'passed'): HopResult => ({
  ...{ kind: 'point', part: 'request', because: '', place: seen.place, device: seen.device, direction: seen.direction },
  ...{ expected: ping(), seen: seen.headers, differences: [], fate, frame: null, time: null },
});

const stray: Stray = { kind: 'point', part: 'request', place: 'r', device: 'eb', direction: 'out', seen: [] } as never;

/** A packet that went all its way, and was seen once more where r sends it on. */
const doubled = (ruleset: string, more: Partial<Loss> = {}) =>
  causes({
    way: [came, left(63)],
    walk: { outcome: 'elsewhere', failedAt: null, hops: [hop(came), hop(left(63))], strays: [stray] },
    now: { r: router(ruleset) },
    ...more,
  });

describe('A packet that a place sends elsewhere, too', () => {
  it('is copied by a rule, to an interface or to a next hop', () => {
    const [first] = doubled(table('netdev f i', 'icmp type echo-request dup to "eb"'));
    expect(first).to.include({ cause: 'copied on the way', place: 'r', confidence: 'certain' });
    expect(first?.sentence).to.contain('r’s netdev f i sends a copy of it to eb: icmp type echo-request dup to "eb"');
    const [tee] = doubled(table('ip mangle PREROUTING', 'meta l4proto icmp dup to 10.77.2.9'));
    expect(tee?.sentence).to.contain('sends a copy of it to another next hop: meta l4proto icmp dup to 10.77.2.9');
    expect(doubled(table('netdev f i', 'icmp type echo-request dup to "ec"'))).to.deep.equal([]);
  });

  it('is copied by a filter', () => {
    const lookups = [
      {
        place: 'r',
        command: 'tc -s filter show dev ea ingress',
        output:
          'filter protocol ip pref 49152 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 match 0a020002/ffffffff at 16 action order 1: mirred (Egress Mirror to device eb) pipe Sent 168 bytes 2 pkt (dropped 0',
        ok: true,
      },
    ];
    const [first] = doubled('', { lookups });
    expect(first?.sentence).to.equal(
      'a tc filter at the ingress of r’s ea sends a copy of it to eb: mirred mirror to eb, 2 packets: protocol ip pref 49152 u32 match 0a020002/ffffffff at 16',
    );
    expect(first?.fix?.command).to.equal('tc filter del dev ea ingress');
  });

  it('leaves as it came where a rule sends it on past the routes', () => {
    const now = left(64);
    const changed = { hop: hop(now, 'differs') as never, now, before: came };
    const told = (rule: string) =>
      causes({ way: [came, now], site: { changed }, now: { r: router(table('netdev f i', rule)) } });
    const [first] = told('fwd to "eb"');
    expect(first).to.include({ cause: 'led past routing', place: 'r' });
    expect(first?.sentence).to.contain('sends it to eb as it came, past what r routes by: fwd to "eb"');
    expect(told('fwd to "ec"').map(({ cause }) => cause)).to.not.include('led past routing');
  });
});

describe('A packet that a rule queues', () => {
  const queued = (verdict: 'queue' | 'accept') =>
    causes({
      way: [came],
      now: { r: router('') },
      passages: [
        {
          ...{ kind: 'passage', part: 'request', place: 'r', family: 'ip', table: 'filter', chain: 'FORWARD' },
          ...{ chains: [], order: 0, rule: 'meta l4proto icmp queue num 3', ending: { verdict } },
          ip: { src: '10.77.1.5', dst: '10.77.2.5', ttl: 63, id: 0, protocol: 1 },
        },
      ],
    });

  it('waits for a program, which lets it pass or not', () => {
    const [first] = queued('queue');
    expect(first).to.include({ cause: 'packet queue', place: 'r', confidence: 'certain' });
    expect(first?.sentence).to.contain('r’s filter FORWARD hands it to queue 3');
    expect(first?.show[0]?.command).to.contain('/proc/net/netfilter/nfnetlink_queue');
    expect(queued('accept').map(({ cause }) => cause)).to.not.include('packet queue');
  });
});

describe('A packet whose sender gives it a small TTL', () => {
  it('is told with the route that says so', () => {
    const sent = sighting('a:eth0', 'out', [ether({}), ip({ src: '10.77.1.5', dst: '10.77.2.5', ttl: 1 })]);
    const arrived = sighting('r:ea', 'in', [ether({}), ip({ src: '10.77.1.5', dst: '10.77.2.5', ttl: 1 })], 1);
    const sender = state({ links: [link('eth0')], routes: 'default via 10.77.1.1 dev eth0 hoplimit 1' });
    const [first] = causes({ way: [sent, arrived], now: { r: router(''), a: sender } });
    expect(first).to.include({ cause: 'TTL spent', place: 'r' });
    expect(first?.sentence).to.contain('as a’s route has it: default via 10.77.1.1 dev eth0 hoplimit 1');
    expect(first?.fix).to.deep.equal({ place: 'a', command: 'ip route replace default via 10.77.1.1 dev eth0' });
  });

  it('is not told with a setting that is as usual', () => {
    const packet = (ttl: number) => [ether({}), ip({ src: '10.77.1.5', dst: '10.77.2.5', ttl })];
    const way = [sighting('a:eth0', 'out', packet(64)), sighting('r:ea', 'in', packet(1), 1)];
    const sender = state({ links: [link('eth0')], sysctls: { 'net.ipv4.ip_default_ttl': '64' } });
    const [first] = causes({ way, now: { r: router(''), a: sender } });
    expect(first?.cause).to.equal('TTL spent');
    expect(first?.sentence).to.not.contain('ip_default_ttl');
    expect(first?.fix).to.equal(null);
  });
});

describe('A packet that a new route led to a place that the walk does not list', () => {
  const route: Difference = {
    ...{ place: 'b', what: 'route', change: 'other', subject: 'default' },
    ...{ before: 'via 10.77.2.1 dev eth0', after: 'via 10.77.2.3 dev eth0', sentence: 'b: route default is another' },
  };
  const headers = [ether({}), ...ping()];
  const sent = sighting('b:eth0', 'out', headers);
  const astray = sighting('c:eth0', 'in', headers, 1);
  const [own, other] = [
    state({ links: [link('eth0')], routes: 'default via 10.77.2.3 dev eth0' }),
    state({ links: [link('eth0')], sysctls: { 'net.ipv4.conf.eth0.forwarding': '0', 'net.ipv4.ip_forward': '0' } }),
  ];
  const told = (changes: Difference[]) =>
    causes({
      way: [sent, astray],
      site: { kind: 'elsewhere' },
      walk: { outcome: 'lost', failedAt: 1, hops: [hop(sent), { ...hop(left(63), 'lost'), seen: null }], strays: [] },
      now: { b: own, c: other },
      changes,
    });

  it('is told by that route, and then by what becomes of it there', () => {
    expect(told([route]).map(({ cause, place }) => `${cause} at ${place}`)).to.deep.equal([
      'wrong route at b',
      'forwarding off at c',
      'no route at c',
    ]);
    expect(told([route])[0]?.fix?.command).to.equal('ip route replace default via 10.77.2.1 dev eth0');
    expect(told([])[0]).to.include({ cause: 'forwarding off', place: 'c' });
  });
});
