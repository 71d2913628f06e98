import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { differencesOf } from '../../../src/explain/state/compare.ts';
import { editionsOf } from '../../../src/explain/state/editions.ts';
import type { What } from '../../../src/explain/state/entry.ts';
import { readStates } from '../../../src/explain/state/read.ts';
import { daemon, type Lab } from '../../../src/index.ts';
import { until } from '../../runtime/agent/on-the-kernel.ts';
import { needsNamespaces, type Stood, stand, twoHosts } from '../../stand.ts';

/** Two hosts, at one of which a daemon runs. */
const lab = (): Lab => ({
  ...twoHosts(),
  setup: {
    'Something to change': {
      a: [
        daemon('sleeper', 'exec sleep infinity', { 'it runs': 'test -s /run/sleeper.pid' }),
        'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0\nip link add br0 type bridge\nip link add port type veth peer name other\nip link set port master br0',
      ],
    },
  },
});

/** What somebody may set: what of a state is another one then, the line for it, and the one that undoes it. */
const changes: [What | 'extra', typed: string, undo: string, tool?: string][] = [
  ['link', 'ip link add v0 type veth peer name v1', 'ip link del v0'],
  ['link', 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500'],
  ['link', 'ip link set eth0 down', 'ip link set eth0 up'],
  ['link', 'ip link set br0 type bridge ageing_time 7700', 'ip link set br0 type bridge ageing_time 30000'],
  ['link', 'ip link set port type bridge_slave hairpin on', 'ip link set port type bridge_slave hairpin off'],
  ['address', 'ip addr add 10.9.0.1/32 dev lo', 'ip addr del 10.9.0.1/32 dev lo'],
  ['address', 'ip -6 addr add 2001:db8:9::1/128 dev lo', 'ip -6 addr del 2001:db8:9::1/128 dev lo'],
  ['route', 'ip route add 10.9.1.0/24 dev eth0', 'ip route del 10.9.1.0/24'],
  ['route', 'ip route add 10.9.1.0/24 dev eth0 table 77', 'ip route flush table 77'],
  ['route', 'ip route add blackhole 10.9.2.0/24', 'ip route del blackhole 10.9.2.0/24'],
  ['route', 'ip -6 route add 2001:db8:8::/64 dev lo', 'ip -6 route del 2001:db8:8::/64 dev lo'],
  ['rule', 'ip rule add pref 77 from 10.9.0.1 table 77', 'ip rule del pref 77'],
  ['IPv6 rule', 'ip -6 rule add pref 77 from 2001:db8::1 table 77', 'ip -6 rule del pref 77'],
  ['neighbour', 'ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev eth0', 'ip neigh del 10.0.0.7 dev eth0'],
  ['neighbour', 'ip neigh add proxy 10.0.0.8 dev eth0', 'ip neigh del proxy 10.0.0.8 dev eth0'],
  [
    'fdb entry',
    'bridge fdb add 02:00:00:00:00:09 dev port master static',
    'bridge fdb del 02:00:00:00:00:09 dev port master',
  ],
  ['link', 'ip link set other name another', 'ip link set another name other'],
  ['vlan', 'bridge vlan add dev port vid 7', 'bridge vlan del dev port vid 7'],
  ['setting', 'sysctl -qw net.ipv4.conf.eth0.rp_filter=2', 'sysctl -qw net.ipv4.conf.eth0.rp_filter=0'],
  ['setting', 'sysctl -qw net.ipv4.conf.all.arp_ignore=1', 'sysctl -qw net.ipv4.conf.all.arp_ignore=0'],
  ['setting', 'sysctl -qw net.ipv4.conf.default.log_martians=1', 'sysctl -qw net.ipv4.conf.default.log_martians=0'],
  ['setting', 'sysctl -qw net.ipv4.neigh.eth0.ucast_solicit=7', 'sysctl -qw net.ipv4.neigh.eth0.ucast_solicit=3'],
  ['setting', 'sysctl -qw net.ipv4.ip_default_ttl=77', 'sysctl -qw net.ipv4.ip_default_ttl=64'],
  ['setting', 'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1', 'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0'],
  ['setting', 'sysctl -qw net.ipv6.conf.eth0.forwarding=1', 'sysctl -qw net.ipv6.conf.eth0.forwarding=0'],
  ['firewall rule', 'iptables -A INPUT -s 10.9.0.7 -j DROP', 'iptables -D INPUT -s 10.9.0.7 -j DROP', 'iptables'],
  [
    'firewall rule',
    'nft add table inet t; nft add set inet t s "{ type ipv4_addr; elements = { 10.9.0.8 } ; }"',
    'nft delete table inet t',
    'nft',
  ],
  ['qdisc', 'tc qdisc add dev eth0 root tbf rate 1mbit burst 10kb latency 10ms', 'tc qdisc del dev eth0 root', 'tc'],
  [
    'xfrm',
    'ip xfrm policy add src 10.9.0.1 dst 10.9.0.2 dir out action block',
    'ip xfrm policy del src 10.9.0.1 dst 10.9.0.2 dir out',
  ],
  ['daemon', ended('/run/sleeper.pid'), ''],
  ['extra', 'ipset create s hash:ip', 'ipset destroy s', 'ipset'],
  ['extra', 'ipset create s hash:ip; ipset add s 10.9.0.3', 'ipset destroy s', 'ipset'],
  ['extra', 'ipvsadm -A -t 10.9.0.4:80 -s rr', 'ipvsadm -D -t 10.9.0.4:80', 'ipvsadm'],
  ['extra', listen('SOCK_STREAM', 'listen($s, 1)'), ended('/run/listener')],
  ['extra', listen('SOCK_DGRAM', '1'), ended('/run/listener')],
];

/** Kills a process, and waits until it has ended: `kill` does not. */
function ended(file: string): string {
  return `kill -9 $(cat ${file}); while kill -0 $(cat ${file}) 2>/dev/null; do :; done`;
}

/** Has a program wait at a port until it is killed. */
function listen(type: string, then: string): string {
  const program = `use Socket; socket(my $s, AF_INET, ${type}, 0); bind($s, sockaddr_in(777, INADDR_ANY)) && ${then} or die; print "ok\\n"; close STDOUT; sleep`;
  return `perl -MIO::Handle -e '${program}' >/run/said 2>&1 & echo $! >/run/listener; until grep -q ok /run/said; do :; done; rm /run/said`;
}

describe('the edition of a place', function () {
  this.timeout(20_000);
  let stood: Stood;
  before(async function () {
    needsNamespaces(this);
    stood = await stand(lab());
  });
  after(() => stood?.[Symbol.asyncDispose]());

  const types = async (line: string, place = 'a') => {
    const ran = await stood.runtime.script(place, line);
    expect(ran.code, `${line}: ${ran.stderr}`).to.equal(0);
  };
  /** The editions of both, as a text each. */
  const editions = async () => {
    const all = await editionsOf(stood.runtime, stood.plan, ['a', 'b']);
    return new Map([...all!].map(([place, edition]) => [place, JSON.stringify(edition)]));
  };
  const states = () => readStates(stood.runtime, stood.plan, ['a'], { timeoutMs: 10_000 });
  /** Once nothing changes by itself any more: an IPv6 address that is tried, a link that comes up. */
  const still = async () => {
    const tentative = async () => (await stood.runtime.script('a', 'ip -6 address show tentative')).stdout;
    await until(tentative, (listed) => listed === '');
    let before = await editions();
    return until(
      async () => {
        const [then, now] = [before, await editions()];
        before = now;
        return { now, isStill: then.get('a') === now.get('a') && then.get('b') === now.get('b') };
      },
      ({ isStill }) => isStill,
    );
  };

  for (const [what, typed, undo, tool] of changes)
    it(`is another one after ${typed.split(';')[0]}`, async function () {
      if (tool && spawnSync(tool, ['-V']).error) {
        this.test!.title += ` (skipped: no ${tool} here)`;
        this.skip();
      }
      const { now: before } = await still();
      const then = await states();
      const tried = await stood.runtime.script('a', typed);
      if (tried.code && /not supported|Protocol not|No such file|Kernel/i.test(tried.stderr)) {
        this.test!.title += ` (skipped: ${tried.stderr.trim().split('\n')[0]})`;
        this.skip();
      }
      expect(tried.code, tried.stderr).to.equal(0);
      expect((await editions()).get('a')).not.to.equal(before.get('a'));
      const found = differencesOf(then, await states()).map((each) => each.what);
      if (what !== 'extra') expect(found).to.include(what);
      const { now: changed } = await still();
      if (undo) await types(undo);
      if (undo) expect((await editions()).get('a')).not.to.equal(changed.get('a'));
    });

  it('knows a daemon that is stopped', async () => {
    await types('sleep infinity & echo $! >/run/sleeper.pid');
    const { now: before } = await still();
    await types(
      'kill -STOP $(cat /run/sleeper.pid); until grep -q "^State:.T" /proc/$(cat /run/sleeper.pid)/status; do :; done',
    );
    expect((await editions()).get('a')).not.to.equal(before.get('a'));
    await types('kill -9 $(cat /run/sleeper.pid)');
  });

  it('stays while packets pass and somebody looks around, and where something changes elsewhere', async () => {
    await types('ping -c 1 10.0.0.2');
    const { now: before } = await still();
    await types('ping -c 3 -i 0.01 10.0.0.2; ip route; nft list ruleset; ss -lntu; cat /proc/net/dev; tc -s qdisc');
    expect((await editions()).get('a')).to.equal(before.get('a'));
    await types('ip addr add 10.9.0.1/32 dev lo', 'b');
    const now = await editions();
    expect(now.get('a')).to.equal(before.get('a'));
    expect(now.get('b')).not.to.equal(before.get('b'));
  });

  it('starts no process', async () => {
    const next = async () => Number((await stood.runtime.script('a', 'echo $$')).stdout);
    await editions();
    const first = await next();
    for (let i = 0; i < 20; i++) await editions();
    expect((await next()) - first).to.equal(1);
  });
});
