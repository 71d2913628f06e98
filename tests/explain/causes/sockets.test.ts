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

describe('A connection that is not begun', () => {
  const refused = (range: string, stderr = 'bash: connect: Cannot assign requested address') =>
    causes({
      way: [],
      site: { place: 'a' },
      sent: { from: 'a', command: 'bash -c "</dev/tcp/10.77.1.1/80"', code: 1, stdout: '', stderr },
      now: {
        a: state({
          links: [link('eth0', { addresses: ['10.77.1.5/24'] })],
          routes: 'default dev eth0',
          sysctls: { 'net.ipv4.ip_local_port_range': range },
          sockets: socketsIn('tcp ESTAB 0 0 10.77.1.5:40000 10.77.1.1:80'),
        }),
      },
    }).filter(({ cause }) => cause === 'local ports used up');

  it('has no port left', () => {
    const [first] = refused('40000\t40000');
    expect(first?.sentence).to.contain('of the 1 from 40000 to 40000 (net.ipv4.ip_local_port_range), 1 is taken');
    expect(first?.fix?.command).to.equal("sysctl -w net.ipv4.ip_local_port_range='32768 60999'");
    expect(refused('40000\t40001')).to.deep.equal([]);
    expect(refused('40000\t40000', 'bash: connect: Connection refused')).to.deep.equal([]);
  });
});
