import { expect } from 'chai';
import { at, icmp } from '../../src/index.ts';
import { pcapng } from '../../src/packet/index.ts';
import { pcapngOf } from '../../src/page/pcapng.ts';
import { wayOf } from '../../src/page/way.ts';
import { plan } from '../../src/plan/plan.ts';
import { picture } from '../../src/report/html/picture.ts';
import { failing, hop, inner, tunnel, unseen, walk } from '../report/results.ts';

const lab = plan(
  {
    title: 'Two nodes on a switch, a pod on each',
    nodes: { lan: 'switch', master: 'router', node1: 'router', podA: 'pod on master', podB: 'pod on node1' },
    links: [
      'master:enp0s1 192.168.205.4/24 -- lan',
      'node1:enp0s1 192.168.205.3/24 -- lan',
      'podA:eth0 10.42.0.65/24 -- master:vethA',
      'podB:eth0 10.42.1.9/24 -- node1:vethB',
    ],
    setup: {},
    walks: {
      ping: {
        send: { from: 'podA', command: 'ping -c 1 10.42.1.9' },
        request: [at('podA:eth0', 'It leaves', icmp({ type: 'echo request' }))],
      },
    },
  },
  'two-nodes',
);

const hops = [
  hop('podA:eth0', 'It leaves', inner(64)),
  hop('master:flannel.1', 'Into the tunnel', inner(63)),
  hop('master:enp0s1', 'Wrapped', [...tunnel(1), ...inner(63)]),
];

describe('The picture of a lab', () => {
  it('has every place, and every interface that a cable or a walk tells of, inside of its place', async () => {
    const drawn = await picture({ plan: lab, seen: hops });
    expect(drawn.places.map(({ name }) => name)).to.deep.equal(['lan', 'master', 'node1', 'podA', 'podB']);
    expect(drawn.chips.filter(({ place }) => place === 'master').map(({ device }) => device)).to.have.members([
      '',
      'enp0s1',
      'vethA',
      'flannel.1',
    ]);
    for (const chip of drawn.chips) {
      const place = drawn.places.find(({ name }) => name === chip.place)!;
      expect(Math.abs(chip.x - place.x)).to.be.at.most((place.width - chip.width) / 2 + 1);
      expect(Math.abs(chip.y - place.y)).to.be.at.most((place.height - chip.height) / 2 + 1);
    }
    for (const { ends, points } of drawn.cables)
      for (const [i, end] of ends.entries()) {
        const [x, y] = points.at(-i)!;
        const chip = drawn.chips.find(
          ({ place, device }) =>
            [`${place}:${device}`, `${place}:`].includes(end) || (place === 'lan' && end.startsWith('lan:')),
        )!;
        expect(Math.abs(x - chip.x), `${end} of ${ends}`).to.be.at.most(chip.width / 2 + 2);
        expect(Math.abs(y - chip.y), `${end} of ${ends}`).to.be.at.most(chip.height / 2 + 12);
      }
  });

  it('has a walk’s way: along the cables, a gap where it was lost, and a skin for each packet around', async () => {
    const lost = failing('lost', [
      ...hops,
      unseen('node1:enp0s1', 'It arrives', [...tunnel(1), ...inner(63)]),
      unseen('podB:eth0', 'It is there', inner(62), { fate: 'not reached' }),
    ]);
    const { stops, stretches } = wayOf(await picture({ plan: lab, seen: lost.hops }), lost);
    expect(stops.map(({ skins }) => skins)).to.deep.equal([1, 1, 2, 0, 0]);
    expect(stretches.map(({ to, kind }) => [to, kind])).to.deep.equal([
      [1, 'walked'],
      [2, 'walked'],
      [3, 'gap'],
      [4, 'unreached'],
    ]);
    const [ofPod, inside, throughSwitch] = stretches.map(({ path }) => path.match(/C/g)?.length ?? 0);
    expect([ofPod, inside, throughSwitch]).to.deep.equal([1, 0, 2]);
  });
});

describe('pcapngOf', () => {
  it('writes what the capture of a run would have', () => {
    const frame = Buffer.from('0a00000000020a00000000010800aabbcc', 'hex');
    const timeNs = 1_795_888_118_719_376_852n;
    const seen = [{ protocol: 'ether', fields: {} }];
    const one = hop('podA:eth0', 'It leaves', inner(64), {
      frame: frame.toString('base64'),
      time: String(timeNs),
      direction: 'out',
      seen,
    });
    const raw = hop('podA:tunl0', 'It is there', inner(64), {
      frame: frame.toString('base64'),
      time: String(timeNs + 5n),
      direction: 'in',
    });
    const format = pcapng([
      { name: 'podA:eth0', link: 'ethernet' },
      { name: 'podA:tunl0', link: 'raw' },
    ]);
    const expected = Buffer.concat([
      format.header,
      format.packet({ interface: 0, timeNs, direction: 'out', frame }),
      format.packet({ interface: 1, timeNs: timeNs + 5n, direction: 'in', frame }),
    ]);
    expect(Buffer.from(pcapngOf([walk({ hops: [raw, one] })])).toString('hex')).to.equal(expected.toString('hex'));
  });
});
