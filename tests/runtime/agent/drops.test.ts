import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { kill } from '../../../src/runtime/machine/process.ts';
import { startSandbox } from '../../../src/runtime/netns/sandbox.ts';
import type { Capture, KernelDrop } from '../../../src/runtime/runtime.ts';
import { planned, type Standing, skip, standFor, until, users } from './on-the-kernel.ts';

const [root, ordinary] = users;

/** A program that listens on port 80 and says something to whoever calls. */
const LISTENER = `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(80, INADDR_ANY)) or die;
  listen(S, 8); exit if fork; close STDOUT; while (accept(C, S)) { syswrite C, "hello"; close C }'`;

/** The programs of bpf(2) that a process has open, by the kernel's numbers. */
const programsOf = (pid: number) =>
  readdirSync(`/proc/${pid}/fdinfo`).flatMap(
    (fd) => /^prog_id:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? [],
  );

/** Whether the kernel still has a program of bpf(2): BPF_PROG_GET_FD_BY_ID. */
const isLoaded = (id: string) =>
  spawnSync('perl', [
    '-e',
    `my $about = pack 'L x12', ${id}; exit(syscall(${process.arch === 'x64' ? 321 : 280}, 13, $about, 16) < 0)`,
  ]).status === 0;

/** Sends datagrams to port 9 of an address, as fast as it can; each carries its number. */
const burst = (count: number, to: string) =>
  `perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0); my $to = sockaddr_in(9, inet_aton("${to}"));
  send(S, pack("n", $_), 0, $to) // die $! for 1 .. ${count}'`;

const DROP = 'iptables -A INPUT -p udp -j DROP';

const numberOf = ({ packet }: KernelDrop) => packet.readUInt16BE(28);

/** What IPv6 says to groups that a host is not in reaches it all the same, and is dropped. */
const isToGroup = ({ etherType, packet }: KernelDrop) => etherType === 0x86dd && packet[24] === 0xff;

