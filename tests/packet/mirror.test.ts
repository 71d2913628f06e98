import { expect } from 'chai';
import { arp, compatible, ether, icmp, ip, mac, mirror, tcp, udp, vxlan } from '../../src/packet/index.ts';

const tunnel = [ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 })];
const ping = [ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64 }), icmp({ type: 'echo request' })];
const web = [ip({ src: '10.42.0.65', dst: '10.42.1.9' }), tcp({ dst: 80, flags: 'S' })];
const link = [ether({ src: mac('podA:eth0'), dst: mac('master:vethA') })];
const question = [
  arp({ op: 'request', sha: mac('podA:eth0'), spa: '10.42.0.65', tha: '00:00:00:00:00:00', tpa: '10.42.0.1' }),
];

describe('mirror', () => {
  it('turns a request into its reply', () => {
    expect(mirror(ping)).to.deep.equal([
      ip({ src: '10.42.1.9', dst: '10.42.0.65', ttl: 64 }),
      icmp({ type: 'echo reply' }),
    ]);
    expect(mirror(web)).to.deep.equal([ip({ src: '10.42.1.9', dst: '10.42.0.65' }), tcp({ src: 80, flags: 'SA' })]);
    expect(mirror(link)).to.deep.equal([ether({ dst: mac('podA:eth0'), src: mac('master:vethA') })]);
    expect(mirror(question)).to.deep.equal([
      arp({ op: 'reply', tha: mac('podA:eth0'), tpa: '10.42.0.65', sha: '00:00:00:00:00:00', spa: '10.42.0.1' }),
    ]);
    expect(mirror([udp({ src: 1024, dst: 53 })])).to.deep.equal([udp({ dst: 1024, src: 53 })]);
  });

  it('keeps the port of a tunnel, to which both ends send', () => {
    expect(mirror([...tunnel, ...ping])).to.deep.equal([
      ip({ src: '192.168.205.3', dst: '192.168.205.4' }),
      udp({ dst: 8472 }),
      vxlan({ vni: 1 }),
      ...mirror(ping),
    ]);
  });

  it('leaves alone what has no answer', () => {
    const error = [ip(), icmp({ type: 'unreachable', code: 4, mtu: 1450 })];
    expect(mirror(error)).to.deep.equal(error);
    expect(mirror([{ protocol: 'ospf', fields: { src: 1 } }])).to.deep.equal([
      { protocol: 'ospf', fields: { src: 1 } },
    ]);
  });

  it('is its own inverse', () => {
    for (const stack of [ping, web, link, question, [...tunnel, ...ping]])
      expect(mirror(mirror(stack))).to.deep.equal(stack);
  });
});

describe('compatible', () => {
  it('holds unless a field that both state contradicts', () => {
    expect(compatible(ping, ping)).to.equal(true);
    expect(compatible([ip({ ttl: 64 }), icmp()], [ip({ src: '10.42.0.65' }), icmp({ code: 0 })])).to.equal(true);
    expect(compatible([ip({ ttl: 64 }), icmp()], [ip({ ttl: 63 }), icmp()])).to.equal(false);
  });

  it('needs the same stack, ether aside', () => {
    expect(compatible(ping, [...tunnel, ...ping])).to.equal(false);
    expect(compatible([...tunnel, ...ping], [...tunnel, ether(), ...ping])).to.equal(true);
    expect(compatible([ether({ vlan: 1 }), ...ping], ping)).to.equal(true);
    expect(compatible([ether({ vlan: 1 }), ...ping], [ether({ vlan: 2 }), ...ping])).to.equal(false);
    expect(compatible([ip()], [ip(), icmp()])).to.equal(false);
    expect(compatible([], [])).to.equal(true);
  });

  it('takes two points for two addresses, but any address for that of a point', () => {
    expect(compatible(link, link)).to.equal(true);
    expect(compatible(link, mirror(link))).to.equal(false);
    expect(compatible(link, [ether({ src: '0e:00:00:00:00:01' })])).to.equal(true);
  });

  it('finds the hops that the reply would satisfy too', () => {
    for (const told of [ping, web, question, [...tunnel, ...ping]])
      expect(compatible(told, mirror(told)), JSON.stringify(told)).to.equal(false);
    for (const vague of [
      [ip({ ttl: 64 }), icmp()],
      [ip(), udp()],
      [...tunnel.slice(1), ip(), icmp()],
    ])
      expect(compatible(vague, mirror(vague)), JSON.stringify(vague)).to.equal(true);
  });
});
