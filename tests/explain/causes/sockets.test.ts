import { expect } from 'chai';
import { socketsIn } from '../../../src/explain/state/queues-and-sockets.ts';
import { ether, ip, tcp, udp } from '../../../src/index.ts';
import type { ExpectedHeader } from '../../../src/packet/index.ts';
import { causes, link, sighting, state } from './loss.ts';

const asked = { src: '10.77.1.5', dst: '10.77.1.1' };
const call: ExpectedHeader[] = [ip(asked), tcp({ src: 40000, dst: 80, flags: 'S' })];
const datagram: ExpectedHeader[] = [ip(asked), udp({ src: 40000, dst: 53 })];

/** What is told where a packet came to r by its interface in, and ss(8) lists these sockets there. */
const told = (packet: ExpectedHeader[], sockets: string) =>
  causes({
    way: [sighting('r:in', 'in', [ether({}), ...packet])],
    now: { r: state({ links: [link('in', { addresses: ['10.77.1.1/24'] })], sockets: socketsIn(sockets) }) },
  }).filter(({ cause }) => cause === 'no socket');

const listening = (address: string) => `tcp LISTEN 0 5 ${address} 0.0.0.0:*`;
const waiting = (address: string, peer: string) => `udp UNCONN 0 0 ${address} ${peer}`;

describe('A socket that does not take a packet', () => {
  it('takes IPv6 alone, where IPv4 came', () => {
    expect(told(call, listening('[::]:80'))[0]?.sentence).to.contain('[::]:80 alone, and takes IPv6 only');
    for (const both of ['*:80', '[::ffff:10.77.1.1]:80']) expect(told(call, listening(both))).to.deep.equal([]);
  });

  it('is connected to another peer', () => {
    const [first] = told(datagram, waiting('0.0.0.0:53', '10.77.2.9:9'));
    expect(first?.sentence).to.contain(
      'its socket of that port is connected to 10.77.2.9:9, and takes nothing of others',
    );
    expect(told(datagram, waiting('0.0.0.0:53', '10.77.1.5:40000'))).to.deep.equal([]);
    expect(told(datagram, waiting('0.0.0.0:53', '0.0.0.0:*'))).to.deep.equal([]);
  });

  it('is bound to another interface', () => {
    expect(told(call, listening('0.0.0.0%lo:80'))[0]?.sentence).to.contain('a socket has 0.0.0.0%lo:80 alone');
    expect(told(call, listening('0.0.0.0%in:80'))).to.deep.equal([]);
  });
});
