import { expect } from 'chai';
import { decisions as decided } from '../../src/explain/decided.ts';
import { ether, icmp, ip, udp, vxlan } from '../../src/index.ts';
import type { Sighting } from '../../src/judge/observation.ts';
import type { Header } from '../../src/packet/index.ts';
import { takeWalks } from '../../src/prove/run.ts';
import { smallLab } from '../small-lab.ts';
import { needsNamespaces, stand } from '../stand.ts';

const [A, B] = ['10.42.0.65', '10.42.1.9'];
const MAC = '62:c8:a9:ce:ca:4e';

const seen = (at: string, headers: unknown[], more: Partial<Sighting> = {}): Sighting => ({
  kind: 'sighting',
  part: 'request',
  place: at.slice(0, at.indexOf(':')),
  device: at.slice(at.indexOf(':') + 1),
  at,
  direction: 'out',
  otherHost: false,
  headers: headers as Header[],
  order: 0,
  time: 0n,
  wire: '',
  bytes: Buffer.alloc(0),
  ...more,
});
const decisions = (before: Sighting | undefined, now: Sighting, ...ports: string[]) =>
  decided(before, now, { isPort: (at) => ports.includes(at) });
const mac = ether({ src: '0a:00:00:00:00:01', dst: MAC });
const ping = (ttl: number) => [ip({ src: A, dst: B, ttl }), icmp({ type: 'echo request' })];
const wrapped = (ttl: number) => [
  mac,
  ip({ src: '192.168.205.4', dst: '192.168.205.3', ttl }),
  udp({ dst: 8472 }),
  vxlan({ vni: 1 }),
  mac,
  ...ping(63),
];

describe('decisions', () => {
  it('are the route and the neighbour where a packet begins', () => {
    expect(decisions(undefined, seen('podA:eth0', [mac, ...ping(64)]))).to.deep.equal([
      `ip route get ${B}`,
      `ip neigh show dev eth0 | grep ${MAC}`,
    ]);
  });

  it('are rules, route and neighbour where it is routed, by the outer header if it is wrapped', () => {
    const [, ...routed] = decisions(
      seen('master:cni0', [mac, ...ping(64)], { direction: 'in' }),
      seen('master:eth1', [mac, ...ping(63)]),
    );
    expect(routed).to.deep.equal([`ip route get ${B} from ${A} iif cni0`, `ip neigh show dev eth1 | grep ${MAC}`]);
    const across = decisions(seen('gw:eth0', wrapped(64), { direction: 'in' }), seen('gw:eth1', wrapped(63)));
    expect(across).to.include('ip route get 192.168.205.3 from 192.168.205.4 iif eth0');
  });

  it('are the fdb entry and the outer route where it is wrapped, the device where it is unwrapped', () => {
    const inner = seen('master:flannel.1', [mac, ...ping(63)]);
    expect(decisions(inner, seen('master:enp0s1', wrapped(64)))).to.deep.equal([
      `bridge fdb show dev flannel.1 | grep ${MAC}`,
      'ip route get 192.168.205.3 from 192.168.205.4',
      `ip neigh show dev enp0s1 | grep ${MAC}`,
    ]);
    const unwrapped = seen('node1:flannel.1', [mac, ...ping(63)], { direction: 'in' });
    expect(decisions(seen('node1:enp0s1', wrapped(64), { direction: 'in' }), unwrapped)).to.deep.equal([
      "ip -d link show dev flannel.1 | grep -E '(vxlan|ipip|tun) '",
    ]);
  });

  it('are the forwarding table’s entry where it is bridged, and nothing where nothing is decided', () => {
    const port = seen('node1:vethB', [mac, ...ping(62)]);
    expect(decisions(seen('node1:cni0', [mac, ...ping(62)]), port, 'node1:vethB')).to.deep.equal([
      `bridge fdb show | grep ${MAC}`,
    ]);
    expect(decisions(seen('a:eth0', [mac, ...ping(64)]), seen('a:eth1', [mac, ...ping(64)]))).to.deep.equal([]);
    expect(decisions(undefined, seen('a:eth0', [mac]))).to.deep.equal([]);
  });

  it('are asked of the nodes themselves, hop by hop', async function () {
    needsNamespaces(this);
    await using lab = await stand(smallLab());
    await takeWalks(lab, ['a pings b'], lab.found, () => {}, { why: true });
    const why = lab.found.walks[0]!.hops.map(({ place, why = [], ...hop }) =>
      [`${place}:${hop.kind === 'point' ? hop.device : hop.chain}`, ...why.map(({ output }) => output)].join(' | '),
    );
    expect(why[0]).to.match(/^a:eth0 \| 10\.0\.0\.2 dev eth0 src 10\.0\.0\.1 uid 0 \| 10\.0\.0\.2 lladdr /);
    expect(why[1]).to.equal('b:eth0');
    expect(why[2]).to.match(/^b:eth0 \| 10\.0\.0\.1 dev eth0 src 10\.0\.0\.2 uid 0 \| 10\.0\.0\.1 lladdr /);
  });
});
