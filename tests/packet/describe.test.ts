import { expect } from 'chai';
import * as words from '../../src/packet/index.ts';
import { arp, decode, describe as described, ether, icmp, ip, mac, udp, vxlan } from '../../src/packet/index.ts';
import { frame } from './compose.ts';
import { arpRequest, datagram, echoReply, fragmentationNeeded, syn, vxlanEcho } from './frames.ts';
import { random, seed } from './random.ts';

const seen = (frame: Buffer) => decode(frame, 'ethernet').headers;

const pasted = (line: string): unknown =>
  new Function(...Object.keys(words), `return ${line}`)(...Object.values(words));

describe('describe', () => {
  it('writes an expectation as a lab states it', () => {
    expect(
      described([
        ether({ src: mac('node1:flannel.1') }),
        ip({ src: '10.42.0.65', ttl: 63, df: true }),
        udp(),
        vxlan({ vni: 1 }),
        icmp({ type: 'echo request' }),
      ]),
    ).to.deep.equal([
      "ether({ src: mac('node1:flannel.1') })",
      "ip({ src: '10.42.0.65', ttl: 63, df: true })",
      'udp()',
      'vxlan({ vni: 1 })',
      "icmp({ type: 'echo request' })",
    ]);
  });

  it('cuts a seen stack down to what a reader looks at first', () => {
    expect(described(seen(vxlanEcho), [])).to.deep.equal([
      "ip({ src: '192.168.205.4', dst: '192.168.205.3', ttl: 64 })",
      'udp({ dst: 8472 })',
      'vxlan({ vni: 1 })',
      "ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64 })",
      "icmp({ type: 'echo request' })",
    ]);
    expect(described(seen(arpRequest), [])).to.deep.equal([
      "arp({ op: 'request', spa: '10.42.0.65', tpa: '10.42.0.1' })",
    ]);
    expect(described(seen(syn), [])[1]).to.equal("tcp({ src: 60326, dst: 80, flags: 'S' })");
    expect(described(seen(fragmentationNeeded), [])[1]).to.equal("icmp({ type: 'unreachable', mtu: 1200 })");
  });

  it('says of a fragment that it is one, though nothing of that was stated', () => {
    const fragment = Buffer.from(datagram);
    fragment.writeUInt16BE(0x2001, 20);
    expect(described(decode(fragment, 'ethernet').headers, [ip()]).at(0)).to.contain('offset: 8, mf: true');
    expect(described(decode(datagram, 'ethernet').headers, [ip()]).at(0)).not.to.contain('offset');
  });

  it('adds the fields that were expected, and ether where it was', () => {
    const like = [
      ip(),
      udp({ dst: 4789 }),
      vxlan(),
      ether({ src: mac('master:flannel.1') }),
      ip({ df: false }),
      icmp(),
    ];
    expect(described(seen(vxlanEcho), like)).to.deep.equal([
      "ip({ src: '192.168.205.4', dst: '192.168.205.3', ttl: 64 })",
      'udp({ dst: 8472 })',
      'vxlan({ vni: 1 })',
      "ether({ src: '0e:00:00:00:00:01', dst: '0e:00:00:00:00:02' })",
      "ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64, df: true })",
      "icmp({ type: 'echo request' })",
    ]);
  });

  it('finds the counterpart of each header when the stacks differ', () => {
    const like = [
      ip({ src: '192.168.205.4' }),
      udp(),
      vxlan(),
      ip({ dst: '10.42.0.65', id: 1 }),
      icmp({ sequence: 1 }),
    ];
    for (const headers of [seen(echoReply), decode(echoReply.subarray(14), 'raw').headers])
      expect(described(headers, like)).to.deep.equal([
        "ip({ src: '10.42.1.9', dst: '10.42.0.65', ttl: 63, id: 27198 })",
        "icmp({ type: 'echo reply', sequence: 1 })",
      ]);
  });

  it('escapes text', () => {
    const name = `it's a "\\" and a\nline`;
    expect(pasted(described([arp({ sha: mac(name), spa: name })]).join())).to.deep.equal(
      arp({ sha: mac(name), spa: name }),
    );
  });

  it(`can be pasted into a lab (SEED=${seed})`, () => {
    const source = random(seed);
    for (let count = 0; count < 200; count++) {
      const headers = seen(frame(source));
      expect(described(headers).map(pasted)).to.deep.equal(headers);
    }
  });
});
