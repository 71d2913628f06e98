import { expect } from 'chai';
import { plan } from '../../src/plan/plan.ts';
import { startNetns } from '../../src/runtime/netns/index.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { looks } from '../../src/workshop/look.ts';
import { differences, type Stood, standUp } from '../../src/workshop/stood.ts';
import { needsNamespaces, nftAnswers, nftHangs, twoHosts } from '../stand.ts';

describe('looking at what places are like', () => {
  const planned = plan(twoHosts(), 'looked-at');
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await standUp(planned, startNetns);
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const types = async (line: string, place = 'a') => {
    const ran = await stood.runtime.script(place, line);
    expect(ran.code, ran.stderr).to.equal(0);
  };
  /** All of it read anew. */
  const anew = () => looks(stood.runtime, planned, ['a', 'b'], [])();

  it('reads what was changed, and gives the rest as it was', async () => {
    const lines = [
      'ip addr add 10.9.0.1/32 dev lo',
      'ip route add 10.9.1.0/24 dev eth0',
      'ip rule add pref 77 from 10.9.0.1 table 77',
      'ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev eth0',
      'sysctl -qw net.ipv4.conf.eth0.rp_filter=2',
      'iptables -A INPUT -i eth0 -s 10.9.0.7 -j DROP',
      'tc qdisc add dev eth0 root tbf rate 1mbit burst 10kb latency 10ms',
      'ip link add one type veth peer name two; ip link set one up; ip link set two up',
      'ip route add 10.9.2.0/24 dev one',
      'ip link set one down; ip link set one name other; ip link set other up',
      'ip link set eth0 address 02:00:00:00:00:09',
    ];
    for (const line of lines) {
      const before = await stood.like();
      await types(line);
      const now = await stood.like();
      expect(differences(before, now), line).not.to.deep.equal([]);
      expect(differences(await anew(), now), line).to.deep.equal([]);
    }
  });

  it('gives a place that has not changed as the same object, and so knows at once that nothing differs', async () => {
    const before = await stood.like();
    await types('ip addr add 10.9.0.2/32 dev lo', 'b');
    const now = await stood.like();
    expect(now.states.get('a')).to.equal(before.states.get('a'));
    expect(now.states.get('b')).not.to.equal(before.states.get('b'));
  });

  it('knows a place by the name of its MAC, though only another place was read anew', async () => {
    await types('ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:08 dev eth0 nud permanent');
    const named = async () =>
      (await stood.like()).states.get('a')!.neighbours.find((each) => each.address === '10.0.0.2');
    expect((await named())!.mac).to.equal('02:00:00:00:00:08');
    await types('ip link set eth0 address 02:00:00:00:00:08', 'b');
    expect((await named())!.mac).to.equal('b:eth0');
  });

  it('gives what is there, though something came and went while it was being read', async () => {
    const { runtime } = stood;
    let asked = 0;
    const editions: NonNullable<Runtime['editions']> = async (...of) => {
      if (asked === 1) await types('ip link del came');
      const told = await runtime.editions!(...of);
      if (asked++ === 0) await types('ip link add came type veth peer name went');
      return told;
    };
    const like = looks({ ...runtime, has: runtime.has, editions }, planned, ['a', 'b'], []);
    const [, second] = await Promise.all([like(), like()]);
    expect(asked).to.be.above(1);
    expect(differences(await anew(), second)).to.deep.equal([]);
  });

  it('reads anew what could not be read, though nothing has changed since', async () => {
    await types(nftHangs);
    const other = looks(stood.runtime, planned, ['a'], []);
    expect((await other()).states.get('a')!.unread).to.include('ruleset');
    await types(nftAnswers);
    expect((await other()).states.get('a')!.unread).to.deep.equal(['sockets']);
  }).timeout(30_000);
});
