import { expect } from 'chai';
import { ether, icmp, ip, udp } from '../../../src/index.ts';
import { causes, type Loss, link, overIp, ping, sighting, state } from './loss.ts';

const names = (told: ReturnType<typeof causes>) => told.map(({ cause }) => cause);

/** r hands what comes by in to the port v1 of its bridge br. */
const router = state({
  links: [
    link('in', { addresses: ['10.77.1.1/24'] }),
    link('br', { kind: 'bridge', addresses: ['10.77.2.1/24'] }),
    link('v1', { master: 'br', masterKind: 'bridge', portData: { state: 'forwarding' } }),
  ],
  routes: '10.77.2.0/24 dev br\n10.77.1.0/24 dev in',
  sysctls: { 'net.ipv4.conf.in.forwarding': '1' },
  ruleset: 'table ip mangle {\n chain PREROUTING {\n ip saddr 10.77.1.5 xt target TTL\n }\n}',
});

const lost = (more: Partial<Loss> = {}) =>
  causes({ way: [sighting('r:in', 'in', [ether({}), ...ping()])], now: { r: router }, ...more });

const counted = (name: string) => ({ place: 'r', file: 'snmp', name, by: 1 });

describe('A packet at the IP layer', () => {
  it('takes no wrong route where its next hop is a port of the bridge that the route names', () => {
    expect(names(lost({ site: { next: { place: 'r', device: 'v1' } } }))).to.deep.equal([]);
    expect(names(lost({ site: { next: { place: 'r', device: 'in' } } }))).to.deep.equal(['wrong route']);
  });

  it('is told with the rule that spends its TTL, where the kernel counts that', () => {
    const moved = [counted('Ip InHdrErrors'), counted('Icmp OutTimeExcds')];
    const [first, ...more] = lost({ moved });
    expect(first).to.include({ cause: 'TTL spent', place: 'r' });
    expect(first?.sentence).to.include('ip saddr 10.77.1.5 xt target TTL');
    expect(names(more)).to.deep.equal([]);
    expect(names(lost({ moved: moved.slice(0, 1) }))).to.deep.equal(['bad IP header']);
  });

  it('is told with the set or map that the rule which refuses it looks it up in', () => {
    const shownOf = (rule: string) =>
      lost({
        passages: [
          {
            ...{ kind: 'passage', part: 'request', place: 'r', family: 'inet', table: 'wall', chain: 'fw', chains: [] },
            ...{ ip: { src: '', dst: '', ttl: 63, id: 0, protocol: 1 }, order: 0, rule, ending: { verdict: 'drop' } },
          },
        ],
      })[0]?.show.map(({ command }) => command);
    expect(shownOf('ip saddr @bad drop')).to.deep.equal(['nft list chain inet wall fw', 'nft list set inet wall bad']);
    expect(shownOf('ip daddr . tcp dport vmap @ways')?.[1]).to.equal('nft list map inet wall ways');
    expect(shownOf('ip saddr 10.0.0.1 drop')).to.have.length(1);
  });

  it('is told with its way back where the rule that drops it asks for that', () => {
    const filtered = (rule: string, routes = '10.77.1.0/24 dev v1') =>
      lost({
        now: { r: state({ links: router.links, routes }) },
        passages: [
          {
            ...{
              kind: 'passage',
              part: 'request',
              place: 'r',
              family: 'ip',
              table: 'raw',
              chain: 'PREROUTING',
              chains: [],
            },
            ...{ ip: { src: '10.77.1.5', dst: '10.77.2.5', ttl: 63, id: 0, protocol: 1 }, order: 0, enters: 'in' },
            ...{ rule, ending: { verdict: 'drop' } },
          },
        ],
      })[0];
    const said = 'it came by in, and its route back to 10.77.1.5 is by v1';
    expect(filtered('-A PREROUTING -m rpfilter --invert -j DROP')?.sentence).to.include(said);
    expect(filtered('fib saddr . iif oif missing drop')?.sentence).to.include(said);
    expect(filtered('ip saddr 10.77.1.5 drop')?.sentence).not.to.include('route back');
    expect(filtered('fib saddr . iif oif missing drop', '10.77.1.0/24 dev in')?.sentence).not.to.include('route back');
  });

  it('is what a place has taken out of a tunnel, whatever netfilter did with the packet of the tunnel', () => {
    const fields = overIp().find(({ protocol }) => protocol === 'ip')!.fields as { src: string; dst: string };
    const told = causes({
      way: [sighting('r:in', 'in', overIp()), sighting('r:tun', 'in', ping())],
      now: {
        r: state({
          links: router.links,
          routes: '10.77.2.0/24 dev br',
          sysctls: { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.tun.forwarding': '0' },
        }),
      },
      passages: [
        {
          ...{
            kind: 'passage',
            part: 'request',
            place: 'r',
            family: 'ip',
            table: 'filter',
            chain: 'INPUT',
            chains: [],
          },
          ...{
            ip: { src: fields.src, dst: fields.dst, ttl: 62, id: 0, protocol: 4 },
            order: 0,
            enters: 'in',
            ending: { verdict: 'accept' },
          },
        },
      ],
    });
    expect(told[0]).to.include({ cause: 'forwarding off', place: 'r' });
  });

  it('is told of the setting by which a broadcast of another subnet is not forwarded', () => {
    const routes = 'broadcast 10.77.2.255 dev br table local scope link\n10.77.2.0/24 dev br\n10.77.1.0/24 dev in';
    const told = (all: string, own: string, at = 'r:in') =>
      lost({
        way: [sighting(at, 'in', [ether({}), ...ping({ dst: '10.77.2.255' })])],
        now: {
          r: state({
            links: router.links,
            routes,
            sysctls: { 'net.ipv4.conf.all.bc_forwarding': all, 'net.ipv4.conf.in.bc_forwarding': own },
          }),
        },
      }).filter(({ cause }) => cause === 'broadcast forwarding off');
    expect(told('0', '1')[0]).to.deep.include({
      place: 'r',
      fix: { place: 'r', command: 'sysctl -w net.ipv4.conf.all.bc_forwarding=1' },
    });
    expect(told('0', '0')[0]?.fix?.command).to.equal(
      'sysctl -w net.ipv4.conf.all.bc_forwarding=1 net.ipv4.conf.in.bc_forwarding=1',
    );
    expect(told('1', '1')).to.deep.equal([]);
    expect(told('0', '0', 'r:br'), 'it is its own segment’s').to.deep.equal([]);
  });

  it('is no martian where its place sent it to itself', () => {
    const own = state({
      links: [link('lo', { addresses: ['10.77.1.5/32'] })],
      sysctls: { 'net.ipv4.conf.lo.forwarding': '1' },
    });
    const way = (at: string) => [sighting(at, 'in', ping({ dst: '10.77.1.5' }))];
    expect(names(causes({ way: way('p1:lo'), now: { p1: own } }))).to.not.include('martian source');
    const twice = { ...own, links: [...own.links, link('eth0')] };
    expect(names(causes({ way: way('p1:eth0'), now: { p1: twice } }))).to.include('martian source');
    // To forward it would not help: it would be a martian then.
    const mute = { ...twice, sysctls: { 'net.ipv4.conf.eth0.forwarding': '0' } };
    const back = [sighting('p1:eth0', 'in', ping({ src: '10.77.1.5', dst: '10.77.2.9' }))];
    const [first, ...more] = names(causes({ way: back, now: { p1: mute } }));
    expect(first).to.equal('martian source');
    expect(more).to.not.include('forwarding off');
  });

  it('is no martian where its place wrapped it, and has the place’s own source since', () => {
    const r = state({
      links: [link('in'), link('eth1', { addresses: ['10.77.9.1/24'] })],
      routes: '10.77.2.0/24 via 10.77.9.2 dev eth1',
    });
    const way = [sighting('r:in', 'in', ping())];
    const wrapped = [ip({ src: '10.77.9.1', dst: '10.77.9.2', ttl: 63 }), ...ping()];
    const told = (headers: object[]) => names(causes({ way, now: { r }, site: { headers: headers as never } }));
    expect(told(wrapped)).to.not.include('martian source');
    const spoofed = ping({ src: '10.77.9.1' });
    const came = causes({ way: [sighting('r:in', 'in', spoofed)], now: { r } });
    expect(names(came)).to.include('martian source');
  });

  it('is told of a ping that its sender was told is too long, though it did not ask for that', () => {
    const p1 = state({
      links: [link('eth0', { mtu: 76, addresses: ['10.77.2.9/24'] })],
      routes: '10.77.2.0/24 dev eth0',
    });
    const told = (stderr: string) =>
      causes({
        way: [],
        now: { p1 },
        site: { headers: ping({ length: 0 }) as never },
        sent: { from: 'p1', command: 'ping -b -c 1 10.77.2.255', code: 1, stdout: '', stderr },
      });
    const [first] = told('ping: local error: message too long, mtu=76');
    expect(first?.sentence).to.include('84 bytes').and.to.include('p1’s eth0 has mtu 76');
    expect(names(told(''))).to.not.include('MTU too small');
  });

  /** What came to r, and ends there as the walk lists it. */
  const ending = (reply: object[] = []) => {
    const hops = [
      { kind: 'point', part: 'request', place: 'r', device: 'in', seen: [], expected: ping() },
      { kind: 'point', part: 'reply', place: 'r', device: 'in', seen: null, expected: reply },
    ];
    return { hops, strays: [], outcome: 'lost', failedAt: 1 } as unknown as NonNullable<Loss['walk']>;
  };

  it('is told of an address that its end has not, and not that this forwards nothing', () => {
    const mute = { ...router, sysctls: { 'net.ipv4.conf.in.forwarding': '0' } };
    const [first, ...more] = lost({ walk: ending(), now: { r: mute } });
    expect(first).to.include({ cause: 'address missing', place: 'r' });
    expect(names(more)).to.deep.equal([]);
    expect(names(lost({ now: { r: mute } }))).to.deep.equal(['forwarding off']);
  });

  it('finds no socket where that is amiss, and not where the walk lists the refusal', () => {
    const call = [ip({ src: '10.77.1.5', dst: '10.77.1.1' }), udp({ dst: 9 })];
    const way = [sighting('r:in', 'in', [ether({}), ...call])];
    expect(names(lost({ way, walk: ending() }))).to.include('no socket');
    expect(names(lost({ way, walk: ending([icmp({ type: 'unreachable', code: 3 })]) }))).to.not.include('no socket');
  });

  it('finds no socket where the answer is a refusal, and has come all the way back', () => {
    const call = [ip({ src: '10.77.1.5', dst: '10.77.1.1' }), udp({ dst: 9 })];
    const there = [sighting('r:in', 'in', [ether({}), ...call])];
    const told = (code: number) => {
      const refusal = [ip({ src: '10.77.1.1', dst: '10.77.1.5' }), icmp({ type: 'unreachable', code })];
      const way = [sighting('r:in', 'out', refusal), sighting('p1:eth0', 'in', refusal, 1)];
      return names(lost({ way, wayThere: there, site: { part: 'reply' }, walk: ending([udp({ src: 9 })]) }));
    };
    expect(told(3)).to.include('no socket');
    expect(told(1)).to.not.include('no socket');
  });

  it('is told of an address from which it is listed, and that its sender has not', () => {
    const first = { kind: 'point', part: 'request', place: 'p1', device: 'eth0', seen: null, expected: ping() };
    const walk = { hops: [first], strays: [], outcome: 'lost', failedAt: 0 } as unknown as NonNullable<Loss['walk']>;
    const sent = (address: string) =>
      causes({ way: [], now: { p1: state({ links: [link('eth0', { addresses: [address] })] }) }, walk });
    expect(names(sent('10.77.1.9/24'))).to.include('address missing');
    expect(names(sent('10.77.1.5/24'))).to.not.include('address missing');
  });

  it('is told of a rule of its sender that names it, where it never left', () => {
    const refusing = (rule: string) =>
      state({
        links: [link('eth0', { addresses: ['10.77.1.5/24'] })],
        routes: 'default dev eth0',
        ruleset: `table inet guard {\n\tchain gate {\n\t\ttype filter hook output priority 10; policy accept;\n\t\t${rule}\n\t}\n}`,
      });
    const told = (rule: string) => causes({ way: [], now: { p1: refusing(rule) }, site: { headers: ping() as never } });
    const rule = 'ip saddr 10.77.1.5 ip daddr 10.77.2.5 reject';
    expect(told(rule)[0]).to.include({ cause: 'firewall rule', place: 'p1', confidence: 'likely' });
    expect(names(told('ip daddr 10.77.2.6 reject'))).to.not.include('firewall rule');
    expect(names(told('ct state invalid drop'))).to.not.include('firewall rule');
  });
});

describe('A ping to everybody', () => {
  it('is told of the setting by which it goes unanswered, and another ping is not', () => {
    const told = (value: string, dst: string) => {
      const links = [link('eth0', { addresses: ['10.77.2.5/24'] })];
      const routes = 'broadcast 10.77.2.255 dev eth0 table local scope link\n10.77.2.0/24 dev eth0';
      const b = state({ links, routes, sysctls: { 'net.ipv4.icmp_echo_ignore_broadcasts': value } });
      return names(causes({ way: [sighting('b:eth0', 'in', [ether({}), ...ping({ dst })])], now: { b } }));
    };
    expect(told('1', '10.77.2.255')).to.include('echo ignored');
    expect(told('1', '255.255.255.255')).to.include('echo ignored');
    expect(told('0', '10.77.2.255')).not.to.include('echo ignored');
    expect(told('1', '10.77.2.5')).not.to.include('echo ignored');
  });
});
