import { expect } from 'chai';
import { evidence } from '../../src/explain/captured.ts';
import type { Sent } from '../../src/observe/sent.ts';
import { journey } from '../judge/sightings.ts';
import { arp, capture, ipv4, packet, udpBytes, unreachable } from '../observe/seen.ts';

const asks = arp('request', '10.0.0.1', '10.0.0.2');
const answers = arp('reply', '10.0.0.2', '10.0.0.1');

const sent = (more: Partial<Sent>): Sent => ({
  send: { from: 'a', command: 'ping -c 1 10.0.0.2' },
  ran: { command: '', code: 0, stdout: '', stderr: '' },
  observations: [],
  notes: [],
  seen: [],
  dropped: [],
  untraced: [],
  ...more,
});
const told = (more: Partial<Sent>, ...ports: string[]) => evidence(sent(more), { isPort: (at) => ports.includes(at) });

describe('evidence', () => {
  it('names neighbours who were asked in vain, once', () => {
    const seen = capture(['a:eth0', 'out', asks], ['a:eth0', 'out', asks]);
    expect(told({ seen })).to.deep.equal(['a:eth0 asked by ARP who has 10.0.0.2; nobody answered']);
    expect(told({ seen: [...seen, ...capture(['a:eth0', 'in', answers])] })).to.deep.equal([]);
  });

  it('looks for them where the packet was last seen, and not at ports of bridges', () => {
    const seen = capture(['r:eth1', 'out', asks]);
    const observations = journey([
      ['a:eth0', 'out', 64],
      ['r:eth0', 'in', 64],
    ]);
    expect(told({ seen })).to.deep.equal([]);
    expect(told({ seen, observations })).to.have.length(1);
    expect(told({ seen, observations }, 'r:eth1')).to.deep.equal([]);
  });

  it('tells errors about the packet, each once, and about no other', () => {
    const quoted = ipv4(17, { src: '10.42.0.65', dst: '10.42.1.9' }, udpBytes(5000, 9, 'x'));
    const error = packet(1, { src: '10.0.0.254', dst: '10.42.0.65' }, unreachable(quoted));
    const observations = journey([['a:eth0', 'out', 64]]);
    const seen = capture(['r:eth0', 'out', error], ['r:veth', 'out', error], ['a:eth0', 'in', error]);
    expect(told({ seen, observations })).to.deep.equal([
      'r:eth0: 10.0.0.254 tells 10.42.0.65 by ICMP: unreachable, code 3, about its packet to 10.42.1.9',
    ]);
    expect(told({ seen })).to.deep.equal([]);
  });

  it('tells what the sender was told', () => {
    const ran = {
      command: '',
      code: 2,
      stdout: 'PING 10.0.0.2\nFrom 10.0.0.1 icmp_seq=1 Time to live exceeded',
      stderr: 'ping: sendmsg: No route',
    };
    expect(told({ ran })).to.deep.equal([
      'the sender was told: From 10.0.0.1 icmp_seq=1 Time to live exceeded',
      'the sender was told: ping: sendmsg: No route',
    ]);
  });
});
