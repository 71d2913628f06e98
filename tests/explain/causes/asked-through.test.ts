import { expect } from 'chai';
import { askedThrough } from '../../../src/explain/asked-through.ts';
import { arp, ether, ip, udp, vxlan } from '../../../src/index.ts';
import type { Seen } from '../../../src/observe/watch.ts';
import type { ExpectedHeader, Header } from '../../../src/packet/index.ts';
import { factsOf, link, state } from './loss.ts';

const all = ether({ src: '02:00:00:00:00:0a', dst: 'ff:ff:ff:ff:ff:ff' });
const asks = [all, arp({ op: 'request', spa: '10.7.0.1', tpa: '10.7.0.2' })];
const answer = [all, arp({ op: 'reply', spa: '10.7.0.2', tpa: '10.7.0.1' })];
const wrapped = [
  ether({}),
  ip({ src: '192.168.56.11', dst: '192.168.56.12', ttl: 64 }),
  udp({ dst: 4789 }),
  vxlan({ vni: 5 }),
  ...asks,
];

const frame = (at: string, direction: Seen['direction'], headers: ExpectedHeader[]): Seen => {
  const [place = '', device = ''] = at.split(':');
  const packet = () => ({ headers: headers as Header[] });
  return { place, device, at, direction, packet, order: 0, time: 0n, bytes: Buffer.alloc(0) } as unknown as Seen;
};

const vx = (id: number) => link('vx', { kind: 'vxlan', data: { id, port: 4789 } });
const facts = (...seen: Seen[]) =>
  factsOf({
    way: [],
    seen: [frame('p1:eth0', 'out', asks), frame('m1:vx', 'out', asks), ...seen],
    now: {
      m1: state({ links: [vx(5)] }),
      m2: state({ links: [link('eth1', { addresses: ['192.168.56.12/24'] }), vx(6)] }),
    },
  });

describe('An ARP request that goes through a tunnel', () => {
  it('is looked at where it came to the end of the tunnel and did not come out', () => {
    const found = askedThrough(facts(frame('m1:eth1', 'out', wrapped), frame('m2:eth1', 'in', wrapped)));
    expect(found?.site).to.include({ place: 'm2', kind: 'at a place' });
    expect(found?.site.way.map(({ at }) => at)).to.deep.equal(['m1:vx', 'm2:eth1']);
  });

  it('is looked at where it was handed to the tunnel and did not leave', () => {
    expect(askedThrough(facts())?.site.last).to.include({ at: 'm1:vx', direction: 'out' });
  });

  it('is none of the tunnel’s where it came out, was answered, or was lost between its ends', () => {
    expect(askedThrough(facts(frame('m2:eth1', 'in', wrapped), frame('m2:vx', 'in', asks)))).to.equal(undefined);
    expect(askedThrough(facts(frame('m2:eth1', 'in', wrapped), frame('p1:eth0', 'in', answer)))).to.equal(undefined);
    expect(askedThrough(facts(frame('m1:eth1', 'out', wrapped)))).to.equal(undefined);
    expect(askedThrough(factsOf({ way: [] }))).to.equal(undefined);
  });
});
