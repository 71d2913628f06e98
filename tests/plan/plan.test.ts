import { expect } from 'chai';
import { addressOf, proven, watched } from '../../src/lab/read.ts';
import { bridge } from '../../src/plan/lay-cables.ts';
import { plan } from '../../src/plan/plan.ts';
import { typed } from '../../src/plan/script.ts';
import { smallLab, spoilt } from '../small-lab.ts';

const lines = (place: string, ofLab: unknown = smallLab()) =>
  plan(ofLab, 'small').steps.flatMap(({ commands = [] }) =>
    commands.filter((each) => each.place === place).flatMap((each) => each.lines),
  );

describe('plan', () => {
  it('is plain data: what comes back from JSON is the same', () => {
    const planned = plan(smallLab(), 'small');
    expect(JSON.parse(JSON.stringify(planned))).to.deep.equal(planned);
  });

  it('does not change the lab, and gives the same plan again', () => {
    const lab = smallLab();
    const planned = plan(lab, 'small');
    expect(lab).to.deep.equal(smallLab());
    expect(plan(lab, 'small')).to.deep.equal(planned);
  });

  it('tells nodes from the pods in them', () => {
    const { nodes, pods } = plan(smallLab(), 'small');
    expect(nodes).to.deep.equal([
      { name: 'a', kind: 'host' },
      { name: 'b', kind: 'host' },
    ]);
    expect(pods).to.deep.equal([{ name: 'pod', node: 'b' }]);
  });

  it('takes its steps in the lab’s own order, after the cables', () => {
    const lab = spoilt(({ setup }) => Object.assign(setup, { Then: { b: 'true' }, 'At last': { pod: 'true' } }));
    expect(plan(lab, 'small').steps.map(({ title }) => title)).to.deep.equal([
      'Give every node its pods and its kernel settings',
      'Lay the cables between nodes',
      'Plug each cable in and give it its address',
      'Each knows the way to the pod',
      'Then',
      'At last',
    ]);
  });

  it('types what a step with notes does, and keeps what is said of it', () => {
    const lab = spoilt(({ setup }) => Object.assign(setup, { Then: { do: { b: 'true' }, notes: 'Why not' } }));
    expect(plan(lab, 'small').steps.at(-1)).to.deep.equal({
      title: 'Then',
      notes: 'Why not',
      commands: [{ place: 'b', lines: ['true'] }],
    });
  });

  it('leaves to the runtime the cables between nodes alone', () => {
    const { steps, links } = plan(smallLab(), 'small');
    expect(steps.flatMap(({ cables = [] }) => cables)).to.deep.equal([links[0]]);
    expect(lines('b').filter((line) => line.startsWith('ip link add'))).to.have.length(1);
    expect(lines('b').find((line) => line.startsWith('ip link add'))).to.match(
      /^ip link add name veth index \d+ type veth peer name eth0 netns pod$/,
    );
  });

  it('gives each end of a cable its address and brings it up', () => {
    for (const [place, address, device] of [
      ['a', '10.0.0.1/24', 'eth0'],
      ['b', '10.0.0.2/24', 'eth0'],
      ['b', '10.1.0.1/24', 'veth'],
      ['pod', '10.1.0.2/24', 'eth0'],
    ])
      expect(lines(place!)).to.include(`ip addr add ${address} dev ${device}`);
    expect(lines('pod')).to.include('ip link set lo up');
  });

  it('sets what a namespace would otherwise take from the machine it is made on', () => {
    const forwarding = (place: string, lab: unknown = smallLab()) =>
      lines(place, lab).some((line) => line.includes('net.ipv4.ip_forward=1'));
    expect(forwarding('a')).to.equal(false);
    expect(
      forwarding(
        'a',
        spoilt(({ nodes }) => Object.assign(nodes, { a: 'router' })),
      ),
    ).to.equal(true);
    expect(forwarding('pod')).to.equal(false);
    for (const place of ['a', 'b', 'pod'])
      expect(lines(place).find((line) => line.startsWith('sysctl'))).to.match(
        /ip_forward=[01] .*rp_filter=0 .*disable_ipv6=1/,
      );
  });

  it('leaves a switch to the runtime, which makes a bridge of it, and names a port that goes unnamed after the node it leads to', () => {
    const lab = spoilt(({ nodes, links }) => {
      nodes.lan = 'switch';
      links[0] = 'a:eth0 10.0.0.1/24 -- lan';
      links.push('lan -- b:eth0 10.0.0.2/24');
    });
    expect(
      plan(lab, 'small').links.map(({ ends }) => ends.map((end) => `${end.place}:${end.interface}`)),
    ).to.deep.equal([
      ['a:eth0', 'lan:a'],
      ['pod:eth0', 'b:veth'],
      ['lan:b', 'b:eth0'],
    ]);
    expect(lines('lan', lab)).to.deep.equal([]);
    const planned = plan(lab, 'small');
    const cables = planned.steps.flatMap((step) => step.cables ?? []);
    expect(bridge(planned, cables).map(({ lines }) => lines.slice(1))).to.deep.equal([
      [
        'ip link add br0 up type bridge',
        'ip link set dev a mtu 65535 up master br0',
        'ip link set dev b mtu 65535 up master br0',
      ],
    ]);
    expect(watched(plan(lab, 'small'))).to.deep.equal(['a', 'b', 'pod']);
  });

  it('gives a fault its lab’s first walk, and spares all others where it says all', () => {
    const lab = spoilt(({ walks, faults }) => {
      walks.again = walks['a pings b'];
      faults['a is deaf'] = { ...faults['b is deaf'], walk: 'again' };
      faults['nobody is deaf'] = { ...faults['b is deaf'] };
      delete faults['nobody is deaf'].untouched;
    });
    expect(plan(lab, 'small').faults.map(({ walk, untouched }) => ({ walk, untouched }))).to.deep.equal([
      { walk: 'a pings b', untouched: ['again'] },
      { walk: 'again', untouched: ['a pings b'] },
      { walk: 'a pings b', untouched: [] },
    ]);
  });

  it('tells a check from a matrix', () => {
    const { checks, matrices } = plan(smallLab(), 'small');
    expect(checks.map(({ title }) => title)).to.deep.equal(['a has an address']);
    expect(matrices.map(({ title }) => title)).to.deep.equal(['a reaches b']);
  });
});

