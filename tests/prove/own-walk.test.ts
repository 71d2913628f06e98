import { expect } from 'chai';
import { at, icmp, ip, type Lab, send } from '../../src/index.ts';
import type { OwnWalk } from '../../src/judge/own-walk.ts';
import { sendingLine } from '../../src/plan/sending.ts';
import { destination } from '../../src/prove/destination.ts';
import { hookedAmong, walkOwn } from '../../src/prove/own-walk.ts';
import { needsNamespaces, nftAnswers, nftHangs, type Stood, stand } from '../stand.ts';

/** a — r — b; r has an address that no cable of the lab says. */
const routed = (): Lab => ({
  title: 'Two hosts and a router between',
  nodes: { a: 'host', r: 'router', b: 'host', lan: 'switch' },
  links: ['a:eth0 10.0.0.1/24 -- r:eth0 10.0.0.254/24', 'r:eth1 10.0.1.254/24 -- lan', 'b:eth0 10.0.1.2/24 -- lan'],
  setup: {
    'Everybody knows the way': {
      a: 'ip route add default via 10.0.0.254',
      b: 'ip route add default via 10.0.1.254',
      r: 'ip link add br0 up type bridge\nip addr add 10.0.9.1/24 dev br0',
    },
  },
  walks: {
    'a leaves': {
      send: send('a', 'ping -c 1 10.0.1.2'),
      request: [at('a:eth0', 'It leaves', ip({ src: '10.0.0.1', dst: '10.0.1.2' }), icmp({ type: 'echo request' }))],
    },
  },
});

const points = ({ hops }: OwnWalk) =>
  hops.flatMap((hop) => (hop.kind === 'point' ? [`${hop.place}:${hop.device} ${hop.direction}`] : [hop.chain]));

const PING = sendingLine({ protocol: 'icmp' }, '10.0.1.2', true);

describe('walkOwn', () => {
  let lab: Stood;
  before(async function () {
    needsNamespaces(this);
    lab = await stand(routed());
  });
  after(() => lab?.[Symbol.asyncDispose]());

  const type = async (place: string, line: string) => {
    const ran = await lab.runtime.script(place, line);
    expect(ran.code, `${place}# ${line}: ${ran.stderr}`).to.equal(0);
  };
  const walked = async (command: string, hooked: string[] = []) =>
    (await walkOwn(lab, { from: 'a', command }, hooked)).walk;

  it('tells the path of a ping that is answered, and that its sender was told', async () => {
    const walk = await walked(PING);
    expect(walk).to.include({ verdict: 'passed', outcome: 'answered', answeredBy: 'b' });
    expect(points(walk)).to.deep.equal([
      ...['a:eth0 out', 'r:eth0 in', 'r:eth1 out', 'b:eth0 in'],
      ...['b:eth0 out', 'r:eth1 in', 'r:eth0 out', 'a:eth0 in'],
    ]);
    expect(walk.said.join()).to.match(/^64 bytes from 10\.0\.1\.2/);
    expect(() => JSON.stringify(walk)).not.to.throw();
  });

  it('tells a connection that is refused, with the words of whoever tried it', async () => {
    const walk = await walked(sendingLine({ protocol: 'tcp', port: 80 }, '10.0.1.2', true));
    expect(walk).to.include({ verdict: 'failed', outcome: 'refused', answeredBy: 'b' });
    expect(walk.said).to.deep.equal(['bash: connect: Connection refused']);
  });

  it('tells a datagram that arrives, and one that is refused', async () => {
    const line = (hasBash: boolean) => sendingLine({ protocol: 'udp', port: 9 }, '10.0.1.2', hasBash);
    for (const hasBash of [true, false])
      expect(await walked(line(hasBash))).to.include({ verdict: 'failed', outcome: 'refused' });
    await type(
      'b',
      'nft "add table t; add chain t i { type filter hook output priority 0; }; add rule t i icmp type 3 drop"',
    );
    expect(await walked(line(true))).to.include({ verdict: 'passed', outcome: 'arrived' });
    await type('b', 'nft delete table t');
  });

  it('finds the places where netfilter has hooks', async () => {
    await type('r', 'nft "add table t; add chain t f { type filter hook forward priority 0; policy drop; }"');
    expect(await hookedAmong(lab.runtime, ['a', 'r', 'b'])).to.deep.equal({ hooked: ['r'], silent: [] });
    await type('r', 'nft delete table t');
    expect(await hookedAmong(lab.runtime, ['a', 'r', 'b'])).to.deep.equal({ hooked: [], silent: [] });
  });

  it('names the places where nft does not answer, and has the packet walk all the same', async () => {
    await type('r', nftHangs);
    expect(await hookedAmong(lab.runtime, ['a', 'r', 'b'])).to.deep.equal({ hooked: [], silent: ['r'] });
    const walk = await walked(PING, ['r']);
    expect(walk).to.include({ verdict: 'passed', outcome: 'answered' });
    expect(walk.notes).to.deep.equal([
      'hooks are not shown: netfilter cannot be traced at r: nft did not answer within 5 s',
    ]);
    await type('r', nftAnswers);
  });

  it('tells where it was lost, and that it came back no further', async () => {
    await type('r', 'sysctl -q -w net.ipv4.ip_forward=0');
    const lost = await walked(PING);
    expect(lost).to.deep.include({ verdict: 'failed', outcome: 'lost', beyond: null });
    expect(lost.last!.where).to.deep.equal({ kind: 'point', place: 'r', device: 'eth0', direction: 'in' });
    await type('r', 'sysctl -q -w net.ipv4.ip_forward=1');
    await type('b', 'ip route del default');
    expect(await walked(PING)).to.include({ verdict: 'failed', outcome: 'unanswered' });
    await type('b', 'ip route add default via 10.0.1.254');
  });

  it('tells why nothing left', async () => {
    await type('a', 'ip route del default');
    const walk = await walked(PING);
    expect(walk).to.include({ verdict: 'failed', outcome: 'nothing sent', last: null });
    expect(walk.said.join()).to.contain('Network is unreachable');
    await type('a', 'ip route add default via 10.0.0.254');
  });

  it('does not tell what became of a command that sends nothing', async () => {
    expect(await walked('true')).to.include({ verdict: 'unknown', outcome: 'unknown' });
  });

  it('finds the address of a place, of its interfaces, and of nothing else', async () => {
    for (const [to, address] of [
      ['b', '10.0.1.2'],
      ['r:eth1', '10.0.1.254'],
      ['r:br0', '10.0.9.1'],
      ['9.9.9.9', '9.9.9.9'],
    ])
      expect(await destination(lab, to!)).to.deep.equal({ address, sharedWith: [] });
    const refused = async (to: string) => {
      const error = await destination(lab, to).then(
        () => '',
        (error: Error) => `${error.name}: ${error.message}`,
      );
      return error;
    };
    expect(await refused('999.1.1.1')).to.match(/^BadUsage: 999\.1\.1\.1 is no IPv4 address/);
    expect(await refused('bb')).to.match(/^BadUsage: bb is no place, .* Did you mean \w\?$/);
    expect(await refused('r:eth9')).to.match(/^BadUsage: r has no interface eth9\. Did you mean eth\d\?$/);
    expect(await refused('lan')).to.equal('BadUsage: lan is a switch: it has no address');
  });
});
