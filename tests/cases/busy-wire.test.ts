import { expect } from 'chai';
import { daemon, type Hop, icmp, ip, type Lab, udp, vxlan, type Walk } from '../../src/index.ts';
import { planWalk } from '../../src/plan/plan.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, type Stood, stand } from '../stand.ts';
import { endingOf } from '../verdicts/verdict.ts';
import { datagram, hops } from './labs/journey.ts';

const outer = [ip({ src: '10.3.0.1', dst: '10.3.0.2' }), udp({ dst: 4789 }), vxlan({ vni: 7 })];

/** From c by r into a tunnel to g, and to s. */
const along = (at: (ttl: number) => Hop['headers']): Hop[] =>
  hops(
    ['c:e0', ...at(64)],
    ['r:e0', ...at(64)],
    ['r:vx0', ...at(63)],
    ['r:e1', ...outer, ...at(63)],
    ['g:e1', ...outer, ...at(63)],
    ['g:vx0', ...at(63)],
    ['g:e0', ...at(62)],
    ['s:e0', ...at(62)],
  );

const ping: Walk = {
  send: { from: 'c', command: 'ping -c 1 10.2.0.2' },
  request: along((ttl) => [ip({ src: '10.1.0.2', dst: '10.2.0.2', ttl }), icmp({ type: 'echo request' })]),
};
const told: Walk = {
  send: { from: 'c', command: "bash -c 'echo hi > /dev/udp/10.2.0.2/7000'" },
  request: along((ttl) => datagram('10.1.0.2', '10.2.0.2', 7000, ttl)),
};

const tunnel = (me: number) => `
  ip link add vx0 up type vxlan id 7 dstport 4789 local 10.3.0.${me} remote 10.3.0.${3 - me}
  ip addr add 10.4.0.${me}/24 dev vx0
  ip route add 10.${3 - me}.0.0/24 via 10.4.0.${3 - me}`;

const lab: Lab = {
  title: 'A flood crosses the wires of a walk, and the tunnel that it goes by',
  nodes: { c: 'host', r: 'router', g: 'router', s: 'host' },
  links: [
    'c:e0 10.1.0.2/24 -- r:e0 10.1.0.1/24',
    'r:e1 10.3.0.1/24 -- g:e1 10.3.0.2/24',
    's:e0 10.2.0.2/24 -- g:e0 10.2.0.1/24',
  ],
  setup: {
    'A tunnel from r to g': { r: tunnel(1), g: tunnel(2), c: 'ip route add default via 10.1.0.1' },
    'A server': {
      s: [
        'ip route add default via 10.2.0.1',
        daemon('iperf', 'iperf3 -s', { 'It listens': 'ss -ltn | grep -q :5201' }),
      ],
    },
    'A flood of 300 Mbit/s': {
      c: daemon('flood', 'iperf3 -u -b 300M -t 600 -l 1400 -c 10.2.0.2', {
        'It is under way': 'test $(cat /sys/class/net/e0/statistics/tx_packets) -gt 20000',
      }),
    },
  },
  walks: { 'a ping': ping, 'a datagram': told },
};

describe('a wire with 300 Mbit/s', function () {
  this.timeout(60_000);
  let stood: Stood | undefined;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const endings = async (listed: Walk, times: number) => {
    const found = [];
    for (let i = 0; i < times; i++) found.push(endingOf((await walk(stood!, [planWalk('a walk', listed)]))[0]!));
    return found;
  };

  it('leaves a ping to be followed', async () => {
    expect(await endings(ping, 5)).to.deep.equal(Array(5).fill('passed: answered'));
  });

  it('leaves a ping to be followed where the flood was not seen before, and the capture lost some of it', async () => {
    await using narrow = await stand(lab, 1 << 17);
    const { drain } = narrow.watch;
    let drains = 0;
    narrow.watch.drain = async () => {
      const drained = await drain();
      return drains++ ? drained : { ...drained, seen: [] };
    };
    const [{ verdict, reason } = {}] = await walk(narrow, [planWalk('a walk', ping)]);
    expect(verdict, reason).to.equal('passed');
  });

  it('leaves what another command sends to be followed', async () => {
    expect(await endings(told, 3)).to.deep.equal(Array(3).fill('passed: arrived'));
  });

  it('does not keep what is lost from being known to be', async () => {
    const drop = `nft add table ip t
      nft add chain ip t passing '{ type filter hook forward priority 0; }'
      nft add rule ip t passing icmp type echo-request drop`;
    const { code } = await stood!.runtime.script('g', drop);
    expect(code).to.equal(0);
    expect(await endings(ping, 3)).to.deep.equal(Array(3).fill('failed: lost at g:e0'));
  });
});
