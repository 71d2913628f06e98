import { expect } from 'chai';
import { portOf, sendingLine } from '../../src/plan/sending.ts';

describe('sendingLine', () => {
  it('is what a person would type', () => {
    expect(sendingLine({ protocol: 'icmp' }, '10.0.0.2', true)).to.equal('ping -c 1 10.0.0.2');
    expect(sendingLine({ protocol: 'tcp', port: 80 }, '10.0.0.2', true)).to.equal(
      "timeout 2 bash -c '</dev/tcp/10.0.0.2/80'",
    );
    expect(sendingLine({ protocol: 'udp', port: 53 }, '10.0.0.2', true)).to.equal(
      "bash -c 'echo packetwalk >/dev/udp/10.0.0.2/53'",
    );
  });

  it('needs no bash', () => {
    for (const protocol of ['tcp', 'udp'] as const)
      expect(sendingLine({ protocol, port: 80 }, '10.0.0.2', false)).to.match(/^perl .*10\.0\.0\.2:80/);
  });
});

describe('portOf', () => {
  it('refuses what is none', () => {
    expect(portOf('65535')).to.equal(65535);
    for (const word of ['0', '65536', '', 'http', '-1', '1.5']) expect(() => portOf(word), word).to.throw('is no port');
  });
});