describe('typed', () => {
  it('has one command a line, without comments and empty lines', () => {
    expect(
      typed({ a: '\n  # the way\n  ip route add default via 10.0.0.2\n\n  true # so\n', b: '  \n' }),
    ).to.deep.equal([{ place: 'a', lines: ['ip route add default via 10.0.0.2', 'true # so'] }]);
  });

  it('joins a line that goes on, as a shell does', () => {
    expect(typed({ a: 'ip link add eth1 \\\n  type veth\nprintf a\\\nb' })).to.deep.equal([
      { place: 'a', lines: ['ip link add eth1   type veth', 'printf ab'] },
    ]);
    expect(typed({ a: 'ip link add eth1\\\n  type veth' })[0]!.lines).to.deep.equal(['ip link add eth1  type veth']);
  });

  it('passes over a place that has nothing to type', () => {
    expect(typed({ a: undefined! })).to.deep.equal([]);
  });
});

describe('proven', () => {
  it('is the claim’s id, and what it is corrected to if it is', () => {
    expect(proven('C-1')).to.deep.equal({ id: 'C-1' });
    expect(proven({ claim: 'C-1', corrects: 'Not quite' })).to.deep.equal({ id: 'C-1', corrects: 'Not quite' });
  });
});

describe('addressOf', () => {
  it('is the address of the first cable that has one there', () => {
    const { links } = plan(smallLab(), 'small');
    expect(addressOf(links, 'b')).to.equal('10.0.0.2');
    expect(addressOf(links, 'pod')).to.equal('10.1.0.2');
    expect(addressOf(links, 'c')).to.equal(undefined);
  });

  it('is one that no other place has: two machines may have one address on their NAT cards', () => {
    const { links } = plan(
      spoilt((lab) => lab.links.unshift('a:nat 10.0.2.15/24 -- b:nat 10.0.2.15/24')),
      'small',
    );
    expect(addressOf(links, 'a')).to.equal('10.0.0.1');
    expect(addressOf(links.slice(0, 1), 'a')).to.equal(undefined);
  });
});
