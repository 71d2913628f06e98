import { expect } from 'chai';
import { clues } from '../../src/explain/asked.ts';
import { at, type Lab, through } from '../../src/index.ts';
import type { Observation } from '../../src/judge/observation.ts';
import { judge } from '../../src/judge/walk.ts';
import type { Hop } from '../../src/lab/words.ts';
import { plan } from '../../src/plan/plan.ts';
import { journey, listed, request, wired } from '../judge/sightings.ts';
import { smallLab } from '../small-lab.ts';

const planned = plan(smallLab() as Lab, 'test');
const asked = (hops: Hop[], seen: Observation[]) =>
  clues(judge(listed(hops), seen, { wires: wired({}), macOf: () => undefined }), planned).map(
    ({ node, command }) => `${node}# ${command}`,
  );
const [leaves, arrives] = [at('a:eth0', 'x', request(64)), at('b:eth0', 'x', request(64))];

describe('clues', () => {
  it('are none where nothing failed', () => {
    expect(asked([leaves], journey([['a:eth0', 'out', 64]]))).to.deep.equal([]);
  });

  it('are none where the packet went as listed, but for the order', () => {
    const there = journey([
      ['a:eth0', 'out', 64],
      ['b:eth0', 'in', 64],
    ]);
    const wires = wired({ veths: [['a:eth0', 'b:eth0']] });
    const judged = judge(listed([arrives, leaves]), there, { wires, macOf: () => undefined });
    expect(judged.outcome).to.equal('out of order');
    expect(clues(judged, planned)).to.deep.equal([]);
  });

  it('are one for a daemon, also where a fault starts it again', () => {
    const daemons = [1, 2].map(() => ({ place: 'b', name: 'bird', log: '/run/bird.log', start: '', awaits: [] }));
    const judged = judge(listed([leaves, arrives]), journey([['a:eth0', 'out', 64]]), {
      wires: wired({}),
      macOf: () => undefined,
    });
    const found = clues(judged, { ...planned, daemons }).filter(({ command }) => command.includes('bird'));
    expect(found).to.have.length(1);
  });

  it('are asked at both ends of the wire on which a packet was lost', () => {
    expect(asked([leaves, arrives], journey([['a:eth0', 'out', 64]]))).to.deep.equal([
      'a# ip route get 10.42.1.9',
      'a# ip neigh show dev eth0',
      'b# ip -br link show dev eth0',
    ]);
  });

  it('are asked of the sender where the packet did not leave', () => {
    const found = asked([leaves, arrives], []);
    expect(found[0]).to.equal('a# ip route get 10.42.1.9');
    expect(found.every((each) => each.startsWith('a# '))).to.equal(true);
  });

  it('are asked of the router that did not hand it on', () => {
    const out = at('a:eth1', 'x', request(63));
    const found = asked([leaves, out], journey([['a:eth0', 'in', 64]]));
    expect(found).to.include('a# sysctl net.ipv4.ip_forward');
    expect(found).to.include('a# ip route get 10.42.1.9 from 10.42.0.65 iif eth0');
  });

  it('are the chain of a hook that it did not pass as listed', () => {
    const hook = through('b', 'inet filter input: accept', 'x');
    expect(asked([leaves, hook], journey([['a:eth0', 'out', 64]]))).to.deep.equal([
      'b# nft list chain inet filter input',
    ]);
  });
});
