import { expect } from 'chai';
import { decode, ip, mirror, trail } from '../../../src/packet/index.ts';
import { echoReply, ipipEcho } from '../frames.ts';

describe('ip in ip', () => {
  const { headers } = decode(ipipEcho, 'ethernet');

  it('is an ip header inside another', () => {
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal(['ether', 'ip', 'ip', 'icmp']);
    expect(headers[1]?.fields).to.include({ src: '192.168.205.3', dst: '192.168.205.4', protocol: 4, length: 104 });
    expect(headers[2]?.fields).to.include({ src: '10.42.1.9', dst: '10.42.0.65', protocol: 1, length: 84 });
  });

  it('is the bare inner packet on the tunnel’s own device', () => {
    expect(decode(ipipEcho.subarray(34), 'raw').headers).to.deep.equal(headers.slice(2));
  });

  it('leaves the trail as it was before the tunnel', () => {
    expect(trail(decode(ipipEcho, 'ethernet'))).to.equal(trail(decode(echoReply, 'ethernet')));
  });

  it('is answered in a tunnel the other way', () => {
    const tunnel = [ip({ src: '192.168.205.3', dst: '192.168.205.4' }), ip({ src: '10.42.1.9', dst: '10.42.0.65' })];
    expect(mirror(tunnel)).to.deep.equal([
      ip({ src: '192.168.205.4', dst: '192.168.205.3' }),
      ip({ src: '10.42.0.65', dst: '10.42.1.9' }),
    ]);
  });

  it('says what is wrong with the inner header, and keeps the outer', () => {
    const frame = Buffer.from(ipipEcho);
    frame[34] = 0x65;
    const { headers, payload, malformed } = decode(frame, 'ethernet');
    expect(headers.map(({ protocol }) => protocol)).to.deep.equal(['ether', 'ip', 'malformed']);
    expect(payload).to.have.lengthOf(84);
    expect(malformed).to.equal('ip: its version is 6');
  });
});
