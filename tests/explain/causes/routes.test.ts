import { expect } from 'chai';
import { causes, link, ping, sighting, state } from './loss.ts';

const before = '10.77.2.0/24 via 10.0.0.2 dev out';
const sentence = `r: route ${before} is gone`;
const gone = { place: 'r', what: 'route', change: 'gone', subject: before, before, sentence } as const;

/** What is told of a packet that r has lost the route for, by the flags that the route's device has now. */
const told = (flags: string[]) =>
  causes({
    changes: [gone],
    isProven: true,
    way: [sighting('r:in', 'in', ping())],
    now: {
      r: state({
        links: [link('in', { addresses: ['10.77.1.1/24'] }), link('out', { addresses: ['10.0.0.1/24'], flags })],
        routes: '10.77.1.0/24 dev in',
        sysctls: { 'net.ipv4.conf.in.forwarding': '1' },
      }),
    },
  }).find(({ cause }) => cause === 'no route');

describe('A route that is gone', () => {
  it('is given back by its own line', () => {
    expect(told(['UP', 'LOWER_UP'])).to.deep.include({
      sentence: `r has no route to 10.77.2.5: ${sentence}`,
      fix: { place: 'r', command: `ip route add ${before}` },
    });
  });

  it('went with its device, which is switched on first', () => {
    expect(told([])).to.deep.include({
      sentence: `r has no route to 10.77.2.5: ${sentence}, as it goes when out is switched off`,
      fix: { place: 'r', command: `ip link set dev out up && ip route add ${before}` },
    });
  });
});