describe('the packets that the kernel drops', () => {
  let stood: Standing;
  let capture: Capture;
  let cannot: string | undefined;

  before(async function () {
    skip(this, root!.cannot);
    stood = await standFor(root!);
    capture = await stood.work.listen(['a', 'b', 'pod']);
    expect(programsOf(stood.sandbox.key.pid)).to.deep.equal([]);
    expect(await capture.kernelDrops()).to.deep.equal([]);
    cannot = await capture.watchDrops(['a', 'b']);
    skip(this, cannot);
  });
  after(() => stood?.sandbox.agent.close());
  beforeEach(() => capture.kernelDrops());

  const dropped = async () =>
    (await capture.kernelDrops())
      .filter((drop) => !isToGroup(drop))
      .map(({ place, reason, location }) => `${place} ${reason} ${location}`);

  it('are none where all goes well', async () => {
    await stood.says('b', LISTENER);
    await stood.says(
      'a',
      `ping -q -c 3 10.0.0.2; ping -q -c 1 10.1.0.2; ping -q -c 1 2001:db8:1::2
      for i in 1 2 3; do timeout 1 bash -c "cat < /dev/tcp/10.0.0.2/80"; done`,
    );
    expect((await capture.kernelDrops()).filter((drop) => !isToGroup(drop))).to.deep.equal([]);
  });

  it('are told with the place, the interface, the reason, the function, the time and the packet', async () => {
    await stood.says('b', 'sysctl -qw net.ipv4.conf.eth0.rp_filter=1');
    await stood.says('a', 'ip addr add 192.0.2.1/32 dev eth0');
    await capture.drain();
    await stood.work.script('a', 'ping -q -I 192.0.2.1 -c 1 -W 0.1 10.1.0.2');
    const [drop, ...others] = await capture.kernelDrops();
    expect(others).to.deep.equal([]);
    const { frames } = await capture.drain();
    const arrived = frames.find(({ place, bytes }) => place === 'b' && bytes[23] === 1)!;
    expect(drop).to.include({ place: 'b', reason: 'IP_RPFILTER', etherType: 0x0800, ifindex: arrived.ifindex });
    expect(drop!.location).to.match(/^ip_rcv/);
    expect(drop!.packet.toString('hex')).to.equal(arrived.bytes.subarray(14).toString('hex'));
    expect(drop!.time >= arrived.time && drop!.time < BigInt(Date.now() + 1) * 1_000_000n).to.equal(true);
    await stood.says('b', 'sysctl -qw net.ipv4.conf.eth0.rp_filter=0');
    await stood.says('a', 'ip addr del 192.0.2.1/32 dev eth0');
  });

  for (const [what, place, breaks, sends, told, mends] of [
    [
      'a rule at INPUT',
      'b',
      'iptables -A INPUT -p icmp -j DROP',
      'ping -q -c 1 -W 0.1 10.0.0.2',
      /^b NETFILTER_DROP /,
      'iptables -F',
    ],
    [
      'a rule at OUTPUT, before it has a device',
      'a',
      'iptables -A OUTPUT -p icmp -j DROP',
      'ping -q -c 1 -W 0.1 10.0.0.2',
      /^a NETFILTER_DROP /,
      'iptables -F',
    ],
    ['a port where nobody listens', 'b', ':', 'echo > /dev/udp/10.0.0.2/9', /^b NO_SOCKET __udp4_lib_rcv$/, ':'],
    [
      'a route that is none',
      'b',
      'ip route add unreachable 192.0.2.7',
      'ip route add 192.0.2.7 via 10.0.0.2; ping -q -c 1 -W 0.1 192.0.2.7; ip route del 192.0.2.7',
      /^b (NOT_SPECIFIED|IP_\w+) ip_error$/,
      'ip route del unreachable 192.0.2.7',
    ],
  ] as const)
    it(`are those of ${what}`, async () => {
      await stood.says(place, breaks);
      await stood.work.script('a', `bash -c '${sends}'`);
      await stood.says(place, mends);
      const all = await dropped();
      expect(all).to.have.length(1);
      expect(all[0]).to.match(told);
    });

  it('are told once each, and none of another sandbox or of a place that nobody watches', async () => {
    const other = await standFor(root!);
    try {
      await Promise.all([stood.says('b', DROP), stood.says('pod', DROP), other.says('b', DROP)]);
      await Promise.all([
        stood.says('a', burst(1000, '10.0.0.2')),
        stood.says('b', burst(1000, '10.1.0.2')),
        other.says('a', burst(20_000, '10.0.0.2')),
      ]);
      const drops = await capture.kernelDrops();
      expect(new Set(drops.map(({ place }) => place))).to.deep.equal(new Set(['b']));
      expect(drops.map(numberOf)).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i + 1));
      expect(await capture.kernelDrops()).to.deep.equal([]);
    } finally {
      await other.sandbox.agent.close();
      await stood.says('b', 'iptables -F');
      await stood.says('pod', 'iptables -F');
    }
  });

  it('are the last 1024 where there are more', async () => {
    await stood.says('b', DROP);
    await stood.says('a', burst(1500, '10.0.0.2'));
    const drops = await capture.kernelDrops();
    expect(drops.map(numberOf)).to.deep.equal(Array.from({ length: 1024 }, (_, i) => 1500 - 1023 + i));
    await stood.says('b', 'iptables -F');
  });

  it('are watched at more places when more are asked for', async () => {
    expect(await capture.watchDrops(['pod', 'b'])).to.equal(undefined);
    await stood.says('pod', 'iptables -A INPUT -p icmp -j DROP');
    await stood.work.script('b', 'ping -q -c 1 -W 0.1 10.1.0.2');
    expect(await dropped()).to.deep.equal(['pod NETFILTER_DROP nft_do_chain']);
    await stood.says('pod', 'iptables -F');
    expect(programsOf(stood.sandbox.key.pid)).to.have.length(1);
  });

  it('are not asked for of a place that there is not', async () => {
    expect(await refusal(stood.sandbox.agent.watchDrops(['nowhere']))).to.equal('no place nowhere');
  });

  for (const [how, end] of [
    ['ends', ({ agent }) => agent.close()],
    ['is killed', ({ key }) => kill([key])],
  ] as [string, (sandbox: Standing['sandbox']) => Promise<void>][])
    it(`are watched by nothing once the sandbox ${how}`, async () => {
      const sandbox = await startSandbox(root!.machine, { ...planned, nodes: [] }, {});
      await sandbox.agent.ask('place', 'here', '', '', '', '');
      expect(await sandbox.agent.watchDrops(['here'])).to.equal(undefined);
      const [program, ...others] = programsOf(sandbox.key.pid);
      expect(others).to.deep.equal([]);
      expect(isLoaded(program!)).to.equal(true);
      await end(sandbox);
      await until(
        async () => isLoaded(program!),
        (is) => !is,
      );
    });
});

describe('the packets that the kernel drops, where it does not say', () => {
  it('are none, and it is said why', async function () {
    skip(this, ordinary!.cannot);
    const stood = await standFor(ordinary!);
    try {
      const capture = await stood.work.listen(['a', 'b']);
      for (let i = 0; i < 2; i++)
        expect(await capture.watchDrops(['a', 'b'])).to.match(
          /^the kernel does not let its drop reasons be read: Operation not permitted$/,
        );
      expect(await capture.kernelDrops()).to.deep.equal([]);
      expect(await stood.says('a', 'ping -q -c 1 10.0.0.2 > /dev/null; echo still here')).to.equal('still here');
    } finally {
      await stood.sandbox.agent.close();
    }
  });
});

function refusal(answer: Promise<unknown>): Promise<string> {
  return answer.then(String, (error: Error) => error.message);
}
