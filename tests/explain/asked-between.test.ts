import { expect } from 'chai';
import { askedBetween } from '../../src/explain/asked-between.ts';
import { arp, ether, ip, udp, vxlan } from '../../src/index.ts';
import type { Seen } from '../../src/observe/watch.ts';
import type { ExpectedHeader, Header } from '../../src/packet/index.ts';
import { factsOf } from './causes/loss.ts';

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

let order = 0;
const frame = (at: string, direction: Seen['direction'], headers: ExpectedHeader[]): Seen => {
  const [place = '', device = ''] = at.split(':');
  const packet = () => ({ headers: headers as Header[] });
  order += 1;
  return { place, device, at, direction, packet, order, time: 0n, bytes: Buffer.alloc(0) } as unknown as Seen;
};

const cables: Record<string, string> = { 'm1:eth1': 'r:eth0', 'r:eth0': 'm1:eth1' };
const surroundings = {
  wires: {
    before: (at: string, direction: string) =>
      direction === 'in' && cables[at] ? [{ at: cables[at], direction: 'out' as const }] : [],
    takes: () => false,
    ports: () => [],
    isPort: () => false,
  },
  peerOf: (at: string) => cables[at],
};

/** Where m1's question for a neighbour behind its tunnel was lost, of the frames that were seen of it. */
const lost = (...seen: Seen[]) => {
  const { site } = factsOf({ way: [], site: { place: 'm1' } });
  return askedBetween(site, [frame('m1:vx', 'out', asks), ...seen], surroundings);
};

describe('An ARP request in a tunnel', () => {
  it('is looked at where what wraps it was lost on its way', () => {
    const site = lost(frame('m1:eth1', 'out', wrapped), frame('r:eth0', 'in', wrapped));
    expect(site).to.include({ kind: 'at a place', place: 'r', instead: 'm1:vx’s ARP request for 10.7.0.2' });
    expect(site?.way.map(({ at }) => at)).to.deep.equal(['m1:vx', 'm1:eth1', 'r:eth0']);
    expect(lost(frame('m1:eth1', 'out', wrapped))).to.include({ kind: 'on a wire', place: 'm1' });
  });

  it('is looked at where it came to its end, and was not unwrapped', () => {
    const site = lost(frame('m1:eth1', 'out', wrapped), frame('m2:eth1', 'in', wrapped));
    expect(site).to.include({ kind: 'at a place', place: 'm2', instead: 'm1:vx’s ARP request for 10.7.0.2' });
  });

  it('is not looked at where it came out, was answered, or was not wrapped', () => {
    expect(lost(frame('m1:eth1', 'out', wrapped), frame('m2:vx', 'in', asks))).to.equal(undefined);
    expect(lost(frame('m1:eth1', 'out', wrapped), frame('m1:vx', 'in', answer))).to.equal(undefined);
    expect(lost()).to.equal(undefined);
  });
});
