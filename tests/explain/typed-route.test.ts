import { expect } from 'chai';
import { typedRoute } from '../../src/explain/typed-route.ts';

describe('a line that changes a route', () => {
  it('is as ip(8) reads it, without what that prints of the route’s state', () => {
    expect(typedRoute('ip route replace 10.1.0.0/24 via 10.0.0.1 dev eth0 linkdown')).to.equal(
      'ip route replace 10.1.0.0/24 via 10.0.0.1 dev eth0',
    );
    const whole = 'ip route del blackhole 10.1.0.0/24';
    expect(typedRoute(whole)).to.equal(whole);
    expect(typedRoute('ip neigh del 10.0.0.1 dev dead')).to.equal('ip neigh del 10.0.0.1 dev dead');
  });

  it('names a nexthop object by its number alone, which the kernel takes together with no other way', () => {
    const del = (text: string) => typedRoute(`ip route del ${text}`);
    expect(del('10.0.2.2 nhid 6 via 10.0.2.77 dev eb')).to.equal('ip route del 10.0.2.2 nhid 6');
    expect(del('blackhole 10.0.2.2 nhid 5 dev lo')).to.equal('ip route del 10.0.2.2 nhid 5');
    expect(del('10.0.2.0/24 nhid 9 proto bird metric 20 nexthop via 10.0.0.1 dev a weight 1')).to.equal(
      'ip route del 10.0.2.0/24 nhid 9 proto bird metric 20',
    );
    expect(typedRoute('ip -6 route add fd00::/64 nhid 7 via fe80::1 dev a onlink pref medium')).to.equal(
      'ip -6 route add fd00::/64 nhid 7 pref medium',
    );
  });
});
