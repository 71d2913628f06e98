import { expect } from 'chai';
import { lookAgain } from '../../src/explain/again.ts';
import { endOf } from '../../src/explain/site.ts';
import { at, icmp, ip, type Lab, send, through } from '../../src/index.ts';
import { sendAll } from '../../src/observe/send.ts';
import { errandOf } from '../../src/prove/errand.ts';
import { walk } from '../../src/prove/walk.ts';
import { needsNamespaces, nftHangs, type Stood, stand } from '../stand.ts';

const ping = (ttl: number) => [ip({ src: '10.0.0.1', dst: '10.0.1.2', ttl }), icmp({ type: 'echo request' })];

/** a — r — b; r and b have netfilter, and r’s nft hangs. */
const routed = (hooks: boolean): Lab => ({
  title: 'Two hosts and a router between',
  nodes: { a: 'host', r: 'router', b: 'host' },
  links: ['a:eth0 10.0.0.1/24 -- r:eth0 10.0.0.254/24', 'r:eth1 10.0.1.254/24 -- b:eth0 10.0.1.2/24'],
  setup: {
    'Everybody knows the way': {
      a: 'ip route add default via 10.0.0.254',
      b: 'ip route add default via 10.0.1.254\niptables -P INPUT ACCEPT',
      r: `iptables -P FORWARD ACCEPT\n${nftHangs}`,
    },
  },
  walks: {
    'a pings b': {
      send: send('a', 'ping -c 1 10.0.1.2'),
      request: [
        at('a:eth0', 'It leaves', ping(64)),
        at('r:eth0', 'It comes', ping(64)),
        ...(hooks ? [through('r', 'filter FORWARD: policy accept', 'It may pass')] : []),
        at('r:eth1', 'It goes on', ping(63)),
        at('b:eth0', 'It arrives', ping(63)),
        ...(hooks ? [through('b', 'filter INPUT: policy accept', 'It may enter')] : []),
      ],
    },
  },
});

const walked = async (lab: Stood) => (await walk(lab, lab.plan.walks, { causes: true, waitS: 0.5 }))[0]!;

describe('where nft hangs', function () {
  this.timeout(60_000);
  beforeEach(function () {
    needsNamespaces(this);
  });

  it('a lost packet is sent again, traced elsewhere, and what the kernel says of it is told', async () => {
    await using lab = await stand(routed(false));
    const cannot = await lab.watch.watchDrops(['r']);
    await lab.runtime.script('r', 'iptables -A FORWARD -p icmp -j DROP');
    const errand = errandOf(lab.plan.walks[0]!);
    const [sent] = await sendAll(lab, [errand], { waitS: 0.5 });
    const way = sent!.observations.flatMap((each) => (each.kind === 'sighting' ? [each] : []));
    const site = {
      ...endOf(way.at(-1)!, way, () => undefined),
      part: 'request' as const,
      next: { place: 'b', device: 'eth0' },
    };
    const LIMIT_MS = 6000;
    const repeated = { errand, sent: sent!, site, places: ['a', 'r', 'b'] };
    const [again] = await lookAgain(lab, [repeated], performance.now() + LIMIT_MS);
    expect(again?.sent.untraced.map(({ place }) => place)).to.deep.equal(['r']);
    if (!cannot) expect(again?.kernelDrops.map(({ reason }) => reason)).to.deep.equal(['NETFILTER_DROP']);
    const { stdout } = await lab.runtime.script('b', 'nft list tables');
    expect(stdout).not.to.include('packetwalk');
    const { causes, evidence } = await walked(lab);
    if (!cannot) expect(causes[0]).to.deep.include({ cause: 'dropped by the kernel', place: 'r' });
    expect(evidence).to.include('r: `nft -s -a list ruleset` did not end in time; not known: firewall rules');
  });

  it('a walk that lists its hooks is unknown, and says so; what else went wrong still counts', async () => {
    await using lab = await stand(routed(true));
    const [two, never] = [
      ['passed', 'passed'],
      ['not reached', 'not reached'],
    ];
    const { verdict, reason, hops } = await walked(lab);
    expect({ verdict, reason }).to.deep.equal({
      verdict: 'unknown',
      reason: 'netfilter cannot be traced at r: nft did not answer within 5 s',
    });
    expect(hops.map(({ fate }) => fate)).to.deep.equal([...two, 'unknown', ...two, 'passed']);
    await lab.runtime.script('r', 'ip link set eth1 down');
    const failed = await walked(lab);
    expect(failed).to.include({ verdict: 'failed', failedAt: 3, outcome: 'lost' });
    expect(failed.hops.map(({ fate }) => fate)).to.deep.equal([...two, 'unknown', 'lost', ...never]);
    expect(failed.causes[0]).to.include({ cause: 'interface down', place: 'r' });
  });
});
