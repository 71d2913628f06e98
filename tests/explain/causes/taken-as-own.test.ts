import { expect } from 'chai';
import { rulesIn } from '../../../src/explain/state/ip-lines.ts';
import { ether, icmp, ip } from '../../../src/index.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const rules = '0: from all lookup local\n9: from all to 10.77.2.5 lookup 88\n32766: from all lookup main\n';
const tables = {
  rules: rulesIn(rules),
  routes: 'local default dev lo table 88 scope host\n10.77.2.0/24 dev e2\n10.77.1.0/24 dev e1',
};
const router = state({
  links: [link('e1', { addresses: ['10.77.1.1/24'] }), link('e2', { addresses: ['10.77.2.1/24'] })],
  sysctls: { 'net.ipv4.conf.e1.forwarding': '1' },
  ...tables,
});
const receiver = state({ links: [link('eth0', { addresses: ['10.77.2.5/24'] })] });

const hop = (kind: 'point' | 'hook', place: string) => ({
  ...{ kind, part: 'request', place, device: 'e2', chain: 'FORWARD', seen: null, fate: 'lost' },
  expected: kind === 'point' ? [ip({ src: '10.77.1.5', dst: '10.77.2.5' })] : { ending: { verdict: 'accept' } },
});
const local = (loss: Partial<Loss>) =>
  causes({
    way: [sighting('r:e1', 'in', [ether({}), ...ping({ ttl: 64 })])],
    now: { r: router, b: receiver },
    ...loss,
  }).find(({ cause }) => cause === 'local route');
const walk = (...hops: object[]) =>
  ({ hops, strays: [], outcome: 'lost', failedAt: 0 }) as unknown as NonNullable<Loss['walk']>;

describe('A route by which another’s address is one’s own', () => {
  it('is told with the policy rule that leads to it, where the walk lists that it goes on', () => {
    const told = local({ walk: walk(hop('point', 'r'), hop('point', 'b')) });
    expect(told).to.deep.include({
      place: 'r',
      sentence:
        'r takes 10.77.2.5 for its own by the route local default dev lo table 88 scope host, to which its policy rule from all to 10.77.2.5 lookup 88 leads, and does not hand it on to b',
      fix: { place: 'r', command: 'ip rule del from all to 10.77.2.5 lookup 88' },
    });
  });

  it('is told where a hook of netfilter is listed next, and of one’s own packet', () => {
    expect(local({ walk: walk(hop('hook', 'r'), hop('point', 'r'), hop('point', 'b')) })?.place).to.equal('r');
    expect(local({})?.place).to.equal('r');
    const unsent = { place: 'r', kind: 'nothing sent', headers: ping() } as unknown as NonNullable<Loss['site']>;
    expect(local({ way: [], site: unsent })?.place, 'of who sends').to.equal('r');
  });

  it('is not told of who is the last that the walk lists with that address, as the end of a tunnel is', () => {
    const wraps = walk(hop('point', 'r'), { ...hop('point', 'b'), expected: [ip({ dst: '10.1.0.9' })] });
    expect(local({ walk: wraps })).to.equal(undefined);
  });

  it('is not told of an address that nobody else has, and where no rule leads to such a route', () => {
    expect(local({ now: { r: router } })).to.equal(undefined);
    const plain = { ...router, rules: rulesIn(rules.replace('10.77.2.5', '10.77.2.6')) };
    expect(local({ now: { r: plain, b: receiver } })).to.equal(undefined);
    const other = [sighting('r:e1', 'in', [ether({}), ip({ src: '10.77.1.5', dst: '10.77.2.6' }), icmp({})])];
    expect(local({ way: other })).to.equal(undefined);
  });
});
