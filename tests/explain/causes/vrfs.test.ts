import { expect } from 'chai';
import { rulesIn } from '../../../src/explain/state/ip-lines.ts';
import { ether } from '../../../src/index.ts';
import { causes, link, ping, sighting, state } from './loss.ts';

const rules = rulesIn(`
0: from all lookup local
1000: from all lookup [l3mdev-table]
32766: from all lookup main
`);

/** A router with two VRFs, whose cards are in those that are stated. */
const router = (e0: string | undefined, e1: string | undefined, more = '') =>
  state({
    rules,
    links: [
      link('blue', { kind: 'vrf', data: { table: 10 } }),
      link('red', { kind: 'vrf', data: { table: 20 } }),
      link('e0', { addresses: ['10.77.1.1/24'], ...(e0 && { master: e0, masterKind: 'vrf' }) }),
      link('e1', { addresses: ['10.77.2.1/24'], ...(e1 && { master: e1, masterKind: 'vrf' }) }),
    ],
    routes: `10.77.2.0/24 dev e1 table ${e1 === 'blue' ? 10 : e1 === 'red' ? 20 : 'main'} proto kernel\n${more}`,
    sysctls: { 'net.ipv4.conf.e0.forwarding': '1', 'net.ipv4.conf.blue.forwarding': '1' },
  });
const way = [sighting('r:e0', 'in', [ether({}), ...ping({ ttl: 64 })])];
const moved = (device: string, before: string, after: string) => ({
  place: 'r',
  what: 'link' as const,
  change: 'other' as const,
  subject: `${device}: master`,
  before,
  after,
  device,
  sentence: `r: link ${device}: master is ${after}, was ${before}`,
});

describe('A packet that comes by an interface of a VRF', () => {
  it('is routed by the table of that VRF', () => {
    const blackhole = 'blackhole 10.77.2.5 table 10';
    const [first, ...others] = causes({ way, now: { r: router('blue', 'blue', blackhole) } });
    expect(first).to.include({ cause: 'blackhole route', confidence: 'certain' });
    expect(first?.fix?.command).to.equal(`ip route del ${blackhole}`);
    expect(others.map(({ cause }) => cause)).not.to.include.members(['policy rule missing', 'VRF differs', 'no route']);
  });

  it('has its way, and so lacks nothing', () => {
    const told = causes({ way, now: { r: router('blue', 'blue') } }).map(({ cause }) => cause);
    for (const each of ['VRF differs', 'no route', 'policy rule missing']) expect(told).not.to.include(each);
  });

  it('has no way where only another VRF has one', () => {
    const [first, ...others] = causes({ way, now: { r: router('red', 'blue') } });
    expect(first).to.deep.include({
      cause: 'VRF differs',
      fix: { place: 'r', command: 'ip link set dev e0 master blue' },
    });
    expect(first?.sentence).to.include('in VRF red (table 20)').and.to.include('VRF blue has it');
    expect(others.map(({ cause }) => cause))
      .not.to.include('policy rule missing')
      .and.not.to.include('no route');
  });

  it('has no way where it is in none, or the way is in none', () => {
    const [inNone] = causes({ way, now: { r: router(undefined, 'blue') } });
    expect(inNone?.sentence).to.include('in no VRF');
    const leads = causes({ way, now: { r: router('blue', undefined) } }).map(({ cause }) => cause);
    expect(leads, 'the main table is asked after that of the VRF').not.to.include('VRF differs');
    const refusing = router('blue', undefined, 'unreachable default table 10 metric 4278198272');
    const [wayInNone, ...others] = causes({ way, now: { r: refusing } });
    expect(others.map(({ cause }) => cause)).not.to.include('unreachable route');
    expect(wayInNone).to.include({ cause: 'VRF differs' });
    expect(wayInNone?.sentence).to.include('it is in no VRF');
  });

  it('is mended where it was changed', () => {
    const changes = [moved('e1', 'blue', 'red')];
    const [first] = causes({ way, now: { r: router('blue', 'red') }, changes });
    expect(first).to.deep.include({
      confidence: 'certain',
      fix: { place: 'r', command: 'ip link set dev e1 master blue' },
    });
  });

  it('lacks a route, and no VRF, where nobody has one', () => {
    const bare = { ...router('blue', 'blue'), routes: [] };
    const told = causes({ way, now: { r: bare } }).map(({ cause }) => cause);
    expect(told).to.include('no route').and.not.to.include('VRF differs');
  });
});
