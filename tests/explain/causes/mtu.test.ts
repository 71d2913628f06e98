import { expect } from 'chai';
import type { Lookup } from '../../../src/explain/lookup.ts';
import { ether, icmp, ip } from '../../../src/index.ts';
import type { Seen } from '../../../src/observe/watch.ts';
import type { Header } from '../../../src/packet/index.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const routes = '10.77.2.0/24 via 10.0.0.2 dev out';
const router = (mtu: number, way = routes) =>
  state({
    links: [link('in', { addresses: ['10.77.1.1/24'] }), link('out', { mtu, addresses: ['10.0.0.1/24'] })],
    routes: `${way}\n10.77.1.0/24 dev in`,
    sysctls: { 'net.ipv4.conf.in.forwarding': '1' },
  });
const big = (df: boolean) => ping({ length: 1500, df });
const lookup: Lookup = {
  place: 'r',
  command: 'ip route get 10.77.2.5',
  output: '10.77.2.5 via 10.0.0.2 dev out',
  ok: true,
  device: 'out',
  via: '10.0.0.2',
};

const forwarded = (mtu: number, df = true, more: Partial<Loss> = {}, way = routes) =>
  causes({
    way: [sighting('r:in', 'in', [ether({}), ...big(df)])],
    now: { r: router(mtu, way) },
    lookups: [lookup],
    site: { next: { place: 'r', device: 'out' } },
    ...more,
  });

const error = (place: string, direction: Seen['direction']): Seen =>
  ({
    place,
    direction,
    packet: () => ({
      headers: [
        ip({ src: '10.77.1.1', dst: '10.77.1.5' }),
        icmp({ type: 'unreachable', code: 4, mtu: 1400 }),
      ] as Header[],
    }),
  }) as unknown as Seen;

describe('A packet that is too big', () => {
  it('is told with its size and the MTU of the way out', () => {
    const [first] = forwarded(1400);
    expect(first).to.include({ cause: 'MTU too small', place: 'r', confidence: 'certain' });
    expect(first?.sentence).to.include('1500 bytes').and.to.include('r’s out has mtu 1400');
    expect(first?.sentence).to.include('was filtered');
  });

  it('is told with whether the sender was told', () => {
    expect(forwarded(1400, true, { seen: [error('p1', 'in')] })[0]?.sentence).to.include('the sender was told');
    expect(forwarded(1400, true, { seen: [error('r', 'out')] })[0]?.sentence).to.include('did not get back');
  });

  it('is told with the route that is narrower than its interface', () => {
    expect(forwarded(1500, true, {}, `${routes} mtu lock 1300`)[0]?.sentence).to.include('mtu 1300');
  });

  it('is mended with what the interface had when the lab was proven', () => {
    const changes = [
      {
        place: 'r',
        what: 'link',
        change: 'other',
        subject: 'out: mtu',
        before: '9000',
        after: '1400',
        device: 'out',
        sentence: '',
      } as const,
    ];
    expect(forwarded(1400, true, { changes })[0]?.fix?.command).to.equal('ip link set out mtu 9000');
  });

  it('is not told of one that fits, or may be fragmented', () => {
    const names = (each: ReturnType<typeof forwarded>) => each.map(({ cause }) => cause);
    expect(names(forwarded(1500))).not.to.include('MTU too small');
    expect(names(forwarded(1400, false))).not.to.include('MTU too small');
  });

  it('is told with the path’s MTU where the sender remembers one', () => {
    const told = causes({
      way: [],
      now: { p1: state({ links: [link('eth0')], routes: 'default via 10.77.1.1 dev eth0' }) },
      site: { headers: ping({ length: undefined }) as Header[], next: { place: 'p1', device: 'eth0' } },
      sent: {
        from: 'p1',
        command: 'ping -c 1 -M do -s 1472 10.77.2.5',
        code: 1,
        stdout: '',
        stderr: 'ping: local error: message too long, mtu=1400',
      },
      lookups: [
        {
          ...lookup,
          place: 'p1',
          device: 'eth0',
          output: '10.77.2.5 via 10.77.1.1 dev eth0 src 10.77.1.5 uid 0 cache expires 596sec mtu 1400',
        },
      ],
    });
    expect(told[0]).to.include({ cause: 'path MTU remembered', place: 'p1' });
    expect(told[0]?.sentence).to.include('mtu 1400').and.to.include('596 s');
    expect(told).to.have.length(1);
  });

  const toReceiver = (mtu: number) =>
    causes({
      way: [sighting('r:out', 'out', [ether({ dst: '0a:00:00:00:00:07' }), ...big(true)])],
      now: { r: router(1500), w: state({ links: [link('eth1', { mtu, mac: '0a:00:00:00:00:07' })] }) },
      site: { kind: 'on a wire' },
    });

  it('is told of the receiver whose card takes less', () => {
    const [first] = toReceiver(1450);
    expect(first).to.include({ cause: 'receiver’s MTU too small', place: 'w' });
    expect(first?.sentence).to.include('w’s eth1 has mtu 1450');
    expect(toReceiver(1500)).to.deep.equal([]);
    // A card takes a tag's four bytes more than its MTU.
    expect(toReceiver(1496)).to.deep.equal([]);
  });

  it('is told of the receiver of a copy, which was seen to leave for it', () => {
    const copy = [ether({ dst: 'ff:ff:ff:ff:ff:ff' }), ...ping({ length: 84 })];
    const plan = {
      nodes: [],
      pods: [],
      links: [
        {
          ends: [
            { place: 'h', interface: 'v2' },
            { place: 'c2', interface: 'eth0' },
          ],
        },
      ],
    };
    const way = [sighting('h:v1', 'in', copy), sighting('h:v2', 'out', copy), sighting('c3:eth0', 'in', copy)];
    const told = (mtu: number) =>
      causes({
        way,
        plan: plan as unknown as NonNullable<Loss['plan']>,
        now: { c2: state({ links: [link('eth0', { mtu })] }) },
        site: { next: { place: 'c2', device: 'eth0' } },
      }).map(({ cause }) => cause);
    expect(told(70)).to.deep.equal(['receiver’s MTU too small']);
    expect(told(1500)).to.deep.equal([]);
  });
});
