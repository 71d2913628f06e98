import { expect } from 'chai';
import { causes, type Loss, link, ping, sighting, state } from './loss.ts';

const refused = { from: 'p1', command: 'ping -c 1 10.77.2.5', code: 1, stdout: '' };
const noBuffer = { ...refused, stderr: 'ping: sendmsg: No buffer space available' };

/** The first cause of a packet that p1 did not send by its eth0, which has a queue that is told in a line of tc(8). */
const first = (rest: Partial<Loss>, qdiscs = 'qdisc noqueue 0: dev eth0 root refcnt 2') =>
  causes({
    way: [],
    now: {
      p1: state({ links: [link('eth0', { addresses: ['10.77.2.1/24'] })], routes: '10.77.2.0/24 dev eth0', qdiscs }),
    },
    lookups: [
      { place: 'p1', command: 'ip route get 10.77.2.5', output: '10.77.2.5 dev eth0', device: 'eth0', ok: true },
    ],
    site: { place: 'p1', kind: 'nothing sent', headers: ping() } as unknown as NonNullable<Loss['site']>,
    ...rest,
  })[0];

describe('A neighbour for whom there is no room', () => {
  it('is told by what the sender was told, and names the setting of its version of IP', () => {
    const told = first({ sent: noBuffer });
    expect(told).to.deep.include({ cause: 'neighbour table full', confidence: 'likely', place: 'p1' });
    expect(told?.sentence).to.contain('net.ipv4.neigh.default.gc_thresh3');
    expect(first({ sent: noBuffer, askedFor: 'fd00::5' })?.sentence).to.contain('net.ipv6.neigh.default.gc_thresh3');
  });

  it('is told by the kernel, of a packet that was to be passed on as well', () => {
    const way = [sighting('p1:eth1', 'in', ping())];
    const kernelDrops = [{ place: 'p1', reason: 'NEIGH_CREATEFAIL' }] as unknown as Loss['kernelDrops'] & {};
    expect(first({ way, site: {}, sent: { ...refused, stderr: '' }, kernelDrops })).to.deep.include({
      cause: 'neighbour table full',
      confidence: 'certain',
    });
  });

  it('is not told where a queue of the sender dropped it, or where it was sent', () => {
    const full =
      'qdisc tbf 8001: dev eth0 root refcnt 2 rate 8Kbit burst 40b limit 40b\n Sent 0 bytes 0 pkt (dropped 1, overlimits 1 requeues 0)';
    expect(first({ sent: noBuffer }, full)?.cause).to.equal('queue drops');
    expect(first({ sent: noBuffer, way: [sighting('p1:eth0', 'out', ping())], site: {} })?.cause).not.to.equal(
      'neighbour table full',
    );
  });
});
