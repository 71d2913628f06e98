import { expect } from 'chai';
import { ether } from '../../../src/index.ts';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const lost = (
  routes: string,
  daemons: NonNullable<Loss['daemons']>,
  changes: NonNullable<Loss['changes']> = [],
  isProven = changes.length > 0,
) =>
  causes({
    changes,
    isProven,
    way: [sighting('r:in', 'in', [ether({}), ...ping()])],
    now: {
      r: state({
        links: [link('in', { addresses: ['10.77.1.1/24'] }), link('out', { addresses: ['10.0.0.1/24'] })],
        routes,
        sysctls: { 'net.ipv4.conf.in.forwarding': '1' },
      }),
    },
    daemons,
  });

const bird = { place: 'n2', name: 'bird', runs: false };

describe('A packet that is lost while a daemon does nothing', () => {
  it('is lost by a daemon of any place rather than by the route that is missing', () => {
    const told = lost('10.77.1.0/24 dev in', [bird]);
    expect(told.map(({ cause }) => cause)).to.deep.equal(['daemon ended', 'no route']);
    expect(told[0]).to.include({ confidence: 'likely', place: 'n2' });
    const running = lost('10.77.1.0/24 dev in', [{ ...bird, runs: true }]);
    expect(running.map(({ cause }) => cause)).to.deep.equal(['no route']);
  });

  it('is lost by a daemon whose route is gone elsewhere, if that led to whom the packet is for', () => {
    const gone = (subject: string) => ({
      ...({ place: 'r0', what: 'route', change: 'gone', subject } as const),
      before: `${subject} via 10.0.0.9 dev out proto bird`,
      sentence: `r0: route ${subject} is gone`,
    });
    const [first] = lost('10.77.1.0/24 dev in', [bird], [gone('10.77.2.0/24')]);
    expect(first).to.include({ cause: 'daemon ended', place: 'n2' });
    expect(first?.sentence).to.contain('this is gone: r0: route 10.77.2.0/24 is gone');
    const [other] = lost('blackhole 10.77.2.0/24\n10.77.1.0/24 dev in', [bird], [gone('10.78.0.0/16')]);
    expect(other?.cause).to.equal('blackhole route');
  });

  it('is not lost by one that has nothing to do with what is wrong', () => {
    const [first, second] = lost('blackhole 10.77.2.0/24\n10.77.1.0/24 dev in', []);
    expect([first?.cause, second]).to.deep.equal(['blackhole route', undefined]);
    const [possible] = lost('10.77.2.0/24 via 10.0.0.2 dev out\n10.77.1.0/24 dev in', [bird]);
    expect(possible).to.include({ cause: 'daemon ended', confidence: 'possible' });
  });

  it('is not lost by one that ended since the lab was proven, where nothing that it may have programmed is gone', () => {
    const sentence = 'n2: daemon bird has ended';
    const change = { place: 'n2', what: 'daemon', change: 'gone', subject: 'bird', before: 'bird', sentence } as const;
    const told = lost('10.77.1.0/24 dev in', [bird], [change]);
    expect(told[0]?.cause).to.equal('no route');
    const route = {
      place: 'r',
      what: 'route',
      change: 'gone',
      subject: '10.77.2.0/24',
      sentence: 'n2: a route is gone',
    } as const;
    expect(lost('10.77.1.0/24 dev in', [bird], [change, route])[0]?.cause).to.equal('daemon ended');
    const elsewhere = { ...route, place: 'n3' };
    expect(lost('10.77.1.0/24 dev in', [bird], [change, elsewhere])[0]?.cause).to.equal('no route');
  });

  it('is not lost by one that has ended elsewhere, where all is as it was when the lab was proven', () => {
    expect(lost('10.77.1.0/24 dev in', [bird], [], true)[0]?.cause).to.equal('no route');
  });

  it('is lost by one that is stopped at the place that it came to', () => {
    const stopped = { place: 'r', name: 'flanneld', runs: true, isStopped: true } as const;
    const routes = '10.77.2.0/24 via 10.0.0.2 dev out\n10.77.1.0/24 dev in';
    const [first] = lost(routes, [stopped]);
    expect(first).to.include({ cause: 'daemon stopped', confidence: 'likely', place: 'r' });
    expect(first?.fix?.command).to.equal('kill -CONT $(cat /run/flanneld.pid)');
    expect(lost(routes, [{ ...stopped, place: 'n2' }])[0]).to.include({ confidence: 'possible' });
  });
});
