import { expect } from 'chai';
import { exactly, fails, json, lacks, lines, none } from '../../src/index.ts';
import { mismatch } from '../../src/judge/output.ts';

const links = JSON.stringify([
  { ifname: 'lo', mtu: 65536, flags: ['LOOPBACK', 'UP'] },
  { ifname: 'cni0', mtu: 1450, linkinfo: { info_kind: 'bridge', info_data: { ageing: 300 } } },
]);

describe('json', () => {
  it('needs what is stated, leaves the rest free and does not mind the order', () => {
    expect(mismatch(json([{ ifname: 'cni0', mtu: 1450 }, { ifname: 'lo' }]), links, 0)).to.equal(undefined);
    expect(mismatch(json([{ linkinfo: { info_data: { ageing: 300 } } }]), links, 0)).to.equal(undefined);
    expect(mismatch(json([{ flags: ['UP'] }]), links, 0)).to.equal(undefined);
  });

  it('names the element that is missing', () => {
    const sentence = mismatch(json([{ ifname: 'cni0', mtu: 1500 }]), links, 0);
    expect(sentence).to.equal('{"ifname":"cni0","mtu":1500} is missing');
  });

  it('names the field that differs where there is one element only', () => {
    const one = '[{"ifname":"cni0","linkinfo":{"info_data":{"id":2}}}]';
    expect(mismatch(json([{ linkinfo: { info_data: { id: 1 } } }]), one, 0)).to.equal(
      '[0].linkinfo.info_data.id is 2, not 1',
    );
    expect(mismatch(json([{ master: 'cni0' }]), one, 0)).to.equal('[0].master is missing, not "cni0"');
    expect(mismatch(json({ mtu: 1 }), '{"mtu":2}', 0)).to.equal('mtu is 2, not 1');
  });

  it('tells a number from the text of it, and null from what is not there', () => {
    expect(mismatch(json([{ mtu: '1450' }]), '[{"mtu":1450}]', 0)).to.equal('[0].mtu is 1450, not "1450"');
    expect(mismatch(json([{ link: null }]), '[{"link":null}]', 0)).to.equal(undefined);
    expect(mismatch(json([{ link: null }]), '[{}, {"a":1}]', 0)).to.be.a('string');
  });

  it('wants an element of its own for each that is stated', () => {
    const ports = '[{"state":"forwarding","ifname":"vethA"},{"state":"blocking","ifname":"vethB"}]';
    expect(mismatch(json([{ state: 'forwarding' }, { state: 'forwarding' }]), ports, 0)).to.equal(
      '{"state":"forwarding"} is missing',
    );
  });

  it('finds the elements whichever of them is stated first', () => {
    const routes = '[{"dst":"10.42.1.0/24","dev":"flannel.1"},{"dst":"10.42.1.0/24","dev":"cni0"}]';
    const vague = { dst: '10.42.1.0/24' };
    const precise = { dst: '10.42.1.0/24', dev: 'flannel.1' };
    expect(mismatch(json([precise, vague]), routes, 0)).to.equal(undefined);
    expect(mismatch(json([vague, precise]), routes, 0)).to.equal(undefined);
    expect(mismatch(exactly(vague, precise), routes, 0)).to.equal(undefined);
    expect(mismatch(exactly(vague, precise, precise), routes, 0)).to.be.a('string');
  });

  it('takes time in proportion, however alike the elements are', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ kind: 'veth', i }));
    const wanted = [...many.map(() => ({ kind: 'veth' })).slice(1), { kind: 'bridge' }];
    expect(mismatch(json(wanted), JSON.stringify(many), 0)).to.equal('{"kind":"bridge"} is missing');
  });

  it('is not content with a list where an object is stated, nor the other way round', () => {
    expect(mismatch(json({}), '[]', 0)).to.equal('it is [], not an object');
    expect(mismatch(json([{ addr_info: { local: '10.42.0.1' } }]), '[{"addr_info":[]}]', 0)).to.be.a('string');
    expect(mismatch(json([]), '{}', 0)).to.equal('it is no list');
    expect(mismatch(json([{ flags: ['UP'] }]), '[{"flags":"UP"}]', 0)).to.equal('[0].flags is no list');
    expect(mismatch(json([{ mtu: 1 }]), '[null]', 0)).to.equal('[0] is null, not an object');
    expect(mismatch(json([{ linkinfo: { info_kind: 'vxlan' } }]), '[{"mtu":1}]', 0)).to.equal(
      '[0].linkinfo is missing, not an object',
    );
  });

  it('is not content with what every object inherits', () => {
    expect(mismatch(json({ constructor: {} }), '{}', 0)).to.be.a('string');
  });

  it('needs JSON, and a command that succeeds', () => {
    expect(mismatch(json([]), 'Device "cni0" does not exist.', 0)).to.equal('it is not JSON');
    expect(mismatch(json([]), '[]', 1)).to.equal('it ended with exit code 1');
    expect(mismatch(json([{ ifname: 'lo' }]), '', 0)).to.equal('{"ifname":"lo"} is missing');
  });
});

describe('exactly', () => {
  it('needs just these elements, in any order', () => {
    expect(mismatch(exactly({ ifname: 'cni0' }, { ifname: 'lo' }), links, 0)).to.equal(undefined);
    expect(mismatch(exactly(), '[]', 0)).to.equal(undefined);
  });

  it('counts, whether one is missing or one too many is there', () => {
    expect(mismatch(exactly({ ifname: 'lo' }), links, 0)).to.equal('it holds 2 elements, not 1');
    expect(mismatch(exactly({ ifname: 'lo' }), '[]', 0)).to.equal('it holds 0 elements, not 1');
    expect(mismatch(exactly(), links, 0)).to.equal('it holds 2 elements, not 0');
  });

  it('passes over the empty objects that ip -j prints for what its filter left out', () => {
    expect(mismatch(exactly({ ifname: 'lo' }), '[{},{"ifname":"lo"},{}]', 0)).to.equal(undefined);
  });

  it('is not content with an object, nor with the right number of wrong elements', () => {
    expect(mismatch(exactly({ ifname: 'lo' }), '{"ifname":"lo"}', 0)).to.equal('it is no list');
    expect(mismatch(exactly({ ifname: 'lo' }, { ifname: 'eth0' }), links, 0)).to.equal('{"ifname":"eth0"} is missing');
  });
});

