import { expect } from 'chai';
import { givenBy, type Tracked, translation } from '../../../src/observe/netfilter/conntrack.ts';

const ICMP =
  'icmp     1 29 src=10.0.0.1 dst=10.0.1.1 type=8 code=0 id=31 src=10.0.1.1 dst=10.0.1.254 type=0 code=0 id=31 mark=0 use=1';
const TCP =
  'tcp      6 119 TIME_WAIT src=10.0.0.1 dst=10.9.9.9 sport=57220 dport=8080 src=10.0.1.1 dst=10.0.1.254 sport=80 dport=57220 [ASSURED]';
const UDP =
  'udp      17 29 src=10.0.0.1 dst=10.9.9.9 sport=57220 dport=53 [UNREPLIED] src=10.0.1.2 dst=10.0.0.1 sport=53 dport=57220';
const SIX = 'tcp 6 9 src=fd00::1 dst=fd00::9 sport=5 dport=80 src=fd00::2 dst=fd00::1 sport=8080 dport=5';
const lines = [ICMP, UDP, TCP];

describe('translation', () => {
  const tracked: Tracked = { src: '10.0.0.1', dst: '10.9.9.9', protocol: 6, port: 57220 };

  it('is the line of the packet’s own connection, before and after its destination is translated', () => {
    expect(translation(tracked, lines)).to.match(/^tcp 6 119 TIME_WAIT/);
    expect(translation({ ...tracked, dst: '10.0.1.1' }, lines)).to.match(/^tcp/);
    expect(translation({ ...tracked, protocol: 17 }, lines)).to.match(/^udp/);
    expect(translation({ src: '10.0.0.1', dst: '10.0.1.1', protocol: 1, port: 31 }, lines)).to.match(/^icmp/);
  });

  it('is none of another’s', () => {
    expect(translation({ ...tracked, port: 1 }, lines)).to.equal(undefined);
    expect(translation({ ...tracked, dst: '10.7.7.7' }, lines)).to.equal(undefined);
    expect(translation(tracked, [])).to.equal(undefined);
  });
});

describe('givenBy', () => {
  it('is the address and port that the answer comes from, or goes to', () => {
    expect(givenBy('dnat', TCP)).to.equal('10.0.1.1:80');
    expect(givenBy('masquerade', TCP)).to.equal('10.0.1.254:57220');
    expect(givenBy('snat', ICMP)).to.equal('10.0.1.254');
    expect(givenBy('redirect', TCP)).to.equal(':80');
    expect(givenBy('dnat', SIX)).to.equal('[fd00::2]:8080');
    expect(givenBy('dnat', '')).to.equal(undefined);
  });
});
