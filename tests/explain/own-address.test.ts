import { expect } from 'chai';
import { ownByRoute, routedAway } from '../../src/explain/own-address.ts';
import { routesIn, rulesIn } from '../../src/explain/state/ip-lines.ts';
import type { PlaceState } from '../../src/explain/state/place-state.ts';
import { link, state } from './causes/loss.ts';

const own = 'local 10.9.0.2 dev eth0 table local proto kernel scope host src 10.9.0.2';
const net = '10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2';
const usual = '0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default\n';

const b = ({
  rules = usual,
  routes = [own, net],
  ...rest
}: Omit<Parameters<typeof state>[0], 'rules' | 'routes'> & { rules?: string; routes?: string[] }) =>
  state({
    links: [link('eth0', { addresses: ['10.9.0.2/24', 'fd00::2/64'] })],
    ...rest,
    rules: rulesIn(rules),
    routes: routes.join('\n'),
  });

const incoming = { src: '10.9.0.1', dst: '10.9.0.2', iif: 'eth0' };
const facts = (place: PlaceState) => ({ now: new Map([['b', place]]), changes: [] });
const away = (place: PlaceState, more: object = {}) => routedAway(facts(place), 'b', { ...incoming, ...more });

describe('an address of a place’s own', () => {
  it('is its own by the rules that every kernel begins with, and where that for table local is moved but asked first', () => {
    expect(away(b({}))).to.equal(undefined);
    const moved = '100: from all lookup local\n200: from all prohibit\n';
    expect(away(b({ rules: moved }))).to.equal(undefined);
    const other = '50: from all iif eth1 prohibit\n60: from 10.0.0.0/16 blackhole\n100: from all lookup local\n';
    expect(away(b({ rules: other })), 'rules that do not hold for it').to.equal(undefined);
  });

  it('is routed away by a rule before that', () => {
    const found = away(b({ rules: '50: from all iif eth0 prohibit\n100: from all lookup local\n' }));
    expect(found?.what).to.equal(
      'its policy rule 50: from all iif eth0 prohibit comes before that for its own addresses, 100: from all lookup local',
    );
    expect(found?.fix).to.equal('ip rule add pref 0 lookup local');
    const at0 = away(b({ rules: '0: from all prohibit\n0: from all lookup local\n' }));
    expect(at0?.fix).to.equal('ip rule del from all prohibit pref 0');
  });

  it('is routed away where the rule for table local does not hold, or its route is gone', () => {
    const found = away(b({ rules: '0: from all iif lo lookup local\n32766: from all lookup main\n' }));
    expect(found?.what).to.include('0: from all iif lo lookup local, does not hold for it');
    expect(away(b({ routes: ['local 127.0.0.1 dev lo table local', net] }))?.fix).to.equal(`ip route add ${own}`);
    const routes6 = routesIn('local ::1 dev lo table local proto kernel metric 0 pref medium');
    expect(away(b({ routes6 }), { dst: 'fd00::2', src: 'fd00::1' })?.fix).to.equal(
      'ip -6 route add local fd00::2 dev eth0 table local',
    );
  });

  it('is nothing to tell of where it is another’s, its interface is down or in a VRF, or rules are not known', () => {
    const rules = '50: from all prohibit\n100: from all lookup local\n';
    expect(away(b({ rules }), { dst: '10.9.0.7' })).to.equal(undefined);
    expect(away(b({ rules, unread: ['rules'] }))).to.equal(undefined);
    const links = [link('eth0', { flags: [], addresses: ['10.9.0.2/24'] })];
    expect(away(b({ rules, links }))).to.equal(undefined);
    const vrf = link('blue', { kind: 'vrf', data: { table: 10 } });
    const inBlue = [vrf, link('eth0', { master: 'blue', masterKind: 'vrf', addresses: ['10.9.0.2/24'] })];
    expect(away(b({ rules, links: inBlue }))).to.equal(undefined);
  });
});

describe('an address of another', () => {
  const back = (place: PlaceState) => ownByRoute(facts(place), 'b', incoming);
  const tproxy = 'local default dev lo table 77 scope host';

  it('is one’s own by a route of type local, and by a rule that leads to one', () => {
    expect(back(b({ routes: [own, net, tproxy] })), 'no rule leads there').to.equal(undefined);
    const rules = '0: from all lookup local\n90: from all fwmark 0x1 lookup 77\n100: from all lookup main\n';
    expect(back(b({ rules, routes: [own, net, tproxy] })), 'it lacks the mark').to.equal(undefined);
    const led = back(b({ rules: rules.replace(' fwmark 0x1', ''), routes: [own, net, tproxy] }));
    expect(led).to.deep.include({
      what: `its route back to 10.9.0.1 is ${tproxy}, by the policy rule from all lookup 77`,
      fix: 'ip rule del from all lookup 77',
    });
    const alone = 'local 10.9.0.1 dev lo table local scope host';
    expect(back(b({ routes: [own, net, alone] }))?.fix).to.equal(`ip route del ${alone}`);
  });

  it('is none of one’s own where an interface has it: that is told otherwise', () => {
    const links = [link('eth0', { addresses: ['10.9.0.2/24'] }), link('lo', { addresses: ['10.9.0.1/32'] })];
    const routes = routesIn('local 10.9.0.1 dev lo table local');
    expect(ownByRoute(facts({ ...b({ links }), routes }), 'b', incoming)).to.equal(undefined);
  });
});