describe('none', () => {
  it('holds when no element looks like this', () => {
    expect(mismatch(none({ linkinfo: { info_kind: 'tun' } }), links, 0)).to.equal(undefined);
    expect(mismatch(none({ ifname: 'eth0' }), '[]', 0)).to.equal(undefined);
  });

  it('shows the element that should not be there', () => {
    expect(mismatch(none({ ifname: 'lo' }), '[{"ifname":"lo"}]', 0)).to.equal('it should not hold {"ifname":"lo"}');
    expect(mismatch(none({ ifname: 'lo' }), '{"ifname":"lo"}', 0)).to.equal('it should not hold {"ifname":"lo"}');
  });

  it('does not hold for what is no JSON, or for a command that fails', () => {
    expect(mismatch(none({ ifname: 'lo' }), 'command not found', 0)).to.equal('it is not JSON');
    expect(mismatch(none({ ifname: 'lo' }), '[]', 2)).to.equal('it ended with exit code 2');
  });
});

describe('lines', () => {
  const output = 'traceroute to 10.42.1.9\n 1  10.42.0.1  0.03 ms\n 2  10.42.1.0  0.05 ms\n 3\t10.42.1.9';

  it('needs each text on a line of its own, in this order, white space being one blank', () => {
    expect(mismatch(lines('1 10.42.0.1', '2 10.42.1.0', '3 10.42.1.9'), output, 0)).to.equal(undefined);
    expect(mismatch(lines('1  10.42.0.1 0.03'), output, 0)).to.equal(undefined);
  });

  it('names the text that is missing, and says when it is there but too early', () => {
    expect(mismatch(lines('4 10.42.1.9'), output, 0)).to.equal("'4 10.42.1.9' is missing");
    expect(mismatch(lines('2 10.42.1.0', '1 10.42.0.1'), output, 0)).to.equal(
      "'1 10.42.0.1' is missing after the lines before it",
    );
  });

  it('does not take one line for two texts', () => {
    expect(mismatch(lines('10.42.0.1', '0.03 ms'), ' 1  10.42.0.1  0.03 ms', 0)).to.be.a('string');
    expect(mismatch(lines('received', 'received'), '1 received', 0)).to.be.a('string');
  });

  it('takes a number whole: 10.42.1.9 is not 10.42.1.90, and 0% is not 100%', () => {
    expect(mismatch(lines('10.42.1.9'), '3  10.42.1.90', 0)).to.equal("'10.42.1.9' is missing");
    expect(mismatch(lines('10.42.1.9'), '3  110.42.1.9', 0)).to.equal("'10.42.1.9' is missing");
    expect(mismatch(lines('0% packet loss'), '1 transmitted, 0 received, 100% packet loss', 0)).to.be.a('string');
    expect(mismatch(lines('FLANNEL_MTU=1450'), 'FLANNEL_MTU=14500', 0)).to.be.a('string');
    expect(mismatch(lines('ttl=6'), 'ttl=62', 0)).to.be.a('string');
    expect(mismatch(lines('10.42.1.9'), '10.42.1.90 then 10.42.1.9', 0)).to.equal(undefined);
    expect(mismatch(lines('10.42.1.9'), 'from 10.42.1.9:', 0)).to.equal(undefined);
    expect(mismatch(lines('eth0@if', '10.42.0.0'), '2: eth0@if5: mtu\n10.42.0.0/16', 0)).to.equal(undefined);
  });

  it('takes no text for a pattern', () => {
    expect(mismatch(lines('10.42.1.9'), '10x42y1z9', 0)).to.be.a('string');
    expect(mismatch(lines('a (b) [c] $1'), 'a (b) [c] $1', 0)).to.equal(undefined);
  });

  it('needs a command that succeeds', () => {
    expect(mismatch(lines('1 10.42.0.1'), output, 1)).to.equal('it ended with exit code 1');
  });
});

describe('lacks', () => {
  it('holds when no text is there', () => {
    expect(mismatch(lacks('users:', 'pid='), 'UNCONN 0 0 0.0.0.0:8472', 0)).to.equal(undefined);
  });

  it('names the text that is there, whatever the white space between', () => {
    expect(mismatch(lacks('KUBE-SEP', 'dnat to'), 'verdict dnat   to 10.42.1.6', 0)).to.equal(
      "it should not say 'dnat to'",
    );
  });

  it('does not hold for a command that fails', () => {
    expect(mismatch(lacks('users:'), '', 1)).to.equal('it ended with exit code 1');
  });
});

describe('fails', () => {
  it('needs a failure that says these texts', () => {
    expect(mismatch(fails('too long, mtu=1450'), 'ping: local error: message too long, mtu=1450', 1)).to.equal(
      undefined,
    );
    expect(mismatch(fails(), '', 2)).to.equal(undefined);
  });

  it('is not content with success, nor with a failure for another reason', () => {
    expect(mismatch(fails('too long'), 'message too long', 0)).to.equal('it should have failed, and did not');
    expect(mismatch(fails('mtu=1450'), 'message too long, mtu=1400', 1)).to.equal("'mtu=1450' is missing");
  });
});
