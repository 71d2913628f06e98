import { expect } from 'chai';
import { arp, decode, ether, icmp, ip, mac, matches, tcp, udp, vxlan } from '../../src/packet/index.ts';
import { arpRequest, echoReply, syn, vxlanEcho } from './frames.ts';

const addresses: Record<string, string> = {
  'master:enp0s1': '0a:00:00:00:00:01',
  'node1:enp0s1': '0a:00:00:00:00:02',
  'master:flannel.1': '0e:00:00:00:00:01',
  'node1:flannel.1': '0e:00:00:00:00:02',
};
const macOf = (point: string) => addresses[point];

const seen = (frame: Buffer) => decode(frame, 'ethernet').headers;

const tunnel = [ip({ src: '192.168.205.4', dst: '192.168.205.3' }), udp({ dst: 8472 }), vxlan({ vni: 1 })];
const ping = [ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl: 64 }), icmp({ type: 'echo request' })];

describe('matches', () => {
  it('needs the whole stack, outermost first', () => {
    expect(matches([...tunnel, ...ping], seen(vxlanEcho), macOf)).to.equal(true);
    expect(matches(ping, seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches(tunnel, seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([...ping, ...tunnel], seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([ip(), icmp()], seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([...ping, tcp()], seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([ip(), tcp(), udp()], seen(syn), macOf)).to.equal(false);
    expect(matches([], seen(vxlanEcho), macOf)).to.equal(false);
  });

  it('needs every stated field to be equal and leaves the others free', () => {
    expect(matches([ip(), tcp()], seen(syn), macOf)).to.equal(true);
    expect(matches([ip({ df: true }), tcp({ flags: 'S', dst: 80 })], seen(syn), macOf)).to.equal(true);
    expect(matches([ip({ df: false }), tcp()], seen(syn), macOf)).to.equal(false);
    expect(matches([ip(), tcp({ flags: 'SA' })], seen(syn), macOf)).to.equal(false);
  });

  it('does not take a field that is not there for a free one', () => {
    expect(matches([ether({ vlan: 0 }), ip(), tcp()], seen(syn), macOf)).to.equal(false);
    const owned = { protocol: 'tcp', fields: { owner: mac('node2:flannel.1') } };
    expect(matches([ip(), owned], seen(syn), macOf)).to.equal(false);
  });

  it('lets ether go unmentioned, outside and inside', () => {
    const outer = ether({ src: '0a:00:00:00:00:01' });
    const inner = ether({ src: '0e:00:00:00:00:01' });
    for (const stack of [
      [...tunnel, ...ping],
      [outer, ...tunnel, ...ping],
      [...tunnel, inner, ...ping],
      [outer, ...tunnel, inner, ...ping],
    ])
      expect(matches(stack, seen(vxlanEcho), macOf)).to.equal(true);
    expect(matches([inner, ...tunnel, ...ping], seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([...tunnel, outer, ...ping], seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([ether(), ether(), ...tunnel, ...ping], seen(vxlanEcho), macOf)).to.equal(false);
  });

  it('needs an ether that is mentioned', () => {
    const raw = decode(syn.subarray(14), 'raw').headers;
    expect(matches([ip(), tcp()], raw, macOf)).to.equal(true);
    expect(matches([ether(), ip(), tcp()], raw, macOf)).to.equal(false);
  });

  it('looks up the address of a named point', () => {
    const stack = (point: string) => [...tunnel, ether({ dst: mac(point) }), ...ping];
    expect(matches(stack('node1:flannel.1'), seen(vxlanEcho), macOf)).to.equal(true);
    expect(matches(stack('master:flannel.1'), seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches(stack('node2:flannel.1'), seen(vxlanEcho), macOf)).to.equal(false);
    expect(matches([arp({ sha: mac('master:flannel.1'), op: 'request' })], seen(arpRequest), macOf)).to.equal(true);
  });

  it('tells a reply from its request', () => {
    expect(matches(ping, seen(echoReply), macOf)).to.equal(false);
  });
});
